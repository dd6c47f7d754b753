//! Rows of webhooks. Secrets are handed in and out sealed. How sending goes is bookkeeping, with neither change nor
//! audit entry.

use super::{Result, Store, Tx, instant, parsed, within, word};
use crate::model::event::EventKind;
use crate::model::id::WebhookId;
use crate::model::slug::Slug;
use crate::model::webhook::{Disabled, Webhook};
use crate::time::Timestamp;

row! {
    struct Row {
        id: String,
        platform: String,
        url: String,
        kinds: String,
        secret: Vec<u8>,
        old_secret: Option<Vec<u8>>,
        created_at: i64,
        old_until: Option<i64>,
        failing_since: Option<i64>,
        disabled_at: Option<i64>,
        disabled_reason: Option<String>,
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, platform, url, kinds, secret, old_secret, created_at, old_until, failing_since,
                disabled_at, disabled_reason FROM webhook ",
            $rest
        )
    };
}

/// Runs one statement of bookkeeping.
macro_rules! write {
    ($store:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        match $store {
            Store::Sqlite { write, .. } => {
                let query = sqlx::query($sql)$(.bind($value))*;
                within(query.execute(write)).await.map(|done| done.rows_affected())
            }
            Store::Postgres { pool, .. } => {
                let query = sqlx::query($sql)$(.bind($value))*;
                within(query.execute(pool)).await.map(|done| done.rows_affected())
            }
        }
    };
}
pub(super) use write;

/// A webhook with its secrets, sealed.
pub struct Sealed {
    /// The webhook.
    pub webhook: Webhook,
    /// The secret in force.
    pub secret: Vec<u8>,
    /// The one before.
    pub old_secret: Option<Vec<u8>>,
}

impl Row {
    fn read(self) -> Result<Sealed> {
        let kinds = self.kinds.split_whitespace().map(|one| word("webhook.kinds", EventKind::from_word(one)));
        let reason = self.disabled_reason.as_deref().and_then(Disabled::from_word);
        let webhook = Webhook {
            id: parsed("webhook.id", &self.id)?,
            platform: parsed("webhook.platform", &self.platform)?,
            url: parsed("webhook.url", &self.url)?,
            kinds: kinds.collect::<Result<_>>()?,
            created_at: Timestamp::from_millis(self.created_at),
            old_until: instant(self.old_until),
            failing_since: instant(self.failing_since),
            disabled: instant(self.disabled_at).map(|at| (at, reason.unwrap_or(Disabled::ByHand))),
        };
        Ok(Sealed { webhook, secret: self.secret, old_secret: self.old_secret })
    }
}

/// Adds a webhook.
///
/// # Errors
/// [`Conflict`](super::StoreError::Conflict) when the platform has one at this address, [`Unavailable`](super::StoreError::Unavailable).
pub async fn insert(tx: &mut Tx, webhook: &Webhook, secret: &[u8]) -> Result<()> {
    const SQL: &str = "INSERT INTO webhook (id, platform, url, kinds, secret, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let kinds: Vec<&str> = webhook.kinds.iter().map(|kind| kind.as_str()).collect();
    let (id, platform, url) = (webhook.id.to_string(), webhook.platform.as_str(), webhook.url.as_str());
    run!(tx, SQL, id, platform, url, kinds.join(" "), secret, webhook.created_at.millis()).map(drop)
}

/// All webhooks, or those of one platform, by platform and age.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable), [`Corrupt`](super::StoreError::Corrupt), as every function here.
pub async fn list(store: &Store, platform: Option<&Slug>) -> Result<Vec<Webhook>> {
    const SQL: &str = select!("WHERE $1 IS NULL OR platform = $1 ORDER BY platform, created_at, id");
    let rows: Vec<Row> = on!(read store, db => sqlx::query_as(SQL)
        .bind(platform.map(Slug::as_str))
        .fetch_all(db))?;
    rows.into_iter().map(|row| Ok(row.read()?.webhook)).collect()
}

/// The webhook of an id.
///
/// # Errors
/// As [`list`].
pub async fn by_id(store: &Store, id: WebhookId) -> Result<Option<Sealed>> {
    const SQL: &str = select!("WHERE id = $1");
    let row: Option<Row> =
        on!(read store, db => sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(db))?;
    row.map(Row::read).transpose()
}

/// Takes the row of a webhook for this transaction and reads it as it stands now.
///
/// # Errors
/// As [`list`].
pub async fn hold(tx: &mut Tx, id: WebhookId) -> Result<Option<Sealed>> {
    const SQL: &str = "UPDATE webhook SET id = id WHERE id = $1 RETURNING id, platform, url, kinds, secret,
        old_secret, created_at, old_until, failing_since, disabled_at, disabled_reason";
    let row: Option<Row> = on!(tx tx, db => sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(db))?;
    row.map(Row::read).transpose()
}

/// A secret that takes over.
pub struct Succession<'a> {
    /// The new one, sealed.
    pub secret: &'a [u8],
    /// The one before, sealed for its new place, and until when it signs too.
    pub old: Option<(&'a [u8], Timestamp)>,
}

/// Gives a webhook another secret.
///
/// # Errors
/// As [`list`].
pub async fn rotate(tx: &mut Tx, id: WebhookId, to: Succession<'_>) -> Result<()> {
    const SQL: &str = "UPDATE webhook SET secret = $2, old_secret = $3, old_until = $4 WHERE id = $1";
    let (old, until) = (to.old.map(|(old, _)| old), to.old.map(|(_, until)| until.millis()));
    run!(tx, SQL, id.to_string(), to.secret, old, until).map(drop)
}

/// Stops sending, or lets it go on as if nothing had failed.
///
/// # Errors
/// As [`list`].
pub async fn set_disabled(tx: &mut Tx, id: WebhookId, disabled: Option<(Timestamp, Disabled)>) -> Result<()> {
    const SQL: &str = "UPDATE webhook SET disabled_at = $2, disabled_reason = $3,
        failing_since = CASE WHEN $2 IS NULL THEN NULL ELSE failing_since END WHERE id = $1";
    let (at, reason) = (disabled.map(|(at, _)| at.millis()), disabled.map(|(_, why)| why.as_str()));
    run!(tx, SQL, id.to_string(), at, reason).map(drop)
}

/// Removes a webhook with its deliveries. Whether it was there.
///
/// # Errors
/// As [`list`].
pub async fn remove(tx: &mut Tx, id: WebhookId) -> Result<bool> {
    run!(tx, "DELETE FROM webhook WHERE id = $1", id.to_string()).map(|rows| rows == 1)
}

/// The webhooks for which something is due, those that work first.
///
/// # Errors
/// As [`list`].
pub async fn due(store: &Store, now: Timestamp) -> Result<Vec<WebhookId>> {
    const SQL: &str = "SELECT id FROM webhook WHERE disabled_at IS NULL AND EXISTS (
            SELECT 1 FROM delivery WHERE delivery.webhook = webhook.id AND ended_at IS NULL AND next_at <= $1)
        ORDER BY CASE WHEN failing_since IS NULL THEN 0 ELSE 1 END, failing_since, id";
    let ids: Vec<String> = on!(read store, db => sqlx::query_scalar(SQL).bind(now.millis()).fetch_all(db))?;
    ids.iter().map(|id| parsed("webhook.id", id)).collect()
}

/// Notes that something arrived.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable).
pub async fn works(store: &Store, id: WebhookId) -> Result<()> {
    const SQL: &str = "UPDATE webhook SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL";
    write!(store, SQL, id.to_string()).map(drop)
}

/// Notes that something did not arrive.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable).
pub async fn fails(store: &Store, id: WebhookId, now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE webhook SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL";
    write!(store, SQL, id.to_string(), now.millis()).map(drop)
}

/// Forgets secrets that sign no more.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable).
pub(super) async fn forget_old(store: &Store, now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE webhook SET old_secret = NULL, old_until = NULL WHERE old_until <= $1";
    write!(store, SQL, now.millis()).map(drop)
}

//! Rows of one-time links. A link is used by one conditional UPDATE, so that of two clicks one wins.

use super::{Result, Store, StoreError, Tx, instant, parsed, parsed_option, word};
use crate::model::email_link::{EmailLink, Purpose};
use crate::model::id::AccountId;
use crate::time::Timestamp;

row! {
    struct LinkRow {
        id: String,
        account: Option<String>,
        purpose: String,
        generation: i64,
        target: Option<String>,
        digest: Vec<u8>,
        created_at: i64,
        expires_at: i64,
        used_at: Option<i64>,
    }
}

impl LinkRow {
    fn read(self) -> Result<EmailLink> {
        let unreadable = |_| StoreError::Corrupt { column: "email_link.digest" };
        Ok(EmailLink {
            id: parsed("email_link.id", &self.id)?,
            account: parsed_option("email_link.account", self.account.as_deref())?,
            purpose: word("email_link.purpose", Purpose::from_word(&self.purpose))?,
            generation: self.generation,
            target: self.target.map(Into::into),
            digest: self.digest.try_into().map_err(unreadable)?,
            created_at: Timestamp::from_millis(self.created_at),
            expires_at: Timestamp::from_millis(self.expires_at),
            used_at: instant(self.used_at),
        })
    }
}

/// The link whose token has this digest, used and expired ones too.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn by_digest(store: &Store, digest: &[u8; 32]) -> Result<Option<EmailLink>> {
    const SQL: &str =
        "SELECT id, account, purpose, generation, target, digest, created_at, expires_at, used_at
        FROM email_link WHERE digest = $1";
    let row: Option<LinkRow> =
        on!(read store, db => sqlx::query_as(SQL).bind(digest.as_slice()).fetch_optional(db))?;
    row.map(LinkRow::read).transpose()
}

/// The link of this digest while [`consume`] would use it.
///
/// # Errors
/// As [`by_digest`].
pub async fn usable(
    store: &Store,
    digest: &[u8; 32],
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<EmailLink>> {
    const SQL: &str =
        "SELECT id, account, purpose, generation, target, digest, created_at, expires_at, used_at
        FROM email_link WHERE digest = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
        AND (purpose NOT IN ('validate', 'delete') OR generation = (SELECT generation FROM account WHERE account.id = email_link.account))";
    let row: Option<LinkRow> = on!(read store, db => sqlx::query_as(SQL)
        .bind(digest.as_slice())
        .bind(purpose.as_str())
        .bind(now.millis())
        .fetch_optional(db))?;
    row.map(LinkRow::read).transpose()
}

/// Opens a new generation of an account, which ends earlier links that validate or delete it; gives its number.
///
/// # Errors
/// [`StoreError::Corrupt`] when there is no such account.
pub async fn next_generation(tx: &mut Tx, account: AccountId) -> Result<i64> {
    const SQL: &str = "UPDATE account SET generation = generation + 1 WHERE id = $1 RETURNING generation";
    tx.touch();
    let found: Option<i64> =
        on!(tx tx, db => sqlx::query_scalar(SQL).bind(account.to_string()).fetch_optional(db))?;
    found.ok_or(StoreError::Corrupt { column: "email_link.account" })
}

/// The generation of an account's links.
///
/// # Errors
/// [`StoreError::Corrupt`] when there is no such account.
pub async fn generation(tx: &mut Tx, account: AccountId) -> Result<i64> {
    const SQL: &str = "SELECT generation FROM account WHERE id = $1";
    let found: Option<i64> =
        on!(tx tx, db => sqlx::query_scalar(SQL).bind(account.to_string()).fetch_optional(db))?;
    found.ok_or(StoreError::Corrupt { column: "email_link.account" })
}

/// Adds a link.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn insert(tx: &mut Tx, link: &EmailLink) -> Result<()> {
    const SQL: &str = "INSERT INTO email_link
        (id, account, purpose, generation, target, digest, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    run!(
        tx,
        SQL,
        link.id.to_string(),
        link.account.map(|id| id.to_string()),
        link.purpose.as_str(),
        link.generation,
        link.target.as_deref(),
        link.digest.as_slice(),
        link.created_at.millis(),
        link.expires_at.millis()
    )
    .map(drop)
}

/// Uses a link: only while it is unused, not expired and of this purpose, and one that validates or deletes
/// only in its account's newest generation. `None` is any other case.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn consume(
    tx: &mut Tx,
    digest: &[u8; 32],
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<EmailLink>> {
    const SQL: &str = "UPDATE email_link SET used_at = $1
        WHERE digest = $2 AND purpose = $3 AND used_at IS NULL AND expires_at > $1
        AND (purpose NOT IN ('validate', 'delete') OR generation = (SELECT generation FROM account WHERE account.id = email_link.account))
        RETURNING id, account, purpose, generation, target, digest, created_at, expires_at, used_at";
    tx.touch();
    let row: Option<LinkRow> = on!(tx tx, db => sqlx::query_as(SQL)
        .bind(now.millis())
        .bind(digest.as_slice())
        .bind(purpose.as_str())
        .fetch_optional(db))?;
    row.map(LinkRow::read).transpose()
}

/// Ends every unused link of one purpose of an account.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn end_of(tx: &mut Tx, account: AccountId, purpose: Purpose, now: Timestamp) -> Result<u64> {
    const SQL: &str = "UPDATE email_link SET used_at = $1
        WHERE purpose = $2 AND account = $3 AND used_at IS NULL";
    run!(tx, SQL, now.millis(), purpose.as_str(), account.to_string())
}

/// Ends those that were made at this moment or later.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn end_since(
    tx: &mut Tx,
    (account, purpose): (AccountId, Purpose),
    since: Timestamp,
    now: Timestamp,
) -> Result<u64> {
    const SQL: &str = "UPDATE email_link SET used_at = $1
        WHERE purpose = $2 AND account = $3 AND created_at >= $4 AND used_at IS NULL";
    run!(tx, SQL, now.millis(), purpose.as_str(), account.to_string(), since.millis())
}

/// Ends every unused link of one purpose that belongs to nobody (a new set-up link replaces the old one).
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn end_unowned(tx: &mut Tx, purpose: Purpose, now: Timestamp) -> Result<u64> {
    const SQL: &str = "UPDATE email_link SET used_at = $1
        WHERE purpose = $2 AND account IS NULL AND used_at IS NULL";
    run!(tx, SQL, now.millis(), purpose.as_str())
}

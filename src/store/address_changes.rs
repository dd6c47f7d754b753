//! Rows of changes of address. An account has one at most that is pending.

use super::api_keys::{each_line, lines};
use super::{Result, Store, Tx, instant, parsed, word};
use crate::model::address_change::AddressChange;
use crate::model::api_key::KeyId;
use crate::model::email::Email;
use crate::model::id::AccountId;
use crate::time::Timestamp;

row! {
    struct Row {
        id: String,
        account: String,
        old_email: Option<String>,
        new_email: String,
        was_validated: bool,
        factors: String,
        keys: String,
        requested_at: i64,
        expires_at: i64,
        reserved_until: i64,
        proved_at: Option<i64>,
    }
}

macro_rules! changes {
    ($tail:literal) => {
        concat!(
            "SELECT id, account, old_email, new_email, was_validated, factors, keys, requested_at, expires_at,
             reserved_until, proved_at FROM address_change ",
            $tail
        )
    };
}

impl Row {
    fn read(self) -> Result<AddressChange> {
        let key = |line: &str| word("address_change.keys", KeyId::from_ascii(line.as_bytes()));
        Ok(AddressChange {
            id: parsed("address_change.id", &self.id)?,
            account: parsed("address_change.account", &self.account)?,
            old: self.old_email.map(Into::into),
            new: self.new_email.into(),
            was_validated: self.was_validated,
            factors: each_line("address_change.factors", &self.factors)?,
            keys: self.keys.lines().map(key).collect::<Result<_>>()?,
            requested_at: Timestamp::from_millis(self.requested_at),
            expires_at: Timestamp::from_millis(self.expires_at),
            reserved_until: Timestamp::from_millis(self.reserved_until),
            proved_at: instant(self.proved_at),
        })
    }
}

/// Adds a change.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn insert(tx: &mut Tx, change: &AddressChange) -> Result<()> {
    const SQL: &str = "INSERT INTO address_change (id, account, old_email, old_canonical, new_email,
        new_canonical, was_validated, factors, keys, requested_at, expires_at, reserved_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let canonical = |text: &str| parsed::<Email>("address_change.email", text).map(|email| email.canonical());
    let old = change.old.as_deref().map(canonical).transpose()?;
    run!(
        tx,
        SQL,
        change.id.to_string(),
        change.account.to_string(),
        change.old.as_deref(),
        old.as_deref(),
        &*change.new,
        canonical(&change.new)?,
        change.was_validated,
        lines(&change.factors),
        change.keys.iter().map(|id| id.as_str()).collect::<Vec<_>>().join("\n"),
        change.requested_at.millis(),
        change.expires_at.millis(),
        change.reserved_until.millis()
    )
    .map(drop)
}

/// The change of an account that waits for its proof.
///
/// # Errors
/// As [`insert`].
pub async fn pending(store: &Store, account: AccountId, now: Timestamp) -> Result<Option<AddressChange>> {
    const SQL: &str = changes!(
        "WHERE account = $1 AND proved_at IS NULL AND cancelled_at IS NULL AND undone_at IS NULL
         AND expires_at > $2 ORDER BY requested_at DESC LIMIT 1"
    );
    let row: Option<Row> = on!(read store, db => sqlx::query_as(SQL)
        .bind(account.to_string())
        .bind(now.millis())
        .fetch_optional(db))?;
    row.map(Row::read).transpose()
}

/// The same as this transaction sees it.
///
/// # Errors
/// As [`insert`].
pub async fn pending_in(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<Option<AddressChange>> {
    const SQL: &str = changes!(
        "WHERE account = $1 AND proved_at IS NULL AND cancelled_at IS NULL AND undone_at IS NULL
         AND expires_at > $2 ORDER BY requested_at DESC LIMIT 1"
    );
    let row: Option<Row> = on!(tx tx, db => sqlx::query_as(SQL)
        .bind(account.to_string())
        .bind(now.millis())
        .fetch_optional(db))?;
    row.map(Row::read).transpose()
}

/// The change away from an address that a link made at a moment is about: the last one asked for by then.
///
/// # Errors
/// As [`insert`].
pub async fn away_from(
    tx: &mut Tx,
    account: AccountId,
    old: &Email,
    made_at: Timestamp,
) -> Result<Option<AddressChange>> {
    const SQL: &str = changes!(
        "WHERE account = $1 AND old_canonical = $2 AND requested_at <= $3 AND undone_at IS NULL
         ORDER BY requested_at DESC LIMIT 1"
    );
    let row: Option<Row> = on!(tx tx, db => sqlx::query_as(SQL)
        .bind(account.to_string())
        .bind(old.canonical())
        .bind(made_at.millis())
        .fetch_optional(db))?;
    row.map(Row::read).transpose()
}

/// Gives a pending change more time.
///
/// # Errors
/// As [`insert`].
pub async fn prolong(tx: &mut Tx, change: &AddressChange, until: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE address_change SET expires_at = $1 WHERE id = $2";
    run!(tx, SQL, until.millis(), change.id.to_string()).map(drop)
}

/// Notes that the new address was proved, and until when the old one stays reserved.
///
/// # Errors
/// As [`insert`].
pub async fn prove(tx: &mut Tx, change: &AddressChange, now: Timestamp, reserved: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE address_change SET proved_at = $1, reserved_until = $2 WHERE id = $3";
    run!(tx, SQL, now.millis(), reserved.millis(), change.id.to_string()).map(drop)
}

/// Cancels what waits for its proof. Whether there was anything.
///
/// # Errors
/// As [`insert`].
pub async fn cancel(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "UPDATE address_change SET cancelled_at = $1 WHERE account = $2
        AND proved_at IS NULL AND cancelled_at IS NULL AND undone_at IS NULL AND expires_at > $1";
    run!(tx, SQL, now.millis(), account.to_string()).map(|rows| rows > 0)
}

/// Takes back every change of an account from one on.
///
/// # Errors
/// As [`insert`].
pub async fn undo_from(tx: &mut Tx, first: &AddressChange, now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE address_change SET undone_at = $1
        WHERE account = $2 AND requested_at >= $3 AND undone_at IS NULL";
    run!(tx, SQL, now.millis(), first.account.to_string(), first.requested_at.millis()).map(drop)
}

/// Whether an address waits for somebody else than this account, who proved it once and may yet want it back. One
/// that was only named is nobody's to come back to.
///
/// # Errors
/// As [`insert`].
pub async fn is_reserved(tx: &mut Tx, email: &Email, but: AccountId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "SELECT id FROM address_change WHERE old_canonical = $1 AND account <> $2
        AND was_validated AND proved_at IS NOT NULL AND undone_at IS NULL AND reserved_until > $3 LIMIT 1";
    let found: Option<String> = on!(tx tx, db => sqlx::query_scalar(SQL)
        .bind(email.canonical())
        .bind(but.to_string())
        .bind(now.millis())
        .fetch_optional(db))?;
    Ok(found.is_some())
}

/// How many changes an account has asked for since then.
///
/// # Errors
/// As [`insert`].
pub async fn count(tx: &mut Tx, account: AccountId, since: Timestamp) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM address_change WHERE account = $1 AND requested_at > $2";
    on!(tx tx, db => sqlx::query_scalar(SQL)
        .bind(account.to_string())
        .bind(since.millis())
        .fetch_one(db))
}

//! Settings as rows: what is changed at run time and must outlive a restart. Each has one name.

use super::{Result, Store, Tx};
use crate::model::id::AccountId;
use crate::time::Timestamp;

/// A setting as this transaction sees it.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable).
pub async fn value(tx: &mut Tx, name: &str) -> Result<Option<String>> {
    const SQL: &str = "SELECT value FROM setting WHERE name = $1";
    on!(tx tx, db => sqlx::query_scalar(SQL).bind(name).fetch_optional(db))
}

/// A setting outside of any transaction.
///
/// # Errors
/// As [`value`].
pub async fn read(store: &Store, name: &str) -> Result<Option<String>> {
    const SQL: &str = "SELECT value FROM setting WHERE name = $1";
    on!(read store, db => sqlx::query_scalar(SQL).bind(name).fetch_optional(db))
}

/// Sets a setting, whether it was there or not.
///
/// # Errors
/// As [`value`].
pub async fn set(
    tx: &mut Tx,
    (name, value): (&str, &str),
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "INSERT INTO setting (name, value, changed_at, changed_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at,
        changed_by = excluded.changed_by";
    run!(tx, SQL, name, value, now.millis(), by.map(|id| id.to_string())).map(drop)
}

/// Takes a setting away. Whether it was there.
///
/// # Errors
/// As [`value`].
pub async fn remove(tx: &mut Tx, name: &str) -> Result<bool> {
    run!(tx, "DELETE FROM setting WHERE name = $1", name).map(|rows| rows > 0)
}

//! Which owners of keys are to be told that a key ends soon. Each end is told of once in each span before it.

use std::time::Duration;

use super::{Result, Store, Tx, word};
use crate::model::api_key::KeyId;
use crate::time::Timestamp;

/// A span before the end of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// In whole days.
    pub days: i64,
}

impl Span {
    /// How long it is.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.days.unsigned_abs() * 24 * 60 * 60)
    }
}

/// Keys that end within the span and whose owners were not told of it yet; not those that a successor replaces,
/// nor those that were made for no longer than the span.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn due(store: &Store, span: Span, now: Timestamp, limit: u32) -> Result<Vec<KeyId>> {
    const SQL: &str = "SELECT id FROM api_key WHERE expires_at > $1 AND expires_at <= $2
        AND revoked_at IS NULL AND (told_days IS NULL OR told_days > $3) AND expires_at - created_at > $4
        AND NOT EXISTS (SELECT 1 FROM api_key AS other WHERE other.replaces = api_key.id)
        ORDER BY expires_at LIMIT $5";
    let until = now.plus(span.duration());
    let least = until.millis() - now.millis();
    let ids: Vec<String> = on!(read store, db => sqlx::query_scalar(SQL)
        .bind(now.millis())
        .bind(until.millis())
        .bind(span.days)
        .bind(least)
        .bind(i64::from(limit))
        .fetch_all(db))?;
    ids.iter().map(|id| word("api_key.id", KeyId::from_ascii(id.as_bytes()))).collect()
}

/// Notes that the owner is told; whether nobody else did it first.
///
/// # Errors
/// As [`due`].
pub async fn tell(tx: &mut Tx, id: KeyId, span: Span) -> Result<bool> {
    const SQL: &str = "UPDATE api_key SET told_days = $1
        WHERE id = $2 AND revoked_at IS NULL AND (told_days IS NULL OR told_days > $1)";
    run!(tx, SQL, span.days, id.to_string()).map(|rows| rows == 1)
}

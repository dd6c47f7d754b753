//! Creations that were named by their caller, and what was answered: found by a digest of who named it, where and
//! how. Bookkeeping, with neither change nor audit entry.

use super::{Result, Store, within};
use crate::time::Timestamp;

row! {
    /// A creation that was named.
    #[derive(Debug)]
    struct Row { digest: Vec<u8>, answer: Option<Vec<u8>>, begun_at: i64 }
}

/// A creation that was named.
#[derive(Debug)]
pub struct Replay {
    /// SHA-256 of what was sent.
    pub digest: Vec<u8>,
    /// The answer, sealed; nothing while there is none.
    pub answer: Option<Vec<u8>>,
    /// When it began.
    pub begun_at: Timestamp,
}

macro_rules! write {
    ($store:expr, $sql:expr $(, $value:expr)*) => {
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

/// Begins a creation. Whether it is the first of this name.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn begin(store: &Store, id: &[u8; 32], digest: &[u8; 32], now: Timestamp) -> Result<bool> {
    const SQL: &str =
        "INSERT INTO replay (id, digest, begun_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
    write!(store, SQL, id.as_slice(), digest.as_slice(), now.millis()).map(|rows| rows == 1)
}

/// What became of the creation of this name.
///
/// # Errors
/// As [`begin`].
pub async fn find(store: &Store, id: &[u8; 32]) -> Result<Option<Replay>> {
    const SQL: &str = "SELECT digest, answer, begun_at FROM replay WHERE id = $1";
    let found: Option<Row> =
        on!(read store, db => sqlx::query_as(SQL).bind(id.as_slice()).fetch_optional(db))?;
    let replay = |row: Row| Replay {
        digest: row.digest,
        answer: row.answer,
        begun_at: Timestamp::from_millis(row.begun_at),
    };
    Ok(found.map(replay))
}

/// Keeps the answer.
///
/// # Errors
/// As [`begin`].
pub async fn keep(store: &Store, id: &[u8; 32], answer: &[u8]) -> Result<()> {
    write!(store, "UPDATE replay SET answer = $2 WHERE id = $1", id.as_slice(), answer).map(drop)
}

/// Lets the name be used anew: nothing was created.
///
/// # Errors
/// As [`begin`].
pub async fn forget(store: &Store, id: &[u8; 32]) -> Result<()> {
    write!(store, "DELETE FROM replay WHERE id = $1", id.as_slice()).map(drop)
}

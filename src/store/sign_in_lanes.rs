//! Failed sign-ins in a row, per lane: strangers to an account share one, each browser that has been used
//! for it has its own. Bookkeeping, with neither change nor audit entry, written before the
//! password is looked at.

use std::time::Duration;

use super::{Result, Store, Tx, within};
use crate::time::Timestamp;

/// What a lane says to one more attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// It is counted as failed, the how-manieth in a row; a success clears the lane.
    Counted(i64),
    /// The lane opens after this long.
    Wait(Duration),
    /// The lane is full and opens no more.
    Full,
}

/// Digest of whom a lane leads to.
pub type Lane = [u8; 32];

/// Rows removed by one statement.
const AT_ONCE: i64 = 1_000;

/// Lanes with few failures that are kept. Whoever makes up more names than that is counted by source.
const FEW_KEPT: i64 = 200_000;

/// Counts one more failure, unless the lane is not open yet or holds `most` already. From the fifth on each
/// closes the lane for twice as long as the one before: a second, and a quarter of an hour at most.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn enter(store: &Store, lane: &Lane, most: Option<u32>, now: Timestamp) -> Result<Entry> {
    const ENTER: &str = "INSERT INTO sign_in_lane (lane, failures, last_at, opens_at) VALUES ($1, 1, $2, $2)
        ON CONFLICT (lane) DO UPDATE SET failures = sign_in_lane.failures + 1, last_at = $2,
        opens_at = $2 + CASE WHEN sign_in_lane.failures < 4 THEN 0
            WHEN sign_in_lane.failures > 13 THEN 900000
            ELSE CAST(1000 AS BIGINT) << CAST(sign_in_lane.failures - 4 AS INTEGER) END
        WHERE sign_in_lane.opens_at <= $2 AND sign_in_lane.failures < $3
        RETURNING failures";
    const READ: &str = "SELECT failures, opens_at FROM sign_in_lane WHERE lane = $1";
    let most = most.map_or(i64::MAX, i64::from);
    let counted: Option<i64> = match store {
        Store::Sqlite { write, .. } => {
            let query = sqlx::query_scalar(ENTER).bind(lane.as_slice()).bind(now.millis()).bind(most);
            within(query.fetch_optional(write)).await?
        }
        Store::Postgres { pool, .. } => {
            let query = sqlx::query_scalar(ENTER).bind(lane.as_slice()).bind(now.millis()).bind(most);
            within(query.fetch_optional(pool)).await?
        }
    };
    if let Some(failures) = counted {
        return Ok(Entry::Counted(failures));
    }
    let found: Option<(i64, i64)> =
        on!(read store, db => sqlx::query_as(READ).bind(lane.as_slice()).fetch_optional(db))?;
    Ok(match found {
        Some((failures, _)) if failures >= most => Entry::Full,
        Some((_, opens_at)) => Entry::Wait(Timestamp::from_millis(opens_at).since(now).max(BRIEF)),
        // Cleared in between.
        None => Entry::Wait(BRIEF),
    })
}

const BRIEF: Duration = Duration::from_secs(1);

/// Takes back an entry, given its number, whose password was never looked at.
///
/// # Errors
/// As [`enter`].
pub async fn take_back(store: &Store, lane: &Lane, number: i64) -> Result<()> {
    const SQL: &str = "UPDATE sign_in_lane SET failures = failures - 1,
        opens_at = CASE WHEN failures = $2 THEN last_at ELSE opens_at END
        WHERE lane = $1 AND failures > 0";
    match store {
        Store::Sqlite { write, .. } => {
            let query = sqlx::query(SQL).bind(lane.as_slice()).bind(number);
            within(query.execute(write)).await.map(drop)
        }
        Store::Postgres { pool, .. } => {
            let query = sqlx::query(SQL).bind(lane.as_slice()).bind(number);
            within(query.execute(pool)).await.map(drop)
        }
    }
}

/// Forgets the failures of a lane.
///
/// # Errors
/// As [`enter`].
pub async fn clear(tx: &mut Tx, lane: &Lane) -> Result<()> {
    run!(tx, "DELETE FROM sign_in_lane WHERE lane = $1", lane.as_slice()).map(drop)
}

/// Removes lanes that nobody entered since `before`, and of those with few failures the oldest where there
/// are too many.
///
/// # Errors
/// As [`enter`]; what was removed before stays removed.
pub async fn prune(store: &Store, before: Timestamp) -> Result<()> {
    const OLD: &str = "DELETE FROM sign_in_lane WHERE lane IN
        (SELECT lane FROM sign_in_lane WHERE last_at < $1 LIMIT $2)";
    const MANY: &str = "DELETE FROM sign_in_lane WHERE lane IN
        (SELECT lane FROM sign_in_lane WHERE failures < 5 ORDER BY last_at DESC LIMIT $2 OFFSET $1)";
    for (sql, first) in [(OLD, before.millis()), (MANY, FEW_KEPT)] {
        while remove(store, sql, first).await? == AT_ONCE.unsigned_abs() {}
    }
    Ok(())
}

async fn remove(store: &Store, sql: &'static str, first: i64) -> Result<u64> {
    match store {
        Store::Sqlite { write, .. } => {
            let query = sqlx::query(sql).bind(first).bind(AT_ONCE);
            within(query.execute(write)).await.map(|done| done.rows_affected())
        }
        Store::Postgres { pool, .. } => {
            let query = sqlx::query(sql).bind(first).bind(AT_ONCE);
            within(query.execute(pool)).await.map(|done| done.rows_affected())
        }
    }
}

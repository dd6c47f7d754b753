//! Sessions on their way to another host: a code known by its digest, good once. A code is used by one
//! conditional UPDATE, so that of two who present it one arrives.

use super::{Result, Store, Tx, parsed, within};
use crate::model::id::SessionId;
use crate::time::Timestamp;

/// What a code is bound to.
#[derive(Debug, Clone, Copy)]
pub struct Ticket<'a> {
    /// Digest of the code.
    pub digest: &'a [u8; 32],
    /// The host where it is good.
    pub host: &'a str,
    /// Digest of the flow cookie of the browser that asked for it.
    pub flow: &'a [u8; 32],
}

/// Notes a code. Bookkeeping, with neither change nor audit entry: nothing works differently by it.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable), as every function here; `Conflict` when the
/// session does not exist.
pub async fn insert(
    store: &Store,
    ticket: Ticket<'_>,
    session: SessionId,
    expires_at: Timestamp,
) -> Result<()> {
    const SQL: &str =
        "INSERT INTO arrival (digest, session, host, flow, expires_at) VALUES ($1, $2, $3, $4, $5)";
    macro_rules! query {
        () => {
            sqlx::query(SQL)
                .bind(ticket.digest.as_slice())
                .bind(session.to_string())
                .bind(ticket.host)
                .bind(ticket.flow.as_slice())
                .bind(expires_at.millis())
        };
    }
    match store {
        Store::Sqlite { write, .. } => within(query!().execute(write)).await.map(drop),
        Store::Postgres { pool, .. } => within(query!().execute(pool)).await.map(drop),
    }
}

/// Uses a code: only unused, not expired, on its host and in its browser. The session it stands for.
///
/// # Errors
/// As [`insert`].
pub async fn consume(tx: &mut Tx, ticket: Ticket<'_>, now: Timestamp) -> Result<Option<SessionId>> {
    const SQL: &str = "UPDATE arrival SET used_at = $1
        WHERE digest = $2 AND host = $3 AND flow = $4 AND used_at IS NULL AND expires_at > $1
        RETURNING session";
    tx.touch();
    let found: Option<String> = on!(tx tx, db => sqlx::query_scalar(SQL)
        .bind(now.millis())
        .bind(ticket.digest.as_slice())
        .bind(ticket.host)
        .bind(ticket.flow.as_slice())
        .fetch_optional(db))?;
    found.map(|id| parsed("arrival.session", &id)).transpose()
}

/// Notes that a used code was presented again, the first time only. The session it stood for.
///
/// # Errors
/// As [`insert`].
pub async fn replayed(tx: &mut Tx, digest: &[u8; 32], now: Timestamp) -> Result<Option<SessionId>> {
    const SQL: &str = "UPDATE arrival SET replayed_at = $1
        WHERE digest = $2 AND used_at IS NOT NULL AND replayed_at IS NULL RETURNING session";
    tx.touch();
    let found: Option<String> = on!(tx tx, db => sqlx::query_scalar(SQL)
        .bind(now.millis())
        .bind(digest.as_slice())
        .fetch_optional(db))?;
    found.map(|id| parsed("arrival.session", &id)).transpose()
}

//! Sessions as rows: one for the session, and one per protected host for the digest of the token in that
//! host's cookie. When a session was last seen is bookkeeping, written in bulk.

use std::sync::Arc;

use sqlx::{Postgres, QueryBuilder, Sqlite};

use super::api_keys::{each_line, lines};
use super::{Result, Store, Tx, instant, parsed, parsed_option, within};
use crate::model::credentials::Credentials;
use crate::model::id::{AccountId, SessionId};
use crate::model::session::Session;
use crate::time::Timestamp;

macro_rules! select {
    ($host:literal, $rest:literal) => {
        concat!(
            "SELECT session.id AS id, account, session.created_at AS created_at, authenticated_at, methods,
                last_seen_at, idle_millis, ends_at, ended_at, chosen, device, address, ",
            $host,
            " AS host FROM session ",
            $rest
        )
    };
}

mod browsers;

pub use self::browsers::{
    adopt_browser, browser_of, end_in_browser, forget_browsers, knows_browser, of_browser,
};

row! {
    struct Row {
        id: String,
        account: String,
        created_at: i64,
        authenticated_at: i64,
        methods: String,
        last_seen_at: i64,
        idle_millis: i64,
        ends_at: i64,
        ended_at: Option<i64>,
        chosen: String,
        device: String,
        address: Option<String>,
        host: Option<String>,
    }
}

/// Sessions in one bulk statement.
const BULK: usize = 500;

/// The session that a cookie's token belongs to, with the host the token is for.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable), [`StoreError::Corrupt`](super::StoreError::Corrupt).
pub async fn by_token(store: &Store, digest: &[u8; 32]) -> Result<Option<Session>> {
    const SQL: &str = select!(
        "session_host.host",
        "JOIN session_host ON session_host.session = session.id WHERE session_host.digest = $1"
    );
    let row: Option<Row> =
        on!(read store, db => sqlx::query_as(SQL).bind(digest.as_slice()).fetch_optional(db))?;
    row.map(Row::into_session).transpose()
}

/// The session of an id, with the first of its hosts.
///
/// # Errors
/// As [`by_token`].
pub async fn by_id(store: &Store, id: SessionId) -> Result<Option<Session>> {
    const SQL: &str = select!(
        "(SELECT MIN(host) FROM session_host WHERE session_host.session = session.id)",
        "WHERE session.id = $1"
    );
    let row: Option<Row> =
        on!(read store, db => sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(db))?;
    row.map(Row::into_session).transpose()
}

/// The sessions of an account that were not over at `now`, newest first, each with the first of its hosts.
/// Those that idled out are among them: only the reader knows the last use.
///
/// # Errors
/// As [`by_token`].
pub async fn open_of(store: &Store, account: AccountId, now: Timestamp) -> Result<Vec<Session>> {
    const SQL: &str = select!(
        "(SELECT MIN(host) FROM session_host WHERE session_host.session = session.id)",
        "WHERE account = $1 AND ends_at > $2 AND (ended_at IS NULL OR ended_at > $2)
         ORDER BY session.created_at DESC, session.id"
    );
    let rows: Vec<Row> = on!(read store, db =>
        sqlx::query_as(SQL).bind(account.to_string()).bind(now.millis()).fetch_all(db))?;
    rows.into_iter().map(Row::into_session).collect()
}

/// Every session of an account that is kept, newest first.
///
/// # Errors
/// As [`by_token`].
pub async fn all_of(store: &Store, account: AccountId) -> Result<Vec<Session>> {
    const SQL: &str = select!(
        "COALESCE((SELECT MIN(host) FROM session_host WHERE session_host.session = session.id), '')",
        "WHERE account = $1 ORDER BY session.created_at DESC, session.id"
    );
    let rows: Vec<Row> = on!(read store, db => sqlx::query_as(SQL).bind(account.to_string()).fetch_all(db))?;
    rows.into_iter().map(Row::into_session).collect()
}

/// Adds a session. It can be used once a host has a token, see [`add_host`].
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable); `Conflict` when the account does not exist.
pub async fn insert(tx: &mut Tx, session: &Session) -> Result<()> {
    const SQL: &str = "INSERT INTO session (id, account, created_at, authenticated_at, methods, last_seen_at,
        idle_millis, ends_at, ended_at, chosen, device, address)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    run!(
        tx,
        SQL,
        session.id.to_string(),
        session.account.to_string(),
        session.created_at.millis(),
        session.authenticated_at.millis(),
        session.methods.join(" "),
        session.last_seen_at.millis(),
        i64::try_from(session.idle.as_millis()).unwrap_or(i64::MAX),
        session.ends_at.millis(),
        session.ended_at.map(Timestamp::millis),
        lines(&session.chosen),
        &*session.device,
        session.address.map(|address| address.to_string()),
    )
    .map(drop)
}

/// The token of a session on one host, by its digest.
pub struct HostToken<'a> {
    /// The session.
    pub session: SessionId,
    /// The protected host, lower-case.
    pub host: &'a str,
    /// SHA-256 of the token.
    pub digest: [u8; 32],
}

/// Gives a session its token for a host; an earlier token of that host stops working.
///
/// # Errors
/// As [`insert`].
pub async fn add_host(tx: &mut Tx, token: &HostToken<'_>, now: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO session_host (digest, session, host, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (session, host) DO UPDATE SET digest = excluded.digest, created_at = excluded.created_at";
    run!(tx, SQL, token.digest.as_slice(), token.session.to_string(), token.host, now.millis()).map(drop)
}

/// Ends a session on all hosts. Whether it was still open.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable).
pub async fn end(tx: &mut Tx, id: SessionId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "UPDATE session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL AND ends_at > $2";
    run!(tx, SQL, id.to_string(), now.millis()).map(|rows| rows > 0)
}

/// Ends all open sessions of an account, but for one that may be kept. The ids of those ended.
///
/// # Errors
/// As [`by_token`].
pub async fn end_all_of(
    tx: &mut Tx,
    account: AccountId,
    kept: Option<SessionId>,
    now: Timestamp,
) -> Result<Vec<SessionId>> {
    const SQL: &str = "UPDATE session SET ended_at = $3
        WHERE account = $1 AND id <> $2 AND ended_at IS NULL AND ends_at > $3 RETURNING id";
    tx.touch();
    let kept = kept.map(|id| id.to_string()).unwrap_or_default();
    let ids: Vec<String> = on!(tx tx, db => sqlx::query_scalar(SQL)
        .bind(account.to_string()).bind(kept.as_str()).bind(now.millis()).fetch_all(db))?;
    ids.iter().map(|id| parsed("session.id", id)).collect()
}

/// Sets the credentials that a session works under, at most one per platform. Whether it exists.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable).
pub async fn choose(tx: &mut Tx, id: SessionId, chosen: &[Credentials]) -> Result<bool> {
    const SQL: &str = "UPDATE session SET chosen = $2 WHERE id = $1";
    run!(tx, SQL, id.to_string(), lines(chosen)).map(|rows| rows > 0)
}

/// Takes the row of a session for this transaction and reads it as it stands now; without a host.
///
/// # Errors
/// As [`by_token`].
pub async fn hold(tx: &mut Tx, id: SessionId) -> Result<Option<Session>> {
    const SQL: &str = "UPDATE session SET id = id WHERE id = $1 RETURNING id, account, created_at,
        authenticated_at, methods, last_seen_at, idle_millis, ends_at, ended_at, chosen, device, address,
        CAST(NULL AS TEXT) AS host";
    let row: Option<Row> = on!(tx tx, db => sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(db))?;
    row.map(Row::into_session).transpose()
}

/// Notes that the person proved once more who they are, and how.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable).
pub async fn authenticated(tx: &mut Tx, id: SessionId, methods: &[Arc<str>], now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE session SET authenticated_at = $2, methods = $3 WHERE id = $1";
    run!(tx, SQL, id.to_string(), now.millis(), methods.join(" ")).map(drop)
}

/// Notes that sessions were seen in this minute; a later moment that is known already stays.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable).
pub async fn touch(store: &Store, seen: &[SessionId], minute: Timestamp) -> Result<()> {
    for bulk in seen.chunks(BULK) {
        match store {
            Store::Sqlite { write, .. } => {
                let mut query = touching::<Sqlite>(bulk, minute);
                within(query.build().execute(write)).await.map(drop)?;
            }
            Store::Postgres { pool, .. } => {
                let mut query = touching::<Postgres>(bulk, minute);
                within(query.build().execute(pool)).await.map(drop)?;
            }
        }
    }
    Ok(())
}

fn touching<D: sqlx::Database>(seen: &[SessionId], minute: Timestamp) -> QueryBuilder<D>
where
    for<'a> i64: sqlx::Encode<'a, D> + sqlx::Type<D>,
    for<'a> String: sqlx::Encode<'a, D> + sqlx::Type<D>,
{
    let mut query = QueryBuilder::new("UPDATE session SET last_seen_at = ");
    query.push_bind(minute.millis());
    query.push(" WHERE last_seen_at < ");
    query.push_bind(minute.millis());
    query.push(" AND id IN (");
    let mut list = query.separated(", ");
    for id in seen {
        list.push_bind(id.to_string());
    }
    query.push(")");
    query
}

impl Row {
    fn into_session(self) -> Result<Session> {
        let idle = u64::try_from(self.idle_millis).unwrap_or(0);
        Ok(Session {
            id: parsed("session.id", &self.id)?,
            account: parsed("session.account", &self.account)?,
            created_at: Timestamp::from_millis(self.created_at),
            authenticated_at: Timestamp::from_millis(self.authenticated_at),
            methods: self.methods.split_whitespace().map(Into::into).collect(),
            last_seen_at: Timestamp::from_millis(self.last_seen_at),
            idle: std::time::Duration::from_millis(idle),
            ends_at: Timestamp::from_millis(self.ends_at),
            ended_at: instant(self.ended_at),
            chosen: each_line("session.chosen", &self.chosen)?,
            host: self.host.unwrap_or_default().into(),
            device: self.device.into(),
            address: parsed_option("session.address", self.address.as_deref())?,
        })
    }
}

//! The database: one SQL text per function, run on SQLite or PostgreSQL. Reads take `&Store`; writes take
//! `&mut Tx`, which carries what they change and who did it to the change log and the audit chain.
//! A module per noun; `open` makes the pools, `migrate` the tables.

macro_rules! on {
    (read $store:expr, $db:ident => $query:expr) => {
        match $store {
            $crate::store::Store::Sqlite { read: $db, .. } => $crate::store::soon($query).await,
            $crate::store::Store::Postgres { pool: $db, .. } => $crate::store::soon($query).await,
        }
    };
    (tx $tx:expr, $db:ident => $query:expr) => {
        match $tx.inner() {
            $crate::store::Inner::Sqlite(held) => {
                let $db = &mut **held;
                $crate::store::within($query).await
            }
            $crate::store::Inner::Postgres(held) => {
                let $db = &mut **held;
                $crate::store::within($query).await
            }
        }
    };
}

/// Runs one writing statement in a transaction; gives the number of rows it touched.
macro_rules! run {
    ($tx:expr, $sql:expr $(, $value:expr)* $(,)?) => {{
        $tx.touch();
        match $tx.inner() {
            $crate::store::Inner::Sqlite(held) => {
                let query = sqlx::query($sql)$(.bind($value))*;
                $crate::store::within(query.execute(&mut **held)).await.map(|done| done.rows_affected())
            }
            $crate::store::Inner::Postgres(held) => {
                let query = sqlx::query($sql)$(.bind($value))*;
                $crate::store::within(query.execute(&mut **held)).await.map(|done| done.rows_affected())
            }
        }
    }};
}

/// Runs one writing statement by itself, for bookkeeping that has neither change nor audit entry; gives the
/// number of rows it touched.
macro_rules! alone {
    ($store:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        match $store {
            $crate::store::Store::Sqlite { write, .. } => {
                let query = sqlx::query($sql)$(.bind($value))*;
                $crate::store::within(query.execute(write)).await.map(|done| done.rows_affected())
            }
            $crate::store::Store::Postgres { pool, .. } => {
                let query = sqlx::query($sql)$(.bind($value))*;
                $crate::store::within(query.execute(pool)).await.map(|done| done.rows_affected())
            }
        }
    };
}

/// A struct read by column name on either database.
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($open:vis $field:ident : $type:ty),* $(,)? }) => {
        $(#[$meta])*
        $vis struct $name { $($open $field: $type),* }

        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $name
        where
            &'static str: sqlx::ColumnIndex<R>,
            $($type: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>),*
        {
            fn from_row(row: &'r R) -> sqlx::Result<Self> {
                Ok(Self { $($field: row.try_get(stringify!($field))?),* })
            }
        }
    };
}

pub mod accounts;
pub mod address_changes;
pub mod api_keys;
pub mod arrivals;
pub mod attic;
pub mod audit;
pub mod backup;
pub mod changes;
pub mod claims;
pub mod deletions;
pub mod deliveries;
pub mod email_links;
pub mod endings;
pub mod entitlements;
pub mod erasure;
mod error;
pub mod events;
pub mod factors;
pub mod grants;
pub mod imported_keys;
pub mod invitations;
pub mod key_notices;
pub mod keyring;
pub mod memberships;
mod migrate;
mod open;
pub mod organisations;
pub mod outbox;
mod place;
pub mod replays;
pub mod sessions;
pub mod settings;
pub mod sign_in_lanes;
pub mod sign_ups;
pub mod sought;
pub mod spaces;
pub mod standing;
mod tx;
pub mod webhooks;

use std::future::Future;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{PgPool, SqlitePool};
use tokio::sync::Semaphore;

pub use error::{Constraint, StoreError};
pub use migrate::{NEWEST, Step, apply, migrations};
pub use open::{connect, open};
pub use place::Place;
pub(crate) use tx::Inner;
pub use tx::Tx;

use crate::time::Timestamp;

/// What every function of this room answers with.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The pools of one database. Cheap to clone.
#[derive(Clone)]
pub enum Store {
    /// One file: a single writer, many readers, and one connection that watches for other processes.
    Sqlite {
        /// Read-only connections.
        read: SqlitePool,
        /// The only connection that writes.
        write: SqlitePool,
        /// Asked for `PRAGMA data_version`, which is counted per connection.
        watch: SqlitePool,
        /// Where the file was when it was opened.
        place: Place,
    },
    /// A server that several nodes share.
    Postgres {
        /// Connections for reading and writing.
        pool: PgPool,
        /// Turns at writing, fewer than there are connections: whoever writes may read by another one, and
        /// writers alone could hold them all.
        turns: Arc<Semaphore>,
    },
}

/// Longest wait for any one answer within a write.
const DEADLINE: Duration = Duration::from_secs(5);

/// Longest wait for the answer to a read, on which a request at the gate may wait.
const READ_DEADLINE: Duration = Duration::from_secs(2);

impl Store {
    /// Begins a transaction. On SQLite it is the only writer until it ends.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection or no write lock is to be had in time.
    pub async fn begin(&self) -> Result<Tx> {
        let inner = match self {
            Self::Sqlite { write, place, .. } => {
                place.holds()?;
                Inner::Sqlite(within(write.begin_with("BEGIN IMMEDIATE")).await?)
            }
            Self::Postgres { pool, turns } => {
                let late = || StoreError::Unavailable(sqlx::Error::PoolTimedOut);
                let turn = tokio::time::timeout(DEADLINE, Arc::clone(turns).acquire_owned()).await;
                let turn = turn.map_err(|_| late())?.map_err(|_| late())?;
                let held = within(pool.begin()).await?;
                return Ok(Tx::begun(Inner::Postgres(held), Some(turn)));
            }
        };
        Ok(Tx::begun(inner, None))
    }

    /// Whether the database answers at all.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<()> {
        if let Self::Sqlite { place, .. } = self {
            place.holds()?;
        }
        on!(read self, db => sqlx::query_scalar::<_, i64>("SELECT seq FROM counter").fetch_one(db)).map(drop)
    }

    /// Ends every connection, after those in use are given back. SQLite folds its log into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write, watch, .. } => {
                read.close().await;
                watch.close().await;
                write.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}

/// Runs one call of a write inside its deadline.
pub(crate) async fn within<T>(call: impl Future<Output = sqlx::Result<T>>) -> Result<T> {
    in_time(DEADLINE, call).await
}

/// Runs one read inside its deadline.
pub(crate) async fn soon<T>(call: impl Future<Output = sqlx::Result<T>>) -> Result<T> {
    in_time(READ_DEADLINE, call).await
}

async fn in_time<T>(longest: Duration, call: impl Future<Output = sqlx::Result<T>>) -> Result<T> {
    match tokio::time::timeout(longest, call).await {
        Ok(answer) => answer.map_err(StoreError::from),
        Err(_) => Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut)),
    }
}

/// Reads a value back from its stored text.
pub(crate) fn parsed<T: FromStr>(column: &'static str, text: &str) -> Result<T> {
    text.parse().map_err(|_| StoreError::Corrupt { column })
}

/// Reads an optional value back from its stored text.
pub(crate) fn parsed_option<T: FromStr>(column: &'static str, text: Option<&str>) -> Result<Option<T>> {
    text.map(|text| parsed(column, text)).transpose()
}

/// Reads one of our fixed words back.
pub(crate) fn word<T>(column: &'static str, found: Option<T>) -> Result<T> {
    found.ok_or(StoreError::Corrupt { column })
}

/// A stored instant.
pub(crate) fn instant(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

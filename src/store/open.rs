//! Opens the pools; the only file that names a driver's options. Every connection has deadlines of its
//! own, so that a database that does not answer is noticed.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, PgConnection, PgPool, SqliteConnection};
use tokio::sync::Semaphore;

use super::place::Place;
use super::{Result, Store, StoreError, migrate};
use crate::config::StoreConfig;

/// Reading connections to an SQLite file.
const READERS: u32 = 4;

/// Connections to PostgreSQL per process.
const SERVER_CONNECTIONS: u32 = 16;

/// Transactions at once: half of the connections are left for reading.
const WRITERS: usize = SERVER_CONNECTIONS as usize / 2;

/// Longest wait for another writer of the same SQLite file, within the deadline of a call.
const BUSY: Duration = Duration::from_secs(4);

/// Longest wait for a connection.
const ACQUIRE: Duration = Duration::from_secs(2);

/// Longest wait for a sign of life from a connection that is given back.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

/// Opens the store and brings its schema up to date. A new SQLite file is readable by its owner only.
///
/// # Errors
/// [`StoreError::Unusable`] for a URL or path that cannot work, [`StoreError::Unavailable`] when nobody
/// answers, [`StoreError::Schema`] when the schema is too new or was altered.
pub async fn open(config: &StoreConfig) -> Result<Store> {
    let store = connect(config).await?;
    migrate::apply(&store, i64::MAX).await?;
    Ok(store)
}

/// Opens the pools without looking at the schema.
///
/// # Errors
/// As [`open`], except for the schema.
pub async fn connect(config: &StoreConfig) -> Result<Store> {
    match config {
        StoreConfig::Sqlite(path) => sqlite(path).await,
        StoreConfig::Postgres(url) => postgres(url.expose()).await,
    }
}

async fn sqlite(path: &Path) -> Result<Store> {
    private_file(path).map_err(|error| StoreError::Unusable(sqlx::Error::Io(error)))?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("temp_store", "memory")
        .statement_cache_capacity(256);
    let write = sqlite_pool(1)
        .after_release(|connection, _| Box::pin(is_clean(connection)))
        .connect_with(options.clone())
        .await
        .map_err(refused)?;
    let reading = options.read_only(true).pragma("query_only", "1");
    let read = sqlite_pool(READERS).connect_with(reading.clone()).await.map_err(refused)?;
    let watch = sqlite_pool(1).connect_with(reading).await.map_err(refused)?;
    let place = Place::of(path).map_err(|error| StoreError::Unusable(sqlx::Error::Io(error)))?;
    Ok(Store::Sqlite { read, write, watch, place })
}

fn sqlite_pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// When a disk is full SQLite ends the transaction by itself, which the driver does not notice: it goes on
/// counting the transaction as open and could never begin another one. Such a connection is given up.
/// The answer to the ping comes after the roll-back that went before it.
async fn is_clean(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// Makes the file with mode 0600 before SQLite would make it with the process's umask; its `-wal` and
/// `-shm` take their mode from it.
fn private_file(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

async fn postgres(url: &str) -> Result<Store> {
    let options = PgConnectOptions::from_str(url)
        .map_err(StoreError::Unusable)?
        .application_name("portcullis")
        .options([
            ("statement_timeout", "4000"),
            ("lock_timeout", "3000"),
            ("idle_in_transaction_session_timeout", "15000"),
        ]);
    let pool = PgPoolOptions::new()
        .max_connections(SERVER_CONNECTIONS)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .after_release(|connection, _| Box::pin(lives(connection)))
        .connect_with(options);
    let pool = super::within(pool).await.map_err(turned_away)?;
    Ok(Store::Postgres { pool, turns: Arc::new(Semaphore::new(WRITERS)) })
}

/// A server that answers but knows no such account or database is a matter for the operator.
fn turned_away(error: StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(sqlx::Error::Database(inner))
            if inner.code().is_some_and(|code| code.starts_with("28") || code.starts_with("3D")) =>
        {
            StoreError::Unusable(sqlx::Error::Database(inner))
        }
        other => other,
    }
}

/// A connection whose server fell silent would be waited for without end before it is used again, so it is
/// given up instead; enough of these would use up the pool.
async fn lives(connection: &mut PgConnection) -> sqlx::Result<bool> {
    match tokio::time::timeout(SIGN_OF_LIFE, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}

/// One connection to the same server whose statements may take as long as they need.
pub(super) async fn patient(pool: &PgPool) -> Result<PgPool> {
    let options =
        (*pool.connect_options()).clone().options([("statement_timeout", "0"), ("lock_timeout", "0")]);
    super::within(PgPoolOptions::new().max_connections(1).connect_with(options)).await
}

/// A file that is no database, or may not be written, is a matter for the operator; the rest may pass.
fn refused(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::PoolTimedOut => StoreError::Unavailable(error),
        sqlx::Error::Database(inner) if inner.code().is_some_and(|code| code == "5" || code == "261") => {
            StoreError::Unavailable(error)
        }
        _ => StoreError::Unusable(error),
    }
}

//! Follows the change log, so that what was done elsewhere (on another node, on the command line) is
//! forgotten here, and knows when the log was last read.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use super::App;
use crate::model::change::{Change, Seq};
use crate::store::{Store, StoreError, changes};
use crate::time::Timestamp;

/// How far the log has been read, and when that was last known to be all of it.
#[derive(Debug)]
pub struct Follower {
    seen: AtomicI64,
    version: AtomicI64,
    read_at: AtomicI64,
    away: AtomicBool,
}

impl Follower {
    /// Begins at the newest change of a store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn begin(store: &Store, now: Timestamp) -> Result<Self, StoreError> {
        let version = changes::data_version(store).await?;
        let seen = changes::latest(store).await?;
        Ok(Self {
            seen: AtomicI64::new(seen.0),
            version: AtomicI64::new(version),
            read_at: AtomicI64::new(now.millis()),
            away: AtomicBool::new(false),
        })
    }

    /// Whether the last attempt to read the log failed.
    pub fn store_is_away(&self) -> bool {
        self.away.load(Ordering::Acquire)
    }

    /// When the log was last read to its end.
    pub fn read_at(&self) -> Timestamp {
        Timestamp::from_millis(self.read_at.load(Ordering::Acquire))
    }
}

/// How often the log is looked at: SQLite tells cheaply whether anybody wrote, PostgreSQL is asked.
pub const fn interval(store: &Store) -> Duration {
    match store {
        Store::Sqlite { .. } => Duration::from_millis(200),
        Store::Postgres { .. } => Duration::from_millis(500),
    }
}

/// Reads the log on from where it was left and forgets what it names.
///
/// # Errors
/// When the store cannot be read; then nothing is forgotten and the time of the last reading stands.
pub async fn follow(app: &App) -> Result<(), StoreError> {
    let asked_at = app.clock.now();
    let read = read_on(app).await;
    app.follower.away.store(read.is_err(), Ordering::Release);
    if read.is_ok() {
        app.follower.read_at.fetch_max(asked_at.millis(), Ordering::AcqRel);
    }
    read
}

/// Follows the log whenever the store announces a change, until it cannot be listened to any more. A store
/// that announces nothing is left to [`follow`] at its interval.
///
/// # Errors
/// When the store cannot be listened to; nothing is lost by that but time.
pub async fn listen(app: &App) -> Result<(), StoreError> {
    let Some(mut bell) = changes::Bell::of(&app.store).await? else { return Ok(()) };
    loop {
        follow(app).await?;
        bell.rung().await?;
    }
}

async fn read_on(app: &App) -> Result<(), StoreError> {
    let follower = &app.follower;
    let version = changes::data_version(&app.store).await?;
    if version != follower.version.load(Ordering::Acquire) {
        for (seq, change) in changes::since(&app.store, Seq(follower.seen.load(Ordering::Acquire))).await? {
            if change == Change::Everything {
                reread_keyring(app);
            }
            if matches!(change, Change::Setting | Change::Everything) {
                app.demanded.store(super::demanded::read(&app.store).await?);
            }
            app.recent.saw(change);
            follower.seen.store(seq.0, Ordering::Release);
        }
        follower.version.store(version, Ordering::Release);
    }
    Ok(())
}

/// A rotation by another process is told as [`Change::Everything`]. A file that cannot be used leaves the
/// keys in memory in force; only what the new keys made is unknown then.
fn reread_keyring(app: &App) {
    if let Err(error) = app.reread_keyring() {
        tracing::error!(%error, "the keyring was changed and cannot be read; the former keys stay in force");
    }
}

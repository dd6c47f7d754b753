//! Brings the schema up to date. Steps are numbered, only ever added, and written so that the previous
//! version of the program can still work beside the new one; a step that ends that raises
//! `counter.readable_from`.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use sqlx::SqlSafeStr as _;
use sqlx::error::DatabaseError;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use super::{Result, Store, StoreError, open};

const STEPS: [(i64, &str, &str); 15] = [
    (1, "organisations and accounts", include_str!("migrations/0001_organisations_and_accounts.sql")),
    (2, "rights", include_str!("migrations/0002_rights.sql")),
    (3, "sessions and keys", include_str!("migrations/0003_sessions_and_keys.sql")),
    (4, "letters", include_str!("migrations/0004_letters.sql")),
    (5, "logs", include_str!("migrations/0005_logs.sql")),
    (6, "sign-in", include_str!("migrations/0006_sign_in.sql")),
    (7, "audit cut", include_str!("migrations/0007_audit_cut.sql")),
    (8, "session address", include_str!("migrations/0008_session_address.sql")),
    (9, "replays", include_str!("migrations/0009_replays.sql")),
    (10, "letters on their way", include_str!("migrations/0010_letters_on_their_way.sql")),
    (11, "webhooks", include_str!("migrations/0011_webhooks.sql")),
    (12, "sign-up", include_str!("migrations/0012_sign_up.sql")),
    (13, "addresses", include_str!("migrations/0013_addresses.sql")),
    (14, "key notices", include_str!("migrations/0014_key_notices.sql")),
    (15, "letters counted", include_str!("migrations/0015_letters_counted.sql")),
];

/// The newest schema that this program knows.
pub const NEWEST: i64 = match STEPS.last() {
    Some((newest, ..)) => *newest,
    None => 0,
};

/// Longest wait for the whole of it; building an index over a large table takes its time.
const LONGEST: Duration = Duration::from_secs(600);

/// One step of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub version: i64,
    /// What it brings.
    pub title: String,
    /// Whether it was taken.
    pub applied: bool,
}

/// Every step, known here or only to the store (taken by a newer program).
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn migrations(store: &Store) -> Result<Vec<Step>> {
    let taken = taken(store).await?;
    let mut steps: Vec<Step> = STEPS
        .iter()
        .map(|(version, title, _)| Step {
            version: *version,
            title: (*title).to_owned(),
            applied: taken.contains(version),
        })
        .collect();
    for version in taken.into_iter().filter(|version| *version > NEWEST) {
        steps.push(Step { version, title: "of a newer program".to_owned(), applied: true });
    }
    Ok(steps)
}

/// Takes every step up to `target` that was not taken yet; processes that start together take turns.
///
/// # Errors
/// [`StoreError::Schema`] when a taken step was altered or the store is too new for this program.
pub async fn apply(store: &Store, target: i64) -> Result<()> {
    let taken = taken(store).await?;
    refuse_newer(store, &taken).await?;
    if STEPS.iter().all(|(version, ..)| *version > target || taken.contains(version)) {
        return Ok(());
    }
    let mut migrator = Migrator::with_migrations(STEPS.iter().map(step).collect());
    migrator.set_ignore_missing(true);
    match tokio::time::timeout(LONGEST, run(store, &migrator, target)).await {
        Ok(done) => done,
        Err(_) => Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut)),
    }
}

async fn run(store: &Store, migrator: &Migrator, target: i64) -> Result<()> {
    match store {
        Store::Sqlite { write, .. } => {
            let _turn = turn(write.connect_options().get_filename().with_extension("migrating")).await?;
            Ok(migrator.run_to(target, write).await?)
        }
        Store::Postgres { pool, .. } => {
            let patient = open::patient(pool).await?;
            let done = migrator.run_to(target, &patient).await;
            // Its end also frees the lock by which nodes that start together take turns.
            patient.close().await;
            Ok(done?)
        }
    }
}

fn step((version, title, sql): &(i64, &'static str, &'static str)) -> Migration {
    Migration::new(*version, (*title).into(), MigrationType::Simple, (*sql).into_sql_str(), false)
}

/// Waits until no other process migrates the same file. The file beside it is left: removing it would let
/// two processes hold locks on two files of one name.
async fn turn(path: PathBuf) -> Result<File> {
    let wait = tokio::task::spawn_blocking(move || {
        let file = File::options().create(true).append(true).mode(0o600).open(path)?;
        file.lock()?;
        Ok(file)
    });
    let held = wait.await.unwrap_or_else(|crashed| Err(std::io::Error::other(crashed)));
    held.map_err(|error| StoreError::Unusable(sqlx::Error::Io(error)))
}

/// Versions taken so far; none in a new database.
async fn taken(store: &Store) -> Result<Vec<i64>> {
    const SQL: &str = "SELECT version FROM _sqlx_migrations ORDER BY version";
    match on!(read store, db => sqlx::query_scalar::<_, i64>(SQL).fetch_all(db)) {
        Err(StoreError::Unavailable(sqlx::Error::Database(error))) if is_no_table(error.as_ref()) => {
            Ok(Vec::new())
        }
        answer => answer,
    }
}

fn is_no_table(error: &dyn DatabaseError) -> bool {
    error.code().is_some_and(|code| code == "42P01") || error.message().starts_with("no such table")
}

/// A newer program may have ended what this one relies on.
async fn refuse_newer(store: &Store, taken: &[i64]) -> Result<()> {
    if taken.last().is_none_or(|newest| *newest <= NEWEST) {
        return Ok(());
    }
    const SQL: &str = "SELECT readable_from FROM counter";
    let from = on!(read store, db => sqlx::query_scalar::<_, i64>(SQL).fetch_one(db))?;
    if from > NEWEST {
        return Err(StoreError::Schema(Box::new(MigrateError::VersionTooNew(from, NEWEST))));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_numbered_without_gaps() {
        for (at, (version, ..)) in (1_i64..).zip(&STEPS) {
            assert_eq!(at, *version);
        }
    }
}

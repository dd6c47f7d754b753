//! Copies of the whole store in one SQLite file, whatever the store runs on: taken from one consistent
//! view while the gate serves, put back in one transaction after which every node forgets everything.

mod copy;

use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, SqlitePool};

use self::copy::Origin;
pub use self::copy::TABLES;
use super::audit::Verdict;
use super::tx::{Inner, Tx};
use super::{Result, Store, StoreError, audit, changes, open, word};
use crate::config::StoreConfig;
use crate::model::audit::AuditEntry;
use crate::model::change::{Change, Seq};
use crate::secret::token;
use crate::time::Timestamp;

/// Writes a copy of the store to a new file, readable by its owner only.
///
/// # Errors
/// [`StoreError::Unusable`] when the file exists or cannot be written, [`StoreError::Unavailable`].
pub async fn save(store: &Store, file: &Path) -> Result<()> {
    new_file(file).map(drop).map_err(unusable)?;
    let done = match store {
        Store::Sqlite { read, .. } => vacuum_into(read, file).await,
        Store::Postgres { pool, .. } => {
            let source = open::patient(pool).await?;
            let copied = save_rows(&source, file).await;
            source.close().await;
            copied
        }
    };
    match done {
        Ok(()) => sync(file).map_err(unusable),
        Err(error) => {
            // What is left of it would look like a copy.
            let _ = std::fs::remove_file(file);
            Err(error)
        }
    }
}

/// SQLite copies itself from one read transaction; writers go on meanwhile.
async fn vacuum_into(read: &SqlitePool, file: &Path) -> Result<()> {
    let name = word("backup", file.to_str())?;
    let mut connection = read.acquire().await?;
    sqlx::query("PRAGMA query_only = 0").execute(&mut *connection).await?;
    let done = sqlx::query("VACUUM INTO $1").bind(name).execute(&mut *connection).await;
    sqlx::query("PRAGMA query_only = 1").execute(&mut *connection).await?;
    done.map(drop).map_err(unusable_query)
}

async fn save_rows(source: &sqlx::PgPool, file: &Path) -> Result<()> {
    let mut view = source.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let target = open::open(&StoreConfig::Sqlite(file.to_owned())).await?;
    let mut tx = target.begin().await?;
    let origin = &mut Origin::Postgres(&mut view);
    copy::all(origin, &mut tx).await?;
    copy::counter(origin, &mut tx, None).await?;
    tx.commit_as_is().await?;
    alone(&target).await?;
    target.close().await;
    std::fs::remove_file(file.with_extension("migrating")).map_err(unusable)
}

/// Leaves no file beside the copy that would have to be kept with it.
async fn alone(target: &Store) -> Result<()> {
    if let Store::Sqlite { read, write, watch, .. } = target {
        read.close().await;
        watch.close().await;
        sqlx::query("PRAGMA journal_mode = DELETE").execute(write).await?;
    }
    Ok(())
}

/// A copy, opened and checked. The file itself is not touched: this works on a second copy, brought up to
/// date, that goes away with it.
pub struct Saved {
    store: Store,
    _folder: Folder,
}

impl Saved {
    /// Opens a copy.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when it cannot be read or is damaged, [`StoreError::Schema`] when a newer
    /// program made it.
    pub async fn open(file: &Path) -> Result<Self> {
        let name = format!("portcullis-restoring-{}", changes::hex(&token::random::<16>()));
        let folder = Folder::new(std::env::temp_dir().join(name)).map_err(unusable)?;
        let working = folder.0.join("copy.db");
        copy_file(file, &working).map_err(unusable)?;
        let saved = Self { store: open::open(&StoreConfig::Sqlite(working)).await?, _folder: folder };
        saved.check().await?;
        Ok(saved)
    }

    async fn check(&self) -> Result<()> {
        let Store::Sqlite { read, .. } = &self.store else { return Ok(()) };
        let sound: String = sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(read).await?;
        if sound == "ok" { Ok(()) } else { Err(StoreError::Corrupt { column: "the file of the copy" }) }
    }

    /// What is in the copy.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Whether the audit chain of the copy holds.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn verify(&self) -> Result<Verdict> {
        audit::verify(&self.store).await
    }

    /// Puts everything in the copy in the place of everything in a store, in one transaction. Safe while
    /// gates serve from it: they forget all they know at once. The change log goes on counting, so that
    /// none of them can mistake the new state for one it has seen.
    ///
    /// # Errors
    /// Nothing was changed, but for the doubt that [`Tx::commit`] leaves.
    pub async fn replace(&self, target: &Store, entry: AuditEntry, now: Timestamp) -> Result<Seq> {
        let Store::Sqlite { read, .. } = &self.store else {
            return Err(StoreError::Corrupt { column: "the file of the copy" });
        };
        let mut source = read.acquire().await?;
        let mut tx = target.begin().await?;
        patient_transaction(&mut tx).await?;
        for table in TABLES.iter().rev() {
            execute(&mut tx, format!("DELETE FROM {table}")).await?;
        }
        let live = changes::hold_counter(&mut tx).await?.seq;
        let origin = &mut Origin::Sqlite(&mut source);
        copy::all(origin, &mut tx).await?;
        copy::counter(origin, &mut tx, Some(live)).await?;
        tx.change(Change::Everything);
        tx.audit(entry);
        tx.commit(now).await
    }

    /// Ends the work with the copy.
    pub async fn close(self) {
        self.store.close().await;
    }
}

/// A folder that only its owner may look into; it goes with everything in it.
struct Folder(PathBuf);

impl Folder {
    fn new(path: PathBuf) -> std::io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A whole store may take longer to write than a single statement is allowed.
async fn patient_transaction(tx: &mut Tx) -> Result<()> {
    if let Inner::Postgres(held) = tx.inner() {
        let sql = "SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true)";
        sqlx::query(sql).execute(&mut **held).await?;
    }
    Ok(())
}

async fn execute(tx: &mut Tx, sql: String) -> Result<()> {
    tx.touch();
    match tx.inner() {
        Inner::Sqlite(held) => sqlx::query(AssertSqlSafe(sql)).execute(&mut **held).await.map(drop)?,
        Inner::Postgres(held) => sqlx::query(AssertSqlSafe(sql)).execute(&mut **held).await.map(drop)?,
    }
    Ok(())
}

fn new_file(file: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)
}

/// Content only: the mode of the original is its own matter.
fn copy_file(from: &Path, to: &Path) -> std::io::Result<()> {
    std::io::copy(&mut std::fs::File::open(from)?, &mut new_file(to)?).map(drop)
}

/// The copy and the name it is found by, both on the disk before success is told.
fn sync(file: &Path) -> std::io::Result<()> {
    std::fs::File::open(file)?.sync_all()?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

const fn unusable(error: std::io::Error) -> StoreError {
    StoreError::Unusable(sqlx::Error::Io(error))
}

const fn unusable_query(error: sqlx::Error) -> StoreError {
    StoreError::Unusable(error)
}

//! Databases of their own for tests: an SQLite file, and a PostgreSQL schema when
//! `PORTCULLIS_TEST_POSTGRES` holds the URL of a server.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use portcullis::config::StoreConfig;
use portcullis::secret::Secret;
use portcullis::store::{self, Store};
use portcullis::time::Timestamp;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A moment that tests begin at.
pub(crate) const NOON: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// A database that nobody else uses. The folder goes when it is dropped.
pub(crate) struct Ground {
    pub(crate) config: StoreConfig,
    pub(crate) folder: PathBuf,
}

impl Ground {
    /// A new SQLite file in a folder of its own.
    pub(crate) fn sqlite() -> Self {
        let folder = folder();
        Self { config: StoreConfig::Sqlite(folder.join("portcullis.db")), folder }
    }

    /// A new PostgreSQL schema, when there is a server.
    #[expect(clippy::disallowed_methods, reason = "tests learn from the environment where the server is")]
    pub(crate) async fn postgres() -> Option<Self> {
        let url = std::env::var("PORTCULLIS_TEST_POSTGRES").ok()?;
        let folder = folder();
        let schema = folder.file_name().unwrap().to_str().unwrap().replace('-', "_");
        let pool = sqlx::PgPool::connect(&url).await.expect("PORTCULLIS_TEST_POSTGRES names a server");
        let make = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        sqlx::raw_sql(make).execute(&pool).await.unwrap();
        pool.close().await;
        let mark = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{mark}options[search_path]={schema}");
        Some(Self { config: StoreConfig::Postgres(Arc::new(Secret::new(url))), folder })
    }

    /// Every kind of database that there is here.
    pub(crate) async fn all() -> Vec<Self> {
        let mut all = vec![Self::sqlite()];
        all.extend(Self::postgres().await);
        all
    }

    /// Opens it, schema and all.
    pub(crate) async fn open(&self) -> Store {
        store::open(&self.config).await.unwrap()
    }

    /// Runs a statement behind the store's back.
    pub(crate) async fn execute(&self, sql: &'static str) {
        match store::connect(&self.config).await.unwrap() {
            Store::Sqlite { write, .. } => sqlx::raw_sql(sql).execute(&write).await.map(drop),
            Store::Postgres { pool, .. } => sqlx::raw_sql(sql).execute(&pool).await.map(drop),
        }
        .unwrap();
    }
}

fn folder() -> PathBuf {
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let folder = std::env::temp_dir().join(format!("portcullis-store-{}-{number}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

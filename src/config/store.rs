//! `data`, `[store]`, `[keyring]`, `[control]` and `[audit]`: what lies on disk and for how long, and the secret
//! URL of a database.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::StoreConfig;
use super::file;
use super::listen::socket_path;
use super::notes::Notes;
use crate::secret::Secret;

/// The data directory.
pub(super) fn data(written: &file::File, notes: &mut Notes<'_>) -> PathBuf {
    notes.path("data", &written.data)
}

/// Reads `[store]`.
pub(super) fn store(written: &file::Store, data: &Path, notes: &mut Notes<'_>) -> StoreConfig {
    match (&written.url, &written.url_file) {
        (Some(url), None) => postgres("store.url", url.clone(), notes),
        (None, Some(file)) => match notes.secret_file("store.url_file", file) {
            Some(url) => postgres("store.url_file", url, notes),
            None => StoreConfig::Sqlite(data.to_path_buf()),
        },
        (Some(_), Some(_)) => {
            notes.error("store.url_file", "`store.url` is given twice", "keep either `url` or `url_file`");
            StoreConfig::Sqlite(data.to_path_buf())
        }
        (None, None) => StoreConfig::Sqlite(beside("store.sqlite", &written.sqlite, data, notes)),
    }
}

/// The problem never repeats the URL: it may hold a password.
fn postgres(key: &str, url: String, notes: &mut Notes<'_>) -> StoreConfig {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
    if rest.is_none_or(str::is_empty) {
        let mend = "write postgres://USER:PASSWORD@HOST/DATABASE; for SQLite use `store.sqlite`";
        notes.error(key, format!("`{key}` does not hold the URL of a PostgreSQL database"), mend);
    }
    StoreConfig::Postgres(Arc::new(Secret::new(url)))
}

/// The keyring file.
pub(super) fn keyring(written: &file::Keyring, data: &Path, notes: &mut Notes<'_>) -> PathBuf {
    beside("keyring.file", &written.file, data, notes)
}

/// How long the audit trail reaches back.
pub(super) fn audit_retention(written: &file::Audit, notes: &mut Notes<'_>) -> Option<Duration> {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let kept = notes.positive_or_none("audit.retention", &written.retention);
    if kept.is_some_and(|kept| !kept.is_zero() && kept < DAY) {
        let what = "`audit.retention` is shorter than a day";
        notes.error("audit.retention", what, "write at least \"1d\", or \"none\" to keep everything");
    }
    kept
}

/// The control socket.
pub(super) fn control(written: &file::Control, data: &Path, notes: &mut Notes<'_>) -> PathBuf {
    socket_path("control.socket", &data.join(&written.socket).to_string_lossy(), notes)
}

fn beside(key: &str, written: &str, data: &Path, notes: &mut Notes<'_>) -> PathBuf {
    if written.is_empty() {
        notes.error(key, format!("`{key}` is empty"), "write the name of a file");
    }
    data.join(written)
}

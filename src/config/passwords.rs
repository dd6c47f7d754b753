//! `[password]`: what people may choose.

use std::sync::Arc;

use super::Passwords;
use super::file;
use super::notes::Notes;
use crate::secret::breached::{HashFile, HashFileError};

/// Reads `[password]`.
pub(super) fn passwords(written: &file::Password, notes: &mut Notes<'_>) -> Passwords {
    Passwords { breached: written.breached.as_deref().and_then(|written| breached(written, notes)) }
}

/// Opens the list and looks at samples of it; the running gate keeps it open.
fn breached(written: &str, notes: &mut Notes<'_>) -> Option<Arc<HashFile>> {
    const KEY: &str = "password.breached";
    let path = notes.file(KEY, written);
    if !notes.looks() {
        return None;
    }
    match HashFile::open(&path) {
        Ok(list) => Some(list.into()),
        Err(error) => {
            let mend = match error {
                HashFileError::Unreadable(_) | HashFileError::Empty => {
                    "name the file that was downloaded, readable by the gate"
                }
                HashFileError::Form(_) => "take the list of SHA-1 hashes as text, one `HASH:count` a line",
                HashFileError::Order(_) => "take the list that is ordered by hash, or sort it: LC_ALL=C sort",
            };
            notes.error(KEY, format!("`{KEY}` {error}: {}", path.display()), mend);
            None
        }
    }
}

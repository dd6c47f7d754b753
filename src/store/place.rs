//! The place of an SQLite file. A process keeps a file that was moved, deleted or replaced, and would go on
//! believing what nobody else reads and writing what nobody will find.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{Result, StoreError};

/// Where the file was when it was opened, and which file that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Place {
    /// Of the file that is there now.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let found = std::fs::metadata(path)?;
        Ok(Self { path: path.to_owned(), device: found.dev(), inode: found.ino() })
    }

    /// Whether the same file is still there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], when another one is, or none.
    pub(super) fn holds(&self) -> Result<()> {
        let unavailable = |error| StoreError::Unavailable(sqlx::Error::Io(error));
        let now = Self::of(&self.path).map_err(unavailable)?;
        if now == *self {
            return Ok(());
        }
        Err(unavailable(io::Error::other("the database file was replaced; the gate has to be started anew")))
    }
}

//! Watches files by looking: a change of size, time or identity counts. Files that are renamed into place,
//! links of Kubernetes' volumes included, are noticed as well as files written over.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// What a file looked like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    device: u64,
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

/// What a set of files looked like.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Looks(HashMap<PathBuf, Option<Look>>);

impl Looks {
    /// How `files` look now; a missing one is remembered as missing.
    pub fn of(files: impl IntoIterator<Item = PathBuf>) -> Self {
        let look = |path: &PathBuf| {
            let found = fs::metadata(path).ok()?;
            let changed = (found.mtime(), found.mtime_nsec());
            Some(Look { device: found.dev(), inode: found.ino(), length: found.len(), changed })
        };
        Self(
            files
                .into_iter()
                .map(|path| {
                    let seen = look(&path);
                    (path, seen)
                })
                .collect(),
        )
    }
}

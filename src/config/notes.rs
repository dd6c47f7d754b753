//! Carried through the section files: collects problems, and reads texts that take part in many sections
//! (durations, sizes, quotas, paths), so that each says the same about the same mistake.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::problem::{Place, Problem, Severity};
use super::shape::nearest;
use super::text;
use super::tree::Tree;
use crate::model::quota::Quota;

/// Whether files that the configuration names are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disk {
    Look,
    Blind,
}

/// The collector.
pub(super) struct Notes<'a> {
    pub(super) tree: &'a Tree,
    pub(super) problems: Vec<Problem>,
    /// Files that were named; a change of theirs is a change of the configuration.
    pub(super) watched: Vec<PathBuf>,
    base: PathBuf,
    disk: Disk,
}

impl<'a> Notes<'a> {
    pub(super) fn new(tree: &'a Tree, base: &Path, disk: Disk) -> Self {
        Self { tree, problems: Vec::new(), watched: Vec::new(), base: base.to_path_buf(), disk }
    }

    /// Notes an error about the value of a key; the first one about a key is kept.
    pub(super) fn error(&mut self, key: &str, what: impl Into<String>, mend: impl Into<String>) {
        let place = self.tree.place(key);
        self.push(Severity::Error, key, place, (what.into(), mend.into()));
    }

    /// Notes an error about a key that should not be there.
    pub(super) fn error_at_key(&mut self, key: &str, what: impl Into<String>, mend: impl Into<String>) {
        let place = self.tree.place_of_key(key);
        self.push(Severity::Error, key, place, (what.into(), mend.into()));
    }

    /// Notes something that somebody should look at.
    pub(super) fn warning(&mut self, key: &str, what: impl Into<String>, mend: impl Into<String>) {
        let place = self.tree.place(key);
        self.push(Severity::Warning, key, place, (what.into(), mend.into()));
    }

    fn push(&mut self, severity: Severity, key: &str, place: Place, (what, mend): (String, String)) {
        let known = |other: &Problem| other.key == key && other.severity == severity;
        if !self.problems.iter().any(known) {
            self.problems.push(Problem { severity, key: key.to_owned(), place, what, mend });
        }
    }

    /// Notes a name that is not defined, with the nearest one that is.
    pub(super) fn unknown(&mut self, key: &str, (noun, name): (&str, &str), known: &[&str]) {
        let mend = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("define it, or write one of: {}", known.join(", ")),
        };
        self.error(key, format!("there is no {noun} \"{name}\""), mend);
    }

    /// A duration, zero included.
    pub(super) fn duration(&mut self, key: &str, written: &str) -> Duration {
        text::duration(written).unwrap_or_else(|| {
            self.error(key, format!("`{key}` is not a duration: \"{written}\""), text::DURATION);
            Duration::ZERO
        })
    }

    /// A duration longer than nothing.
    pub(super) fn positive(&mut self, key: &str, written: &str) -> Duration {
        let duration = self.duration(key, written);
        if duration.is_zero() {
            self.error(key, format!("`{key}` must be longer than nothing"), text::DURATION);
        }
        duration
    }

    /// A duration longer than nothing, or "none".
    pub(super) fn positive_or_none(&mut self, key: &str, written: &str) -> Option<Duration> {
        (written != "none").then(|| self.positive(key, written))
    }

    /// A size in bytes.
    pub(super) fn size(&mut self, key: &str, written: &str) -> u64 {
        text::size(written).unwrap_or_else(|| {
            self.error(key, format!("`{key}` is not a size: \"{written}\""), text::SIZE);
            0
        })
    }

    /// A size in bytes, or "none".
    pub(super) fn size_or_none(&mut self, key: &str, written: &str) -> Option<u64> {
        (written != "none").then(|| self.size(key, written))
    }

    /// A quota, or "none".
    pub(super) fn quota_or_none(&mut self, key: &str, written: &str) -> Option<Quota> {
        (written != "none").then(|| self.quota(key, written)).flatten()
    }

    /// A quota; nothing when it cannot be read, which has then been noted.
    pub(super) fn quota(&mut self, key: &str, written: &str) -> Option<Quota> {
        let quota = text::quota(written);
        if quota.is_none() {
            self.error(key, format!("`{key}` is not a quota: \"{written}\""), text::QUOTA);
        }
        quota
    }

    /// A number that must not be zero.
    pub(super) fn at_least_one(&mut self, key: &str, written: u32) -> u32 {
        if written == 0 {
            self.error(key, format!("`{key}` must be at least 1"), "write 1 or more");
        }
        written
    }

    /// A path, relative to the directory of the file.
    pub(super) fn path(&mut self, key: &str, written: &str) -> PathBuf {
        if written.is_empty() || written.contains('\0') {
            self.error(key, format!("`{key}` is not a path"), "write the path of a file or directory");
        }
        self.base.join(written)
    }

    /// A file that must be readable now and is watched from now on.
    pub(super) fn file(&mut self, key: &str, written: &str) -> PathBuf {
        let path = self.path(key, written);
        if self.disk == Disk::Look
            && let Err(error) = text::open(&path)
        {
            let what = format!("`{key}` cannot be read: {}: {error}", path.display());
            self.error(key, what, "name a file that the gate may read; paths begin at this file's directory");
        }
        self.watched.push(path.clone());
        path
    }

    /// Whether files are looked at.
    pub(super) fn looks(&self) -> bool {
        self.disk == Disk::Look
    }

    /// The first line of a file that holds a secret.
    pub(super) fn secret_file(&mut self, key: &str, written: &str) -> Option<String> {
        let path = self.path(key, written);
        self.watched.push(path.clone());
        if self.disk == Disk::Blind {
            return None;
        }
        match text::first_line(&path) {
            Ok(line) => Some(line),
            Err(error) => {
                let what = format!("`{key}` cannot be read: {}: {error}", path.display());
                self.error(key, what, "name a file whose first line is the secret, readable by the gate");
                None
            }
        }
    }
}

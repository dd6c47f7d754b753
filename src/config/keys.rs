//! `[session]`, `[first_administrator]`, `[key]`, `[failures]` and `[hashing]`: credentials, how long they last and what guessing costs.

use std::fmt::Display;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::file;
use super::limits::per_core;
use super::notes::Notes;
use super::{Failures, FirstAdministrator, Hashing, Keys, Sessions};
use crate::model::quota::Quota;
use crate::secret::Secret;
use crate::secret::password::is_strong;

/// A node cut off from the store must not go on for ever.
const LONGEST_GRACE: Duration = Duration::from_secs(3600);
/// More than 1 GiB per hash is a slip of the pen.
const MOST_MEMORY_KIB: u64 = 1 << 20;

/// Reads `[session]`.
pub(super) fn sessions(written: &file::Session, notes: &mut Notes<'_>) -> Sessions {
    let sessions = Sessions {
        idle: notes.positive("session.idle", &written.idle),
        absolute: notes.positive("session.absolute", &written.absolute),
        remembered_idle: notes.positive("session.remembered_idle", &written.remembered_idle),
        remembered_absolute: notes.positive("session.remembered_absolute", &written.remembered_absolute),
        store_grace: notes.duration("session.store_grace", &written.store_grace),
    };
    let pairs = [
        ("session.idle", sessions.idle, sessions.absolute),
        ("session.remembered_idle", sessions.remembered_idle, sessions.remembered_absolute),
    ];
    for (key, idle, absolute) in pairs {
        if idle > absolute {
            let what = format!("`{key}` is longer than the longest life of such a session");
            notes.error(key, what, "lower it, or raise the longest life");
        }
    }
    if sessions.store_grace > LONGEST_GRACE {
        let what = "`session.store_grace` is longer than an hour";
        notes.error("session.store_grace", what, "write at most \"1h\": revocations are not seen meanwhile");
    }
    sessions
}

/// Reads `[first_administrator]`.
pub(super) fn first_administrator(
    written: &file::FirstAdministrator,
    notes: &mut Notes<'_>,
) -> Option<FirstAdministrator> {
    let file::FirstAdministrator { user_name, email, password, password_file } = written;
    if *written == file::FirstAdministrator::default() {
        return None;
    }
    let user_name = user_name.as_deref().map(|name| read("first_administrator.user_name", name, notes));
    let email = email.as_deref().map(|email| read("first_administrator.email", email, notes));
    let password = match (password, password_file) {
        (Some(password), None) => Some(password.clone()),
        (None, Some(file)) => notes.secret_file("first_administrator.password_file", file),
        (Some(_), Some(_)) => {
            let what = "`first_administrator.password` is given twice";
            notes.error("first_administrator.password_file", what, "keep either of the two");
            None
        }
        (None, None) => {
            let mend = "name a file with `password_file`";
            notes.error("first_administrator", "`first_administrator` has no password", mend);
            None
        }
    };
    let Some(user_name) = user_name else {
        let what = "`first_administrator` has no user name";
        notes.error("first_administrator", what, "write `user_name`");
        return None;
    };
    let password = Arc::new(Secret::new(password?));
    Some(FirstAdministrator { user_name: user_name?, email: email.flatten(), password })
}

/// Reads a name or an address.
fn read<T: FromStr<Err: Display>>(key: &str, text: &str, notes: &mut Notes<'_>) -> Option<T> {
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            notes.error(key, format!("`{key}` {error}"), "correct it, or leave the table out");
            None
        }
    }
}

/// Reads `[key]`.
pub(super) fn keys(written: &file::Key, notes: &mut Notes<'_>) -> Keys {
    let default_lifetime = notes.positive_or_none("key.default_lifetime", &written.default_lifetime);
    let longest_lifetime = notes.positive_or_none("key.longest_lifetime", &written.longest_lifetime);
    let too_long =
        longest_lifetime.is_some_and(|longest| default_lifetime.is_none_or(|usual| usual > longest));
    if too_long {
        let what = "`key.default_lifetime` is longer than `key.longest_lifetime`";
        notes.error("key.default_lifetime", what, "lower it, or raise the longest lifetime");
    }
    let cache_entries = notes.at_least_one("key.cache_entries", written.cache_entries).into();
    Keys { default_lifetime, longest_lifetime, cache_entries }
}

/// Reads `[failures]`.
pub(super) fn failures(written: &file::Failures, notes: &mut Notes<'_>) -> Failures {
    let unread = Quota { amount: NonZeroU32::MIN, per: Duration::from_secs(60) };
    Failures {
        per_source: notes.quota("failures.per_source", &written.per_source).unwrap_or(unread),
        per_subject: notes.quota("failures.per_subject", &written.per_subject).unwrap_or(unread),
    }
}

/// Reads `[hashing]`.
pub(super) fn hashing(written: &file::Hashing, notes: &mut Notes<'_>) -> Hashing {
    let memory_kib = notes.size("hashing.memory", &written.memory) / 1024;
    if memory_kib > MOST_MEMORY_KIB {
        let what = format!("`hashing.memory` must be at most 1GiB, not {}", written.memory);
        notes.error("hashing.memory", what, "write a size such as \"19MiB\"");
    }
    let memory_kib = u32::try_from(memory_kib).unwrap_or_default();
    if !is_strong(memory_kib, written.passes.into()) {
        let what = format!(
            "passwords hashed with {} and {} passes are too easy to guess",
            written.memory, written.passes
        );
        let mend = "write \"19MiB\" and 2 passes, \"12MiB\" and 3, or \"46MiB\" and 1, or more";
        notes.error("hashing.memory", what, mend);
    }
    Hashing {
        memory_kib,
        passes: notes.at_least_one("hashing.passes", written.passes.into()),
        at_once: per_core(written.at_once),
        waiting: usize::from(written.waiting),
    }
}

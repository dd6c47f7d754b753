//! Renewing a part of the keyring. The file is locked while it is changed, so that two commands at
//! once make two rotations and not one half of each.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::file::{self, Written, WrittenKey, WrittenSigningKey};
use super::{Keyring, KeyringError, PEPPER, SEALING, SIGNING};

/// What is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Digests made from now on use a new pepper; earlier ones stay for the digests they made.
    Pepper,
    /// Values sealed from now on use a new key; earlier ones stay for the values they sealed.
    Sealing,
    /// The next key begins to sign, the current one becomes the previous, a new next one is made.
    Signing,
}

impl Part {
    /// The word in fingerprints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pepper => PEPPER,
            Self::Sealing => SEALING,
            Self::Signing => SIGNING,
        }
    }
}

/// Whether to wait until apps can know the next signing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Haste {
    /// Refuse when the next key was published less than ten minutes ago.
    Orderly,
    /// Do it at once: the current key leaked.
    AtOnce,
}

/// How long apps may keep our key set without looking again.
const PUBLISHED_FOR: Duration = Duration::from_secs(600);

pub(super) fn rotate(path: &Path, part: Part, haste: Haste, now: Timestamp) -> Result<Keyring, KeyringError> {
    let lock = file::lock(path)?;
    let mut written = file::read(path)?;
    let refuse = |what| file::malformed(path, what, 0);
    match part {
        Part::Pepper => renew(&mut written.peppers, PEPPER, now).map_err(refuse)?,
        Part::Sealing => renew(&mut written.sealing, SEALING, now).map_err(refuse)?,
        Part::Signing => {
            let age = now.duration_since(written.signing.next.made_at);
            if haste == Haste::Orderly && age.unsigned_abs() < PUBLISHED_FOR {
                return Err(KeyringError::TooSoon { path: path.to_owned() });
            }
            advance(&mut written, now).map_err(refuse)?;
        }
    }
    let ring = Keyring::from_written(path, &written)?;
    file::replace(path, &written)?;
    drop(lock);
    Ok(ring)
}

fn renew(keys: &mut Vec<WrittenKey>, part: &'static str, now: Timestamp) -> Result<(), &'static str> {
    let newest = keys.iter().map(|key| key.version).max().unwrap_or(0);
    let version = newest.checked_add(1).ok_or("there are too many versions of a key")?;
    keys.insert(0, WrittenKey::fresh(part, version, now));
    Ok(())
}

fn advance(written: &mut Written, now: Timestamp) -> Result<(), &'static str> {
    let fresh = WrittenSigningKey::fresh(now)?;
    let signing = &mut written.signing;
    let promoted = std::mem::replace(&mut signing.next, fresh);
    signing.previous = Some(std::mem::replace(&mut signing.current, promoted));
    Ok(())
}

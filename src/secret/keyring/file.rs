//! The keyring as written: JSON, because a JSON text that was cut off anywhere cannot be read.
//! Written under a passing name, synced and moved into place; read only when nobody else may.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::material::Material;
use super::signing::SigningKey;
use super::{Fingerprint, KeyringError, PEPPER, SEALING};
use crate::secret::Secret;
use crate::secret::token::{random, sha256};

const FORMAT: u32 = 1;
const ABOUT: &str = "Portcullis keyring. Keep it secret, back it up beside the data, change it with \
                     `portcullis keyring rotate` only.";
/// Far more than any keyring: a longer file is something else.
const LONGEST: u64 = 1 << 20;

/// The whole file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    about: String,
    format: u32,
    /// Current first.
    pub(super) peppers: Vec<WrittenKey>,
    /// Current first.
    pub(super) sealing: Vec<WrittenKey>,
    pub(super) signing: WrittenSigning,
}

/// A versioned key of 32 bytes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenKey {
    pub(super) version: u32,
    pub(super) made_at: Timestamp,
    fingerprint: String,
    pub(super) key: Material<[u8; 32]>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenSigning {
    pub(super) next: WrittenSigningKey,
    pub(super) current: WrittenSigningKey,
    pub(super) previous: Option<WrittenSigningKey>,
}

/// A signing key as PKCS#8.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenSigningKey {
    pub(super) kid: String,
    pub(super) made_at: Timestamp,
    pub(super) key: Material<Vec<u8>>,
}

impl Written {
    pub(super) fn fresh(now: Timestamp) -> Result<Self, &'static str> {
        Ok(Self {
            about: ABOUT.to_owned(),
            format: FORMAT,
            peppers: vec![WrittenKey::fresh(PEPPER, 1, now)],
            sealing: vec![WrittenKey::fresh(SEALING, 1, now)],
            signing: WrittenSigning {
                next: WrittenSigningKey::fresh(now)?,
                current: WrittenSigningKey::fresh(now)?,
                previous: None,
            },
        })
    }
}

impl WrittenKey {
    pub(super) fn fresh(part: &'static str, version: u32, now: Timestamp) -> Self {
        let key = Material::new(random());
        let fingerprint = print(part, version, key.bytes());
        Self { version, made_at: now, fingerprint, key }
    }

    /// The fingerprint, when it is the key's own.
    pub(super) fn checked_print(&self, part: &'static str) -> Result<Fingerprint, &'static str> {
        let print = print(part, self.version, self.key.bytes());
        if self.version == 0 || print != self.fingerprint {
            return Err("a key does not match its fingerprint");
        }
        Ok(Fingerprint { part, version: self.version, print, made_at: self.made_at })
    }
}

impl WrittenSigningKey {
    pub(super) fn fresh(now: Timestamp) -> Result<Self, &'static str> {
        let (key, kid) = SigningKey::generate().ok_or("no signing key could be made")?;
        Ok(Self { kid, made_at: now, key: Material::from_secret(key) })
    }
}

/// The first 64 bits of a digest of the key under its name: tells keys apart and reveals nothing.
fn print(part: &str, version: u32, key: &Secret<[u8; 32]>) -> String {
    let mut text = Secret::new(format!("portcullis {part} {version} ").into_bytes());
    text.edit(|bytes| bytes.extend_from_slice(key.expose()));
    sha256(text.expose()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn malformed(path: &Path, what: &'static str, line: usize) -> KeyringError {
    KeyringError::Malformed { path: path.to_owned(), what, line }
}

pub(super) fn read(path: &Path) -> Result<Written, KeyringError> {
    let mut file = open(path)?;
    let unreadable = |source| KeyringError::File { path: path.to_owned(), verb: "read", source };
    let about = file.metadata().map_err(unreadable)?;
    let mode = about.permissions().mode() & 0o7777;
    if !about.is_file() || about.len() > LONGEST {
        return Err(malformed(path, "this is not a keyring", 0));
    }
    if mode & 0o077 != 0 {
        return Err(KeyringError::Mode { path: path.to_owned(), mode });
    }
    let mut bytes = Secret::new(Vec::with_capacity(about.len() as usize + 1));
    bytes.edit(|bytes| file.read_to_end(bytes)).map_err(unreadable)?;
    // Only the line of a syntax error is told: the library's own message may quote a key.
    let written: Written = serde_json::from_slice(bytes.expose())
        .map_err(|error| malformed(path, describe(&error), error.line()))?;
    match written.format {
        FORMAT => Ok(written),
        _ => Err(malformed(path, "its format is not known to this version of the program", 0)),
    }
}

fn describe(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Eof => "the file is cut off",
        serde_json::error::Category::Syntax => "the file is not JSON",
        _ => "a field is missing, unknown or wrong",
    }
}

/// Writes a keyring where there is none. One made by another process in the same moment is kept.
pub(super) fn create(path: &Path, written: &Written) -> Result<(), KeyringError> {
    place(path, written, |passing| match fs::hard_link(passing, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    })
}

/// Writes a keyring over the one there is.
pub(super) fn replace(path: &Path, written: &Written) -> Result<(), KeyringError> {
    // A keyring may be reached through a link (secrets mounted by an orchestrator): replace its target.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    place(&target, written, |passing| fs::rename(passing, &target))
}

fn place(
    path: &Path,
    written: &Written,
    settle: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), KeyringError> {
    let refused = |source| KeyringError::File { path: path.to_owned(), verb: "written", source };
    let home = match path.parent() {
        Some(home) if !home.as_os_str().is_empty() => home,
        _ => Path::new("."),
    };
    DirBuilder::new().recursive(true).mode(0o700).create(home).map_err(refused)?;
    let text = serde_json::to_vec_pretty(written).map(Secret::new);
    let text = text.map_err(|error| refused(io::Error::from(error)))?;
    let passing = passing_name(home);
    let done = write_synced(&passing, text.expose())
        .and_then(|()| settle(&passing))
        .and_then(|()| File::open(home)?.sync_all());
    match fs::remove_file(&passing) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(refused(error)),
        _ => {}
    }
    done.map_err(refused)
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn passing_name(home: &Path) -> PathBuf {
    home.join(format!(".keyring-{:016x}.tmp", u64::from_ne_bytes(random())))
}

fn open(path: &Path) -> Result<File, KeyringError> {
    File::open(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => KeyringError::Missing { path: path.to_owned() },
        _ => KeyringError::File { path: path.to_owned(), verb: "read", source },
    })
}

/// Waits until nobody else changes the keyring. The lock ends when the value is dropped.
pub(super) fn lock(path: &Path) -> Result<File, KeyringError> {
    let refused = |source| KeyringError::File { path: path.to_owned(), verb: "locked", source };
    loop {
        let file = open(path)?;
        file.lock().map_err(refused)?;
        // The file may have been replaced while we waited: then this lock guards nothing.
        let (held, there) = (file.metadata().map_err(refused)?, fs::metadata(path).map_err(refused)?);
        if (held.dev(), held.ino()) == (there.dev(), there.ino()) {
            return Ok(file);
        }
    }
}

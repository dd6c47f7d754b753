//! The keyring: the one file of secrets that the data cannot do without. It holds the peppers of
//! digests, the keys that seal values at rest, and the keys that sign assertions; `file.rs` reads and
//! writes it, `rotation.rs` renews its parts.

mod file;
mod material;
mod pepper;
mod rotation;
mod signing;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

pub use self::pepper::Pepper;
pub use self::rotation::{Haste, Part};
pub use self::signing::{SigningKey, SigningKeys};

use self::file::Written;
use super::Secret;
use super::seal::{Place, SealError, SealingKey, version_of};

/// All keys of an installation, ready for use. Never changed; a rotation makes a new one.
pub struct Keyring {
    path: PathBuf,
    peppers: Vec<Pepper>,
    sealing: Vec<SealingKey>,
    signing: SigningKeys,
    prints: Vec<Fingerprint>,
    unsealed: AtomicU64,
}

/// What may be known of a key: enough to tell whether a keyring belongs to a store, nothing of the key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint {
    /// `pepper`, `sealing` or `signing`.
    pub part: &'static str,
    /// Version of a pepper or sealing key; 0 for signing keys, which are told apart by their print.
    pub version: u32,
    /// Sixteen hexadecimal characters, or the key id of a signing key.
    pub print: String,
    /// When the key was made.
    pub made_at: Timestamp,
}

/// Why there is no keyring. Each message names the file and what mends it.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is no such file.
    #[error("keyring {path}: there is no such file. Put the keyring of this installation there")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// There is no such file, but the store holds data that need it.
    #[error(
        "keyring {path}: there is no such file, but the store holds data that only its keys can read. \
         Put back the file (it belongs in the backup beside the data); a new one is never made over existing data"
    )]
    MissingOverData {
        /// The file.
        path: PathBuf,
    },
    /// The file is not the one the store was filled with.
    #[error(
        "keyring {path}: lacks the {part} key version {version} (fingerprint {print}) that the store was filled \
         with. Put back the file that belongs to these data"
    )]
    Stranger {
        /// The file.
        path: PathBuf,
        /// Which part.
        part: &'static str,
        /// Which version.
        version: u32,
        /// Its fingerprint, as the store knows it.
        print: String,
    },
    /// Others than its owner may read the file.
    #[error(
        "keyring {path}: mode is {mode:04o}, so others than its owner can reach it. Run: chmod 600 {path}"
    )]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is cut off, edited or no keyring at all.
    #[error(
        "keyring {path}: {what} (line {line}). Put back an unharmed copy; the file is not meant to be edited"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
        /// Where, counted from 1; 0 when it concerns the whole file.
        line: usize,
    },
    /// The signing keys were renewed a moment ago.
    #[error(
        "keyring {path}: the next signing key was published less than ten minutes ago; apps may not have fetched \
         it yet. Wait, or say --at-once"
    )]
    TooSoon {
        /// The file.
        path: PathBuf,
    },
    /// The file system refused.
    #[error("keyring {path}: cannot be {verb}")]
    File {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        verb: &'static str,
        /// The system's own words.
        #[source]
        source: std::io::Error,
    },
}

impl Keyring {
    /// Opens the keyring that belongs to the data, or makes one when there are no data yet.
    /// `known` are the fingerprints that the store was filled with.
    ///
    /// # Errors
    /// Each [`KeyringError`]; a missing file is only made anew when `known` is empty.
    pub fn open_for(path: &Path, known: &[Fingerprint], now: Timestamp) -> Result<Self, KeyringError> {
        let ring = match Self::open(path) {
            Err(KeyringError::Missing { path }) if known.is_empty() => Self::create(&path, now)?,
            Err(KeyringError::Missing { path }) => return Err(KeyringError::MissingOverData { path }),
            opened => opened?,
        };
        match known.iter().find(|print| print.part != SIGNING && !ring.holds(print)) {
            None => Ok(ring),
            Some(print) => Err(KeyringError::Stranger {
                path: path.to_owned(),
                part: print.part,
                version: print.version,
                print: print.print.clone(),
            }),
        }
    }

    /// Opens an existing keyring.
    ///
    /// # Errors
    /// When it is missing, readable by others, malformed or unreadable.
    pub fn open(path: &Path) -> Result<Self, KeyringError> {
        Self::from_written(path, &file::read(path)?)
    }

    /// Makes a new keyring with mode 0600. When another process made one in the same moment, that one
    /// is opened.
    ///
    /// # Errors
    /// When the file or its directory cannot be written.
    pub fn create(path: &Path, now: Timestamp) -> Result<Self, KeyringError> {
        let written = Written::fresh(now).map_err(|what| file::malformed(path, what, 0))?;
        file::create(path, &written)?;
        Self::open(path)
    }

    /// Renews one part and writes the file anew, all or nothing. Earlier keys stay for what they made.
    ///
    /// # Errors
    /// As [`Keyring::open`]; [`KeyringError::TooSoon`] for signing keys without [`Haste::AtOnce`].
    pub fn rotate(path: &Path, part: Part, haste: Haste, now: Timestamp) -> Result<Self, KeyringError> {
        rotation::rotate(path, part, haste, now)
    }

    fn from_written(path: &Path, written: &Written) -> Result<Self, KeyringError> {
        let refuse = |what| file::malformed(path, what, 0);
        let mut prints = Vec::new();
        let mut peppers = Vec::new();
        for key in &written.peppers {
            prints.push(key.checked_print(PEPPER).map_err(refuse)?);
            peppers.push(Pepper::from_bytes(key.version, key.key.bytes()));
        }
        let mut sealing = Vec::new();
        for key in &written.sealing {
            prints.push(key.checked_print(SEALING).map_err(refuse)?);
            let key = SealingKey::from_bytes(key.version, key.key.bytes());
            sealing.push(key.map_err(|_| refuse("a sealing key is refused"))?);
        }
        if peppers.is_empty() || sealing.is_empty() {
            return Err(refuse("there is no pepper or no sealing key"));
        }
        let signing = SigningKeys::from_written(&written.signing).map_err(refuse)?;
        prints.extend(signing.all().map(SigningKey::fingerprint));
        Ok(Self { path: path.to_owned(), peppers, sealing, signing, prints, unsealed: AtomicU64::new(0) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Peppers, the current one first. Never empty.
    pub fn peppers(&self) -> &[Pepper] {
        &self.peppers
    }

    /// The pepper of a version.
    pub fn pepper(&self, version: u32) -> Option<&Pepper> {
        self.peppers.iter().find(|pepper| pepper.version() == version)
    }

    /// Keyed digest of a text under the current pepper, and the pepper's version.
    pub fn digest(&self, text: &[u8]) -> ([u8; 32], u32) {
        match self.peppers.first() {
            Some(pepper) => (pepper.digest(text), pepper.version()),
            // A ring without peppers is never built; version 0 verifies nothing.
            None => (super::token::random(), 0),
        }
    }

    /// Seals a value for its place under the current key.
    ///
    /// # Errors
    /// When the library has no randomness.
    pub fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        self.sealing.first().ok_or(SealError::Refused)?.seal(place, plain)
    }

    /// Whether the current key sealed a value; if not it should be sealed anew.
    pub fn sealed_it(&self, sealed: &[u8]) -> bool {
        self.sealing.first().is_some_and(|key| version_of(sealed) == Some(key.version()))
    }

    /// Opens a sealed value under whichever key sealed it.
    ///
    /// # Errors
    /// When its key is unknown, or the value was altered or moved.
    pub fn unseal(&self, place: Place<'_>, sealed: &[u8]) -> Result<Secret<Vec<u8>>, SealError> {
        self.unsealed.fetch_add(1, Ordering::Relaxed);
        let version = version_of(sealed).ok_or(SealError::Altered)?;
        let key = self.sealing.iter().find(|key| key.version() == version);
        key.ok_or(SealError::UnknownKey(version))?.open(place, sealed)
    }

    /// How many values were opened since the keyring was read.
    pub fn unsealed(&self) -> u64 {
        self.unsealed.load(Ordering::Relaxed)
    }

    /// Keys that sign assertions.
    pub const fn signing(&self) -> &SigningKeys {
        &self.signing
    }

    /// What may be known of the keys: peppers, then sealing keys, then signing keys.
    pub fn fingerprints(&self) -> &[Fingerprint] {
        &self.prints
    }

    fn holds(&self, known: &Fingerprint) -> bool {
        self.prints.iter().any(|print| {
            (print.part, print.version, &print.print) == (known.part, known.version, &known.print)
        })
    }
}

/// Name of the pepper part.
pub const PEPPER: &str = "pepper";
/// Name of the sealing part.
pub const SEALING: &str = "sealing";
/// Name of the signing part.
pub const SIGNING: &str = "signing";

#[cfg(test)]
mod tests;

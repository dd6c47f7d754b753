//! Hashes that other programs made of keys and passwords: recognised here, computed in `check`, where blocking
//! is allowed. After the first use there is a digest or hash of ours, and the foreign one is forgotten.

mod check;

use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub use self::check::Weight;

/// A hash that can be checked.
#[derive(Clone, PartialEq, Eq)]
pub enum ForeignHash {
    /// `sha512$$hex`: djangorestframework-api-key since version 3. Takes no time worth mentioning.
    Sha512(Box<[u8; 64]>),
    /// `pbkdf2_sha256$iterations$salt$base64`: Django. Slow on purpose, as all that follow.
    Pbkdf2 {
        /// Rounds, at most [`MOST_ITERATIONS`].
        iterations: NonZeroU32,
        /// Salt, as text.
        salt: String,
        /// The hash.
        tag: [u8; 32],
    },
    /// `argon2$argon2id$…`, or a PHC string.
    Argon2(String),
    /// `$2b$…` and its like, or Django's `bcrypt$…`: of the first 72 bytes.
    Bcrypt(String),
    /// Django's `bcrypt_sha256$…`: of the SHA-256 in hexadecimal digits.
    BcryptSha256(String),
    /// Django's `scrypt$N$salt$r$p$base64`.
    Scrypt {
        /// Memory, blocks and lanes.
        cost: ScryptCost,
        /// Salt, as text.
        salt: String,
        /// The hash.
        tag: Box<[u8; 64]>,
    },
}

/// What scrypt takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScryptCost {
    /// Binary logarithm of N.
    pub log_n: u8,
    /// Size of a block.
    pub r: u32,
    /// Lanes, computed one after the other.
    pub p: u32,
}

/// More rounds than this are taken for an attack on the processor.
pub const MOST_ITERATIONS: u32 = 2_000_000;

/// So is more work than this: each step doubles it.
const MOST_BCRYPT: u32 = 15;

/// So is more than this many blocks of scrypt, N · r · p.
const MOST_SCRYPT: u64 = 1 << 22;

/// Why a text that looks like a hash cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoForeignHash {
    /// Not like any hash that we know of.
    #[error("is not a hash of a known form")]
    Unknown,
    /// Known, but too weak or of a kind that this program does not compute.
    #[error(
        "is a hash of a kind that is not checked (checked are pbkdf2_sha256, argon2id, bcrypt and scrypt, and \
         sha512$$… of keys)"
    )]
    Unsupported,
    /// Known, but damaged, or dearer than any sane one.
    #[error("is a damaged hash, or one that takes too long to check")]
    Damaged,
}

/// Beginnings of hashes as password files and web frameworks write them. A key of any sane generator
/// begins with none of these.
const MARKS: [&str; 26] = [
    "$1$",
    "$2$",
    "$2a$",
    "$2b$",
    "$2x$",
    "$2y$",
    "$5$",
    "$6$",
    "$7$",
    "$y$",
    "$gy$",
    "$apr1$",
    "$argon2",
    "$scrypt$",
    "$pbkdf2",
    "{SHA}",
    "{SSHA}",
    "pbkdf2_",
    "argon2$",
    "bcrypt$",
    "bcrypt_sha256$",
    "scrypt$",
    "sha1$",
    "sha512$",
    "md5$",
    "crypt$",
];

/// Whether a text looks like a hash rather than like a key.
pub fn looks_like_a_hash(text: &str) -> bool {
    MARKS.iter().any(|mark| text.starts_with(mark))
}

impl ForeignHash {
    /// Reads a hash.
    ///
    /// # Errors
    /// When it is none, damaged, or of a kind that cannot be checked here.
    pub fn parse(text: &str) -> Result<Self, NoForeignHash> {
        let read = if let Some(hex) = text.strip_prefix("sha512$$") {
            unhex(hex).map(|tag| Self::Sha512(Box::new(tag)))
        } else if let Some(rest) = text.strip_prefix("pbkdf2_sha256$") {
            pbkdf2_of(rest)
        } else if let Some(phc) = after(text, "argon2", &["$argon2id$"]) {
            check::is_whole(phc).then(|| Self::Argon2(phc.to_owned()))
        } else if let Some(crypt) = text.strip_prefix("bcrypt_sha256$") {
            is_bcrypt(crypt).then(|| Self::BcryptSha256(crypt.to_owned()))
        } else if let Some(crypt) = after(text, "bcrypt$", &["$2a$", "$2b$", "$2y$"]) {
            is_bcrypt(crypt).then(|| Self::Bcrypt(crypt.to_owned()))
        } else if let Some(rest) = text.strip_prefix("scrypt$") {
            scrypt_of(rest)
        } else if looks_like_a_hash(text) {
            return Err(NoForeignHash::Unsupported);
        } else {
            return Err(NoForeignHash::Unknown);
        };
        read.ok_or(NoForeignHash::Damaged)
    }

    /// The text that [`ForeignHash::parse`] reads back.
    pub fn written(&self) -> String {
        match self {
            Self::Sha512(tag) => {
                tag.iter().fold("sha512$$".to_owned(), |text, byte| text + &format!("{byte:02x}"))
            }
            Self::Pbkdf2 { iterations, salt, tag } => {
                format!("pbkdf2_sha256${iterations}${salt}${}", STANDARD.encode(tag))
            }
            Self::Argon2(phc) => phc.clone(),
            Self::Bcrypt(crypt) => crypt.clone(),
            Self::BcryptSha256(crypt) => format!("bcrypt_sha256${crypt}"),
            Self::Scrypt { cost: ScryptCost { log_n, r, p }, salt, tag } => {
                format!("scrypt${}${salt}${r}${p}${}", 1_u64 << log_n, STANDARD.encode(**tag))
            }
        }
    }
}

/// A text without what the other program put before it; nothing when what follows begins like none of these.
fn after<'t>(text: &'t str, before: &str, begins: &[&str]) -> Option<&'t str> {
    let fits = |rest: &&str| begins.iter().any(|begin| rest.starts_with(begin));
    text.strip_prefix(before).filter(fits).or_else(|| Some(text).filter(fits))
}

/// `$2b$12$` with 22 characters of salt and 31 of hash behind it.
fn is_bcrypt(crypt: &str) -> bool {
    let cost = crypt.get(4..6).and_then(|cost| cost.parse::<u32>().ok());
    let known = ["$2a$", "$2b$", "$2y$"].iter().any(|kind| crypt.starts_with(kind));
    known && cost.is_some_and(|cost| (4..=MOST_BCRYPT).contains(&cost)) && check::is_whole_bcrypt(crypt)
}

fn pbkdf2_of(rest: &str) -> Option<ForeignHash> {
    let mut parts = rest.split('$');
    let iterations: u32 = parts.next()?.parse().ok()?;
    let (salt, tag) = (parts.next()?, parts.next()?);
    if parts.next().is_some() || salt.is_empty() || iterations > MOST_ITERATIONS {
        return None;
    }
    let tag = STANDARD.decode(tag).ok()?.try_into().ok()?;
    Some(ForeignHash::Pbkdf2 { iterations: NonZeroU32::new(iterations)?, salt: salt.to_owned(), tag })
}

fn scrypt_of(rest: &str) -> Option<ForeignHash> {
    let mut parts = rest.split('$');
    let n: u64 = parts.next()?.parse().ok()?;
    let salt = parts.next()?;
    let (r, p): (u32, u32) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let tag = parts.next()?;
    let blocks = n.checked_mul(r.into())?.checked_mul(p.into())?;
    if parts.next().is_some() || salt.is_empty() || !n.is_power_of_two() || n < 2 || blocks > MOST_SCRYPT {
        return None;
    }
    let cost = ScryptCost { log_n: u8::try_from(n.trailing_zeros()).ok()?, r, p };
    scrypt::Params::new(cost.log_n, r, p).ok()?;
    let tag = STANDARD.decode(tag).ok()?.try_into().ok()?;
    Some(ForeignHash::Scrypt { cost, salt: salt.to_owned(), tag: Box::new(tag) })
}

fn unhex(hex: &str) -> Option<[u8; 64]> {
    let mut tag = [0; 64];
    if hex.len() != 128 || !hex.is_ascii() {
        return None;
    }
    for (at, byte) in tag.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(tag)
}

#[cfg(test)]
mod tests;

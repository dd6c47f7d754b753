//! Hashes that other programs made of keys: recognised, and checked once, when the key is first used.
//! After that the key has a digest of ours and the foreign hash is forgotten.

use std::num::NonZeroU32;

use aws_lc_rs::digest::{SHA512, digest};
use aws_lc_rs::pbkdf2;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

/// A hash that can be checked.
#[derive(Clone, PartialEq, Eq)]
pub enum ForeignHash {
    /// `sha512$$hex`: djangorestframework-api-key since version 3. Takes no time worth mentioning.
    Sha512(Box<[u8; 64]>),
    /// `pbkdf2_sha256$iterations$salt$base64`: Django. Slow on purpose.
    Pbkdf2 {
        /// Rounds, at most [`MOST_ITERATIONS`].
        iterations: NonZeroU32,
        /// Salt, as text.
        salt: String,
        /// The hash.
        tag: [u8; 32],
    },
    /// `argon2$argon2id$…`, or a PHC string. Slow on purpose.
    Argon2(String),
}

/// More rounds than this are taken for an attack on the processor.
pub const MOST_ITERATIONS: u32 = 2_000_000;

/// Why a text that looks like a hash cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoForeignHash {
    /// Not like any hash that we know of.
    #[error("is not a hash of a known form")]
    Unknown,
    /// Known, but too weak or of a kind that this program does not compute.
    #[error("is a hash of a kind that cannot be checked (sha512$$…, pbkdf2_sha256$… and argon2id can)")]
    Unsupported,
    /// Known, but damaged.
    #[error("is a damaged hash")]
    Damaged,
}

/// Beginnings of hashes as password files and web frameworks write them. A key of any sane generator
/// begins with none of these.
const MARKS: [&str; 24] = [
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
    "sha512$",
    "md5$",
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
        if let Some(hex) = text.strip_prefix("sha512$$") {
            return unhex(hex).map(|tag| Self::Sha512(Box::new(tag))).ok_or(NoForeignHash::Damaged);
        }
        if let Some(rest) = text.strip_prefix("pbkdf2_sha256$") {
            return pbkdf2_of(rest).ok_or(NoForeignHash::Damaged);
        }
        let phc = text.strip_prefix("argon2").filter(|phc| phc.starts_with("$argon2id$"));
        if let Some(phc) = phc.or_else(|| text.starts_with("$argon2id$").then_some(text)) {
            let whole =
                argon2::password_hash::phc::PasswordHash::new(phc).is_ok_and(|phc| phc.hash.is_some());
            return if whole { Ok(Self::Argon2(phc.to_owned())) } else { Err(NoForeignHash::Damaged) };
        }
        Err(if looks_like_a_hash(text) { NoForeignHash::Unsupported } else { NoForeignHash::Unknown })
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
        }
    }

    /// Whether the key is the hashed one, for the kind that takes no time; `None` for the slow ones.
    pub fn matches_at_once(&self, key: &[u8]) -> Option<bool> {
        match self {
            Self::Sha512(tag) => Some(digest(&SHA512, key).as_ref().ct_eq(tag.as_slice()).into()),
            Self::Pbkdf2 { .. } | Self::Argon2(_) => None,
        }
    }
}

/// Whether a key gives this hash. Slow: only where blocking is allowed.
pub(super) fn pbkdf2_matches(iterations: NonZeroU32, salt: &str, tag: &[u8; 32], key: &[u8]) -> bool {
    pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt.as_bytes(), key, tag).is_ok()
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
mod tests {
    use super::*;

    /// Made by Python: `hashlib.sha512(b"abcd1234.secret").hexdigest()` and Django's encoder with the
    /// salt `salt` and 1000 rounds.
    const SHA512_OF: &str = "sha512$$47afacacecef0b3d8d1939621b5b61b2bbd022a05f49954f2b392f1a679141cf78c4f55b8c3ea3cc82a52a9365e3d25c130be6c2316341bc82d2aaf1c636f41d";
    const PBKDF2_OF: &str = "pbkdf2_sha256$1000$salt$vo8Awh7aAiT/Wi/w5NBbS2LOnmcyq3lUbhyuon6f/es=";

    #[test]
    fn hashes_of_django_and_its_api_keys_are_read_and_checked() {
        let fast = ForeignHash::parse(SHA512_OF).unwrap();
        assert_eq!(fast.matches_at_once(b"abcd1234.secret"), Some(true));
        assert_eq!(fast.matches_at_once(b"abcd1234.secreT"), Some(false));
        let slow = ForeignHash::parse(PBKDF2_OF).unwrap();
        assert_eq!(slow.matches_at_once(b"abcd1234.secret"), None);
        let ForeignHash::Pbkdf2 { iterations, salt, tag } = &slow else { panic!("another kind") };
        assert!(pbkdf2_matches(*iterations, salt, tag, b"abcd1234.secret"));
        assert!(!pbkdf2_matches(*iterations, salt, tag, b"other"));
        assert_eq!((fast.written(), slow.written()), (SHA512_OF.to_owned(), PBKDF2_OF.to_owned()));
    }

    #[test]
    fn what_cannot_be_checked_says_why() {
        let why = |text: &str| ForeignHash::parse(text).err();
        assert_eq!(why("$2y$05$abcdefghijklmnopqrstuv"), Some(NoForeignHash::Unsupported));
        assert_eq!(why("bcrypt_sha256$$2b$12$abc"), Some(NoForeignHash::Unsupported));
        assert_eq!(why("sha512$salt$00"), Some(NoForeignHash::Unsupported));
        assert_eq!(why("sha512$$00"), Some(NoForeignHash::Damaged));
        assert_eq!(why("pbkdf2_sha256$0$salt$AAAA"), Some(NoForeignHash::Damaged));
        assert_eq!(why("pbkdf2_sha256$4000000000$salt$AAAA"), Some(NoForeignHash::Damaged));
        assert_eq!(why("argon2$argon2id$v=19$m=64"), Some(NoForeignHash::Damaged));
        assert_eq!(why("kX2vQ9aPlain"), Some(NoForeignHash::Unknown));
    }
}

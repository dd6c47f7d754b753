//! What it takes to check a foreign hash, and the checking itself: slow, only where blocking is allowed.

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use aws_lc_rs::pbkdf2;
use subtle::ConstantTimeEq;

use super::{ForeignHash, ScryptCost};

/// What a check takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Next to nothing.
    Nothing,
    /// Time, and this much memory.
    Kib(u64),
    /// What the PHC string says.
    AsWritten,
}

impl ForeignHash {
    /// What checking it takes.
    pub fn weight(&self) -> Weight {
        match self {
            Self::Sha512(_) => Weight::Nothing,
            Self::Pbkdf2 { .. } | Self::Bcrypt(_) | Self::BcryptSha256(_) => Weight::Kib(8),
            Self::Argon2(_) => Weight::AsWritten,
            // 128 · N · r for the table, and 128 · r · p beside it.
            Self::Scrypt { cost: ScryptCost { log_n, r, p }, .. } => {
                Weight::Kib(((1_u64 << log_n) + u64::from(*p)) * u64::from(*r) / 8 + 1)
            }
        }
    }

    /// Whether the key is the hashed one, for the kind that takes no time; `None` for the slow ones.
    pub fn matches_at_once(&self, key: &[u8]) -> Option<bool> {
        match self {
            Self::Sha512(tag) => Some(digest(&SHA512, key).as_ref().ct_eq(tag.as_slice()).into()),
            Self::Pbkdf2 { .. }
            | Self::Argon2(_)
            | Self::Bcrypt(_)
            | Self::BcryptSha256(_)
            | Self::Scrypt { .. } => None,
        }
    }

    /// Whether a key or password gives this hash. Slow; never for the kind that the pool itself computes.
    pub(in crate::secret) fn matches_slowly(&self, key: &[u8]) -> bool {
        match self {
            Self::Sha512(_) => self.matches_at_once(key) == Some(true),
            Self::Argon2(_) => false,
            Self::Pbkdf2 { iterations, salt, tag } => {
                pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, *iterations, salt.as_bytes(), key, tag).is_ok()
            }
            Self::Bcrypt(crypt) => bcrypt::verify(key, crypt).unwrap_or(false),
            Self::BcryptSha256(crypt) => {
                let hashed = digest(&SHA256, key);
                let hex =
                    hashed.as_ref().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
                bcrypt::verify(hex, crypt).unwrap_or(false)
            }
            Self::Scrypt { cost, salt, tag } => scrypt_matches(*cost, salt, tag, key),
        }
    }
}

fn scrypt_matches(cost: ScryptCost, salt: &str, tag: &[u8; 64], key: &[u8]) -> bool {
    let mut found = [0; 64];
    let Ok(params) = scrypt::Params::new(cost.log_n, cost.r, cost.p) else { return false };
    let computed = scrypt::scrypt(key, salt.as_bytes(), &params, &mut found).is_ok();
    computed && found.ct_eq(tag).into()
}

/// Whether a PHC string has all its parts.
pub(super) fn is_whole(phc: &str) -> bool {
    argon2::password_hash::phc::PasswordHash::new(phc)
        .is_ok_and(|phc| phc.salt.is_some() && phc.hash.is_some())
}

/// Whether a bcrypt string has all its parts.
pub(super) fn is_whole_bcrypt(crypt: &str) -> bool {
    crypt.parse::<bcrypt::HashParts>().is_ok()
}

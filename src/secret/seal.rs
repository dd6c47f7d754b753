//! Sealing at rest: AES-256-GCM-SIV, bound to the very place a value is stored in, so that a sealed
//! value copied to another row, column or table does not open. The keyring holds the keys.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};

use super::Secret;

/// Where a sealed value lies. It is part of what the seal protects.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// What identifies the row: the bytes of its primary key.
    pub row: &'a [u8],
}

/// Why a value could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key is not in the keyring (a keyring of another installation, or one too old).
    #[error("is sealed with key version {0}, which the keyring does not hold")]
    UnknownKey(u32),
    /// The value was altered, cut off, or lies in another place than it was sealed for.
    #[error("does not open: altered, cut off, or sealed for another place")]
    Altered,
    /// The library refused the operation.
    #[error("cannot be sealed")]
    Refused,
}

/// One versioned key.
pub struct SealingKey {
    version: u32,
    key: RandomizedNonceKey,
}

const VERSION_LEN: usize = 4;

impl SealingKey {
    /// Takes in 32 random bytes under a version number.
    ///
    /// # Errors
    /// When the library refuses them.
    pub fn from_bytes(version: u32, bytes: &Secret<[u8; 32]>) -> Result<Self, SealError> {
        let key =
            RandomizedNonceKey::new(&AES_256_GCM_SIV, bytes.expose()).map_err(|_| SealError::Refused)?;
        Ok(Self { version, key })
    }

    /// The version written in front of what this key seals.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Seals a value for its place: version, nonce, ciphertext with tag.
    ///
    /// # Errors
    /// When the library has no randomness.
    pub fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut body = plain.to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(place.bound_to(self.version)), &mut body)
            .map_err(|_| SealError::Refused)?;
        let mut sealed = Vec::with_capacity(VERSION_LEN + NONCE_LEN + body.len());
        sealed.extend_from_slice(&self.version.to_be_bytes());
        sealed.extend_from_slice(nonce.as_ref());
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// Opens a value sealed for this place with this key.
    ///
    /// # Errors
    /// [`SealError::UnknownKey`] when another key sealed it, [`SealError::Altered`] otherwise.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Secret<Vec<u8>>, SealError> {
        let version = version_of(sealed).ok_or(SealError::Altered)?;
        if version != self.version {
            return Err(SealError::UnknownKey(version));
        }
        let (_, rest) = sealed.split_first_chunk::<VERSION_LEN>().ok_or(SealError::Altered)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Altered)?;
        let mut buffer = body.to_vec();
        let length = self
            .key
            .open_in_place(Nonce::from(nonce), Aad::from(place.bound_to(version)), &mut buffer)
            .map_err(|_| SealError::Altered)?
            .len();
        buffer.truncate(length);
        Ok(Secret::new(buffer))
    }
}

/// The version of the key that sealed a value.
pub fn version_of(sealed: &[u8]) -> Option<u32> {
    sealed.first_chunk::<VERSION_LEN>().map(|version| u32::from_be_bytes(*version))
}

impl Place<'_> {
    /// Names never hold a zero byte, so the parts cannot run into each other.
    fn bound_to(&self, version: u32) -> Vec<u8> {
        let mut bound = Vec::with_capacity(64);
        bound.extend_from_slice(&version.to_be_bytes());
        for part in [self.table.as_bytes(), self.column.as_bytes()] {
            bound.extend_from_slice(part);
            bound.push(0);
        }
        bound.extend_from_slice(self.row);
        bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(version: u32) -> SealingKey {
        SealingKey::from_bytes(version, &Secret::new([7; 32])).unwrap()
    }

    const HERE: Place<'static> = Place { table: "factor", column: "secret", row: b"1" };

    #[test]
    fn what_was_sealed_opens_in_its_place() {
        let sealed = key(3).seal(HERE, b"plain").unwrap();
        assert_eq!(version_of(&sealed), Some(3));
        assert_eq!(key(3).open(HERE, &sealed).unwrap().expose(), b"plain");
        assert_ne!(sealed, key(3).seal(HERE, b"plain").unwrap(), "each sealing has its own nonce");
    }

    #[test]
    fn a_sealed_value_does_not_open_in_another_place() {
        let sealed = key(1).seal(HERE, b"plain").unwrap();
        for place in [
            Place { table: "setting", ..HERE },
            Place { column: "other", ..HERE },
            Place { row: b"2", ..HERE },
            Place { table: "facto", column: "rsecret", row: b"1" },
        ] {
            assert!(matches!(key(1).open(place, &sealed), Err(SealError::Altered)));
        }
    }

    #[test]
    fn an_altered_or_cut_value_does_not_open() {
        let sealed = key(1).seal(HERE, b"plain").unwrap();
        for at in 0..sealed.len() {
            assert!(key(1).open(HERE, &sealed[..at]).is_err());
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(key(1).open(HERE, &altered).is_err());
        }
        assert!(matches!(key(2).open(HERE, &sealed), Err(SealError::UnknownKey(1))));
    }
}

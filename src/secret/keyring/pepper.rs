//! Peppers: the keys of keyed digests. A stolen table of digests cannot even confirm a guess without
//! the pepper, which lies in the keyring and never in the store.

use aws_lc_rs::hmac;

use super::super::Secret;

/// One versioned pepper. Its state is prepared once, so a digest costs two compressions of SHA-256
/// and allocates nothing.
pub struct Pepper {
    version: u32,
    key: hmac::Key,
}

impl Pepper {
    /// Takes in 32 random bytes under a version number.
    pub fn from_bytes(version: u32, bytes: &Secret<[u8; 32]>) -> Self {
        Self { version, key: hmac::Key::new(hmac::HMAC_SHA256, bytes.expose()) }
    }

    /// The version stored beside each digest.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// HMAC-SHA-256 of a text.
    pub fn digest(&self, text: &[u8]) -> [u8; 32] {
        let mut out = [0; 32];
        let tag = hmac::sign(&self.key, text);
        out.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_hmac_sha_256() {
        // RFC 4231, test case 1, has a key of 20 bytes; filled up with zeros it is the same key.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let digest = Pepper::from_bytes(1, &Secret::new(key)).digest(b"Hi There");
        assert_eq!(digest[..8], [0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53]);
    }
}

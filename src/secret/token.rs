//! Random bytes, the tokens made of them, and their digests. A token is stored only as the digest
//! that this room makes; whoever compares secrets does it here.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::Secret;

/// Characters of a session's token: 32 random bytes in base64url without padding.
pub const SESSION_TOKEN_LEN: usize = 43;

/// Random bytes from the operating system.
///
/// # Panics
/// When the kernel has no randomness to give, which it only does before it is seeded: nothing
/// minted then would be secret.
#[expect(clippy::expect_used, reason = "a gate without randomness must not go on")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Random bytes that are a secret from the start.
pub fn random_secret<const N: usize>() -> Secret<[u8; N]> {
    Secret::new(random())
}

/// A new token for the cookie of a session or a mailed link: 256 bits, 43 URL-safe characters.
pub fn mint_session_token() -> Secret<String> {
    Secret::new(URL_SAFE_NO_PAD.encode(random_secret::<32>().expose()))
}

/// The form in which a token is stored and looked up: SHA-256 of its text. A token has 256 random
/// bits, so a plain digest cannot be guessed back.
pub fn session_digest(text: &[u8]) -> [u8; 32] {
    sha256(text)
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let digest = digest::digest(&digest::SHA256, bytes);
    out.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    out
}

/// Whether two digests are equal, in a time that does not depend on where they differ.
pub fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_token_is_43_url_safe_characters_and_never_the_same() {
        let (one, other) = (mint_session_token(), mint_session_token());
        assert_eq!(one.expose().len(), SESSION_TOKEN_LEN);
        assert!(one.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_ne!(one.expose(), other.expose());
    }

    #[test]
    fn a_digest_is_sha_256() {
        let abc = session_digest(b"abc");
        assert_eq!(abc[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert!(same(&abc, &session_digest(b"abc")));
        assert!(!same(&abc, &session_digest(b"abd")));
    }
}

//! Keys that sign assertions (ES256): the current one signs; the next one is already published, so
//! that apps know it before it signs; the previous one stays published until the following rotation.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING as ES256, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::EncodingKey;
use serde_json::json;

use super::file::{WrittenSigning, WrittenSigningKey};
use super::{Fingerprint, SIGNING};
use crate::secret::Secret;
use crate::secret::token::sha256;

/// One key pair.
pub struct SigningKey {
    kid: String,
    made_at: Timestamp,
    private: EncodingKey,
    x: String,
    y: String,
}

/// The three places of signing keys.
pub struct SigningKeys {
    next: SigningKey,
    current: SigningKey,
    previous: Option<SigningKey>,
    jwks: String,
}

impl SigningKey {
    /// The key id in headers of assertions: the key's RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The private key as the JWT library takes it; algorithm ES256 only.
    pub const fn private(&self) -> &EncodingKey {
        &self.private
    }

    /// What may be known of the key.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint { part: SIGNING, version: 0, print: self.kid.clone(), made_at: self.made_at }
    }

    /// A new pair as PKCS#8, with its id.
    pub(super) fn generate() -> Option<(Secret<Vec<u8>>, String)> {
        let pair = EcdsaKeyPair::generate(&ES256).ok()?;
        let document = Secret::new(pair.to_pkcs8v1().ok()?.as_ref().to_vec());
        let (x, y) = coordinates(&pair)?;
        Some((document, thumbprint(&x, &y)))
    }

    fn from_written(written: &WrittenSigningKey) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ES256, written.key.expose()).ok()?;
        let (x, y) = coordinates(&pair)?;
        let kid = thumbprint(&x, &y);
        let private = EncodingKey::from_ec_der(written.key.expose());
        (kid == written.kid).then_some(Self { kid, made_at: written.made_at, private, x, y })
    }

    /// The public half as RFC 7517 writes it.
    fn jwk(&self) -> serde_json::Value {
        json!({ "kty": "EC", "crv": "P-256", "x": self.x, "y": self.y, "alg": "ES256", "use": "sig", "kid": self.kid })
    }
}

impl SigningKeys {
    pub(super) fn from_written(written: &WrittenSigning) -> Result<Self, &'static str> {
        const BAD: &str = "a signing key is damaged, or its id is not its own";
        let next = SigningKey::from_written(&written.next).ok_or(BAD)?;
        let current = SigningKey::from_written(&written.current).ok_or(BAD)?;
        let previous = match &written.previous {
            Some(key) => Some(SigningKey::from_written(key).ok_or(BAD)?),
            None => None,
        };
        let published = [Some(&current), Some(&next), previous.as_ref()];
        let jwks =
            json!({ "keys": published.into_iter().flatten().map(SigningKey::jwk).collect::<Vec<_>>() });
        Ok(Self { next, current, previous, jwks: jwks.to_string() })
    }

    /// The key that signs.
    pub const fn current(&self) -> &SigningKey {
        &self.current
    }

    /// Current, next, and previous where there is one.
    pub fn all(&self) -> impl Iterator<Item = &SigningKey> {
        [Some(&self.current), Some(&self.next), self.previous.as_ref()].into_iter().flatten()
    }

    /// The public halves of all of them as a JSON Web Key Set (RFC 7517), ready to be sent.
    pub fn jwks(&self) -> &str {
        &self.jwks
    }
}

/// The point behind the key, as base64url of its two halves. It is written uncompressed: 4, x, y.
fn coordinates(pair: &EcdsaKeyPair) -> Option<(String, String)> {
    let point: &[u8; 65] = pair.public_key().as_ref().try_into().ok()?;
    let (x, y) = point.get(1..33).zip(point.get(33..65))?;
    Some((URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y)))
}

/// RFC 7638 section 3.2: the required members in alphabetical order, without spaces.
fn thumbprint(x: &str, y: &str) -> String {
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(sha256(members.as_bytes()))
}

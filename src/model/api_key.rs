//! API keys: a program's credential, found by its locator, stored only as a keyed digest.

use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;

use super::account::words;
use super::credentials::Credentials;
use super::id::AccountId;
use super::role::Permissions;
use super::slug::Slug;
use crate::time::Timestamp;

/// The public part of a key: twelve base62 characters, shown in lists and logs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; Self::LEN]);

impl KeyId {
    /// Characters in a key id.
    pub const LEN: usize = 12;

    /// Twelve zeros: no key is ever found by it, since a stored digest never matches.
    pub(super) const ZERO: Self = Self([b'0'; Self::LEN]);

    /// Reads twelve base62 characters.
    pub fn from_ascii(text: &[u8]) -> Option<Self> {
        let bytes: [u8; Self::LEN] = text.try_into().ok()?;
        bytes.iter().all(u8::is_ascii_alphanumeric).then_some(Self(bytes))
    }

    /// The characters of the id.
    pub const fn bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who a key stands for, and so which prefix it wears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// `pck_`: a person's, for upstreams and for reading their own account.
    Personal,
    /// `pcs_`: a service account's.
    Service,
    /// Made elsewhere and imported; any text without our prefixes.
    Imported,
}

words!(KeyKind { Self::Personal => "personal", Self::Service => "service", Self::Imported => "imported" });

/// Which doors a key opens. Personal and imported keys open upstreams only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAudience {
    /// The apps behind the gate.
    Upstream,
    /// The gate's own API (service keys only).
    Api,
}

words!(KeyAudience { Self::Upstream => "upstream", Self::Api => "api" });

/// How a presented key is found in the store and in the cache: the public id of a key of ours,
/// the keyed digest of an imported one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyLocator {
    /// A key in our format, by its id.
    Native(KeyId),
    /// An imported key, by the keyed digest of its whole text.
    Imported([u8; 32]),
}

/// A key as stored. The key text itself is nowhere.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Public id.
    pub id: KeyId,
    /// Personal, service or imported.
    pub kind: KeyKind,
    /// Owner.
    pub account: AccountId,
    /// Name given by the owner, unique per owner among live keys.
    pub name: Arc<str>,
    /// Keyed digest (HMAC-SHA-256) of the whole key text.
    pub digest: [u8; 32],
    /// Version of the pepper that made the digest.
    pub pepper: u32,
    /// Which doors it opens.
    pub audience: KeyAudience,
    /// The credentials it carries; where there are several, each request says which it works under.
    pub credentials: Vec<Credentials>,
    /// Rights within the credentials' role; `None` is all of the role.
    pub rights: Option<Permissions>,
    /// Networks it may be used from; empty is anywhere.
    pub networks: Vec<IpNet>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ceases to work by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, or will be (rotation with overlap).
    pub revoked_at: Option<Timestamp>,
    /// Last use known to the store, at minute precision.
    pub last_used_at: Option<Timestamp>,
    /// The key this one replaces.
    pub replaces: Option<KeyId>,
}

impl ApiKey {
    /// Whether the key works at this moment, as far as its own dates say.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ends_at().is_none_or(|end| now < end)
    }

    /// The earlier of expiry and revocation.
    pub fn ends_at(&self) -> Option<Timestamp> {
        match (self.expires_at, self.revoked_at) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Whether it carries credentials for this platform.
    pub fn is_for(&self, platform: &Slug) -> bool {
        self.credentials.iter().any(|credentials| credentials.platform == *platform)
    }

    /// How this key is found.
    pub fn locator(&self) -> KeyLocator {
        match self.kind {
            KeyKind::Personal | KeyKind::Service => KeyLocator::Native(self.id),
            KeyKind::Imported => KeyLocator::Imported(self.digest),
        }
    }
}

//! The labels of our numbers: closed lists, so that no client can make monitoring grow.

use http::Method;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

/// An enumeration whose values stand in labels by their own word.
macro_rules! label {
    ($(#[$meaning:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meaning])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$of])* $variant,)+ }

        impl EncodeLabelValue for $name {
            fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
                let word = match self { $(Self::$variant => $word,)+ };
                word.encode(encoder)
            }
        }
    };
}

label! {
    /// Methods as far as monitoring tells them apart.
    MethodClass {
        /// Safe methods (RFC 9110 section 9.2.1).
        Read = "read",
        /// All others.
        Write = "write",
    }
}

label! {
    /// Who was asking.
    AuthKind {
        /// Nobody: no credential was presented.
        None = "none",
        /// A session cookie.
        Session = "session",
        /// An API key.
        Key = "key",
    }
}

label! {
    /// What became of it.
    AuthOutcome {
        /// Admitted.
        Admitted = "admitted",
        /// Not known (401).
        Refused = "refused",
        /// Known, without the right (403).
        Forbidden = "forbidden",
        /// Too many failures (429).
        Limited = "limited",
        /// It could not be decided (503).
        Unavailable = "unavailable",
    }
}

label! {
    /// What a look into the key cache gave.
    CacheResult {
        /// A known key.
        Hit = "hit",
        /// A key known not to exist.
        NegativeHit = "negative_hit",
        /// Nothing: the store was asked.
        Miss = "miss",
        /// A known key, past its time while the store is away.
        Stale = "stale",
    }
}

/// Whether requests are sent to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// They are.
    Up,
    /// They are not.
    Down,
}

impl MethodClass {
    /// The class of a method.
    pub fn of(method: &Method) -> Self {
        if method.is_safe() { Self::Read } else { Self::Write }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Requests {
    pub(super) route: String,
    pub(super) code: u16,
    pub(super) method_class: MethodClass,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Decisions {
    pub(super) kind: AuthKind,
    pub(super) outcome: AuthOutcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Lookups {
    pub(super) result: CacheResult,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Reason {
    pub(super) reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct UpstreamTarget {
    pub(super) upstream: String,
    pub(super) target: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct CertificateFile {
    pub(super) file: String,
}

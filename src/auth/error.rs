//! Why a request is not admitted. The caller learns the variant at most; the reason slug goes to the log
//! and to the operator's explanation.

use std::time::Duration;

use super::credentials::Unreadable;
use crate::model::credentials::Credentials;
use crate::store::StoreError;
use crate::telemetry::labels::AuthOutcome;

/// Why a request is not admitted.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// What was presented cannot be read as one credential.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Nobody is signed in and nothing was presented.
    #[error("nobody is identified")]
    Nobody,
    /// A key was presented over a connection that others can read.
    #[error("a key came over clear text")]
    ClearText,
    /// The key is not good; callers are not told why.
    #[error("the key is not good: {0}")]
    BadKey(BadKey),
    /// Too many failures; ask again later.
    #[error("the failure budget is used up")]
    Exhausted(Duration),
    /// Known, but not allowed here.
    #[error("not allowed: {0}")]
    Forbidden(Lack),
    /// Several credentials would do; one must be chosen.
    #[error("one of several credentials must be chosen")]
    Choose(Vec<Credentials>),
    /// A change by cookie that another origin asked for.
    #[error("another origin asked for a change by cookie")]
    CrossOrigin,
    /// The store does not answer, or the route's access cannot be decided.
    #[error("nobody can be admitted now")]
    Unavailable(#[source] Option<StoreError>),
}

impl AuthError {
    /// How monitoring counts it.
    pub const fn outcome(&self) -> AuthOutcome {
        match self {
            Self::Unreadable(_) | Self::Nobody | Self::ClearText | Self::BadKey(_) => AuthOutcome::Refused,
            Self::Exhausted(_) => AuthOutcome::Limited,
            Self::Forbidden(_) | Self::Choose(_) | Self::CrossOrigin => AuthOutcome::Forbidden,
            Self::Unavailable(_) => AuthOutcome::Unavailable,
        }
    }
}

/// Why a key is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Wrong length or checksum, or a kind that is no API key.
    #[error("malformed")]
    Malformed,
    /// No such key, or the wrong secret.
    #[error("unknown")]
    Unknown,
    /// Its time is over or it was revoked.
    #[error("expired or revoked")]
    Ended,
    /// Not from this network.
    #[error("network")]
    Network,
    /// The owner is suspended, closed or gone.
    #[error("owner not active")]
    Owner,
}

/// What a known caller lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    /// The route does not take this kind of credential.
    #[error("this kind of credential is not taken here")]
    Method,
    /// The key is not for this platform, or for the gate's API only.
    #[error("the key is not for this platform")]
    Platform,
    /// No usable credentials on the platform.
    #[error("no usable credentials")]
    Membership,
    /// The key does not carry the credentials asked for.
    #[error("the credentials asked for are not among the key's")]
    Pick,
    /// The role ranks too low.
    #[error("the role ranks too low")]
    Rank,
    /// The address is not validated.
    #[error("the address is not validated")]
    Validation,
    /// Signed in too long ago.
    #[error("signed in too long ago")]
    Age,
}

impl AuthError {
    /// A stable word for logs, metrics and `explain`.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Unreadable(Unreadable::Several) => "several-credentials",
            Self::Unreadable(Unreadable::ConnectionBound) => "connection-bound",
            Self::Unreadable(Unreadable::Scheme) => "unknown-scheme",
            Self::Unreadable(Unreadable::Malformed | Unreadable::Length) => "malformed-credential",
            Self::Unreadable(Unreadable::User) => "basic-user",
            Self::Nobody => "nobody",
            Self::ClearText => "clear-text",
            Self::BadKey(BadKey::Malformed) => "key-malformed",
            Self::BadKey(BadKey::Unknown) => "key-unknown",
            Self::BadKey(BadKey::Ended) => "key-ended",
            Self::BadKey(BadKey::Network) => "key-network",
            Self::BadKey(BadKey::Owner) => "key-owner",
            Self::Exhausted(_) => "failure-budget",
            Self::Forbidden(Lack::Method) => "method-not-accepted",
            Self::Forbidden(Lack::Platform) => "other-platform",
            Self::Forbidden(Lack::Membership) => "no-credentials",
            Self::Forbidden(Lack::Pick) => "credentials-not-held",
            Self::Forbidden(Lack::Rank) => "role-too-low",
            Self::Forbidden(Lack::Validation) => "not-validated",
            Self::Forbidden(Lack::Age) => "authentication-too-old",
            Self::Choose(_) => "choose-credentials",
            Self::CrossOrigin => "cross-origin",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

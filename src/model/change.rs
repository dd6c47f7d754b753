//! Changes: what every node must forget after a write. Each is a row of the change log, written in
//! the same transaction as what it speaks of.

use super::api_key::KeyLocator;
use super::id::{AccountId, OrganisationId, SessionId};

/// Something that caches hold and must let go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// A key was made, revoked, rotated or altered.
    Key(KeyLocator),
    /// A session was made, ended or altered.
    Session(SessionId),
    /// An account or one of its grants was altered.
    Account(AccountId),
    /// An organisation, its spaces or its entitlements were altered.
    Organisation(OrganisationId),
    /// A setting was altered.
    Setting,
    /// Everything must be forgotten (restore, rotation of the pepper, a gap in the log).
    Everything,
}

/// Position in the change log; order of commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub i64);

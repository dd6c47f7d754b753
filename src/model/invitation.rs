//! Invitations: a promise of membership and grants to whoever reads mail at an address.

use std::sync::Arc;

use super::account::{UserName, words};
use super::id::{AccountId, InvitationId, OrganisationId, SpaceId};
use super::slug::Slug;
use crate::time::Timestamp;

/// An invitation as stored; its token is kept only as a digest.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Immutable identifier.
    pub id: InvitationId,
    /// The organisation that invites.
    pub organisation: OrganisationId,
    /// The invited address; empty once its owner was erased.
    pub email: Arc<str>,
    /// Who invited; `None` when the operator did on the command line.
    pub invited_by: Option<AccountId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was sent last.
    pub sent_at: Timestamp,
    /// When it ceases to work.
    pub expires_at: Timestamp,
    /// When and by whom it was accepted.
    pub accepted: Option<(Timestamp, AccountId)>,
    /// When it was revoked.
    pub cancelled_at: Option<Timestamp>,
    /// Whether whoever invited was shown the link: then its page must not tell whether anybody has the address.
    pub handed_out: bool,
}

impl Invitation {
    /// How it stands.
    pub fn state(&self, now: Timestamp) -> InvitationState {
        match (self.accepted, self.cancelled_at) {
            (Some(_), _) => InvitationState::Accepted,
            (None, Some(_)) => InvitationState::Revoked,
            (None, None) if self.expires_at <= now => InvitationState::Expired,
            (None, None) => InvitationState::Waiting,
        }
    }
}

/// How an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationState {
    /// It can be accepted.
    Waiting,
    /// It was.
    Accepted,
    /// It was not, in its time.
    Expired,
    /// It was taken back.
    Revoked,
}

words!(InvitationState {
    Self::Waiting => "waiting",
    Self::Accepted => "accepted",
    Self::Expired => "expired",
    Self::Revoked => "revoked",
});

/// A grant that comes with acceptance.
#[derive(Debug, Clone)]
pub struct Promise {
    /// In which space; `None` is each.
    pub space: Option<SpaceId>,
    /// The slug of that space.
    pub space_slug: Option<Slug>,
    /// Which role.
    pub role: Slug,
    /// On which platform; `None` is each entitled one.
    pub platform: Option<Slug>,
    /// When it begins to count.
    pub starts_at: Option<Timestamp>,
    /// When it ceases to count.
    pub ends_at: Option<Timestamp>,
}

/// An invitation with names and with what it promises.
#[derive(Debug, Clone)]
pub struct NamedInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// Who invited.
    pub inviter: Option<UserName>,
    /// Who accepted.
    pub accepter: Option<UserName>,
    /// What comes with it.
    pub promises: Vec<Promise>,
}

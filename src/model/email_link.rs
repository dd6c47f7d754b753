//! One-time links: mailed or printed, good for one purpose and one account, once.

use std::sync::Arc;

use super::account::words;
use super::id::{AccountId, EmailLinkId};
use crate::time::Timestamp;

/// A link as stored; its token is kept only as a digest.
#[derive(Debug, Clone)]
pub struct EmailLink {
    /// Immutable identifier.
    pub id: EmailLinkId,
    /// Whose link it is; the link of first set-up belongs to nobody yet.
    pub account: Option<AccountId>,
    /// What it may be used for.
    pub purpose: Purpose,
    /// The account's generation when it was made; links that validate or delete end with it.
    pub generation: i64,
    /// The address it was made for.
    pub target: Option<Arc<str>>,
    /// SHA-256 of the token.
    pub digest: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ceases to work unused.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// What a link may be used for; a token of one purpose never serves another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Makes the first administrator of an installation.
    SetUp,
    /// Sets a new password, or the first one.
    Reset,
    /// Proves the address of an account.
    Validate,
    /// Removes an account that somebody else made with this address.
    Delete,
    /// Proves the address that an account is to have instead of its present one.
    Change,
    /// Takes back a change of address.
    UndoChange,
    /// Takes back the deletion of an account.
    Recover,
}

words!(Purpose {
    Self::SetUp => "set-up",
    Self::Reset => "reset",
    Self::Validate => "validate",
    Self::Delete => "delete",
    Self::Change => "change",
    Self::UndoChange => "undo-change",
    Self::Recover => "recover",
});

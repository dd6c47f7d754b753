//! What waits to be sent by mail, as lists and logs show it; what it says is sealed.

use super::account::words;
use super::id::{AccountId, OutboxId};
use crate::time::Timestamp;

/// A letter, or the wish for one, on its way.
#[derive(Debug, Clone)]
pub struct OutboxEntry {
    /// Immutable identifier; also of the message.
    pub id: OutboxId,
    /// The kind of letter, as `letter-KIND-subject` names it in the catalogue.
    pub kind: String,
    /// The address; empty for a wish whose address is yet to be looked up.
    pub recipient: String,
    /// Whom it concerns.
    pub account: Option<AccountId>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is tried next.
    pub not_before: Timestamp,
    /// How often it was tried.
    pub attempts: i64,
    /// When sending it makes no sense any more.
    pub expires_at: Option<Timestamp>,
    /// When it was taken.
    pub sent_at: Option<Timestamp>,
    /// When it was given up.
    pub failed_at: Option<Timestamp>,
    /// What the last attempt ended with.
    pub last_error: Option<String>,
}

/// Where a letter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboxState {
    /// It will be tried, or tried again.
    Waiting,
    /// Somebody else has it.
    Sent,
    /// It was given up.
    Failed,
}

words!(OutboxState { Self::Waiting => "waiting", Self::Sent => "sent", Self::Failed => "failed" });

impl OutboxEntry {
    /// Where it stands.
    pub const fn state(&self) -> OutboxState {
        match (self.sent_at, self.failed_at) {
            (Some(_), _) => OutboxState::Sent,
            (None, Some(_)) => OutboxState::Failed,
            (None, None) => OutboxState::Waiting,
        }
    }
}

//! Events: what platforms are told about accounts, sessions, keys and grants. Written with the change itself,
//! sent by webhook, and read as a feed.

use super::account::words;
use super::id::{AccountId, EventId, WebhookId};
use super::slug::Slug;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// An account was made.
    AccountCreated,
    /// The address of an account was proved.
    AccountValidated,
    /// An account says something else of itself now, or is back in use.
    AccountUpdated,
    /// An account was ended.
    AccountDeleted,
    /// A deleted account is back.
    AccountRecovered,
    /// An account was stopped for a while.
    AccountDisabled,
    /// A session was ended before its time.
    SessionEnded,
    /// A key was ended before its time.
    KeyRevoked,
    /// Somebody holds more or less than before.
    GrantChanged,
    /// Nothing: somebody tries whether events arrive.
    Ping,
}

words!(EventKind {
    Self::AccountCreated => "account.created",
    Self::AccountValidated => "account.validated",
    Self::AccountUpdated => "account.updated",
    Self::AccountDeleted => "account.deleted",
    Self::AccountRecovered => "account.recovered",
    Self::AccountDisabled => "account.disabled",
    Self::SessionEnded => "session.ended",
    Self::KeyRevoked => "key.revoked",
    Self::GrantChanged => "grant.changed",
    Self::Ping => "test.ping",
});

impl EventKind {
    /// Every kind that platforms are told of by themselves.
    pub const TOLD: [Self; 9] = [
        Self::AccountCreated,
        Self::AccountValidated,
        Self::AccountUpdated,
        Self::AccountDeleted,
        Self::AccountRecovered,
        Self::AccountDisabled,
        Self::SessionEnded,
        Self::KeyRevoked,
        Self::GrantChanged,
    ];
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Every webhook of these platforms, and whoever reads their feeds.
    Platforms(Vec<Slug>),
    /// One webhook, which is being tried.
    Webhook(WebhookId),
}

/// An event before it is numbered.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Its id, the same however often it is sent.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// Whose account it is about.
    pub account: Option<AccountId>,
    /// What is sent, in JSON.
    pub body: String,
    /// Who is told.
    pub told: Told,
}

/// Position in the feed; order of commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventSeq(pub i64);

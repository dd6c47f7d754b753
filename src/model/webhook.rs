//! Webhooks: addresses of a platform that events are sent to, and each event's way there.

use super::account::words;
use super::egress::WebAddress;
use super::event::EventKind;
use super::id::{DeliveryId, EventId, WebhookId};
use super::slug::Slug;
use crate::time::Timestamp;

/// An address of a platform that events are sent to.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// The platform that is told.
    pub platform: Slug,
    /// Where.
    pub url: WebAddress,
    /// Of what; none is everything.
    pub kinds: Vec<EventKind>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when the secret before signs beside the one in force.
    pub old_until: Option<Timestamp>,
    /// Since when nothing arrives, while that is so.
    pub failing_since: Option<Timestamp>,
    /// Since when nothing is sent, and why.
    pub disabled: Option<(Timestamp, Disabled)>,
}

/// Why nothing is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disabled {
    /// Somebody wanted it so.
    ByHand,
    /// It answered that it is gone (410).
    Gone,
    /// Nothing had arrived for days.
    Failing,
}

words!(Disabled { Self::ByHand => "by-hand", Self::Gone => "gone", Self::Failing => "failing" });

/// How a webhook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// What was sent last arrived, or nothing was sent yet.
    Well,
    /// What was sent last did not arrive.
    Failing,
    /// Nothing is sent.
    Disabled,
}

words!(Condition { Self::Well => "well", Self::Failing => "failing", Self::Disabled => "disabled" });

impl Webhook {
    /// How it is.
    pub const fn condition(&self) -> Condition {
        match (&self.disabled, &self.failing_since) {
            (Some(_), _) => Condition::Disabled,
            (None, Some(_)) => Condition::Failing,
            (None, None) => Condition::Well,
        }
    }
}

/// One event on its way to one webhook.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// The event.
    pub event: EventId,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub created_at: Timestamp,
    /// Attempts so far.
    pub attempts: u32,
    /// When the last one was.
    pub tried_at: Option<Timestamp>,
    /// What the last one was answered.
    pub status: Option<u16>,
    /// What went wrong with the last one.
    pub failure: Option<Failure>,
    /// Where it stands.
    pub state: DeliveryState,
    /// When the next attempt is due, while there is one.
    pub next_at: Option<Timestamp>,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It waits for its next attempt.
    Waiting,
    /// It arrived.
    Arrived,
    /// It was tried for the last time.
    GivenUp,
}

words!(DeliveryState { Self::Waiting => "waiting", Self::Arrived => "arrived", Self::GivenUp => "given-up" });

/// What went wrong with an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The address is not public, or speaks no TLS.
    Refused,
    /// The name is not known.
    Unknown,
    /// Nobody answers there.
    Unreachable,
    /// The TLS handshake failed.
    Handshake,
    /// It took too long.
    Late,
    /// It broke off.
    Broken,
    /// The answer was too long.
    TooLong,
    /// It sent on elsewhere.
    Redirect,
    /// It answered, but not with yes.
    Answer,
    /// It answered that it is gone.
    Gone,
    /// It could not be signed here.
    Unsigned,
}

words!(Failure {
    Self::Refused => "refused",
    Self::Unknown => "unknown-name",
    Self::Unreachable => "unreachable",
    Self::Handshake => "handshake",
    Self::Late => "late",
    Self::Broken => "broken-off",
    Self::TooLong => "too-long",
    Self::Redirect => "redirect",
    Self::Answer => "answer",
    Self::Gone => "gone",
    Self::Unsigned => "unsigned",
});

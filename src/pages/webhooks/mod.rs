//! Webhooks, for administrators: the list of them, making one, and each of them with what was sent to it.

pub mod deed;
pub mod list;
pub mod made;
pub mod new;
pub mod show;

use super::frame::When;
use super::visit::{SignedIn, Stop};
use crate::actions::{ActionError, Noun, webhook};
use crate::model::event::EventKind;
use crate::model::webhook::{Condition, DeliveryState, Disabled, Failure, Webhook};

/// The list of webhooks.
pub const PATH: &str = "/.portcullis/webhooks";

/// The address of a webhook's page.
fn path_of(webhook: &Webhook) -> String {
    format!("{PATH}/{}", webhook.id)
}

/// What a webhook is called: its platform and where it leads.
fn name_of(webhook: &Webhook) -> String {
    format!("{} • {}", webhook.platform, webhook.url.host())
}

/// The webhook that an address names.
async fn named(signed_in: &SignedIn, id: &str) -> Result<Webhook, Stop> {
    signed_in.needs_administrator()?;
    let visit = &signed_in.visit;
    let id = visit.or_say(id.parse().map_err(|_| ActionError::Missing(Noun::Webhook)))?;
    visit.or_say(webhook::show(&visit.app, &signed_in.actor(), id).await)
}

/// Look and word of how a webhook is.
const fn badge(condition: Condition) -> (&'static str, &'static str) {
    match condition {
        Condition::Well => ("good", "webhook-well"),
        Condition::Failing => ("warn", "webhook-failing"),
        Condition::Disabled => ("bad", "webhook-disabled"),
    }
}

/// Why nothing is sent, and since when.
fn stopped(webhook: &Webhook) -> Option<(&'static str, When)> {
    let (at, why) = webhook.disabled?;
    let words = match why {
        Disabled::ByHand => "webhook-disabled-by-hand",
        Disabled::Gone => "webhook-disabled-gone",
        Disabled::Failing => "webhook-disabled-failing",
    };
    Some((words, When(at)))
}

const fn state(state: DeliveryState) -> (&'static str, &'static str) {
    match state {
        DeliveryState::Waiting => ("warn", "delivery-waiting"),
        DeliveryState::Arrived => ("good", "delivery-arrived"),
        DeliveryState::GivenUp => ("bad", "delivery-given-up"),
    }
}

const fn failure(failure: Failure) -> &'static str {
    match failure {
        Failure::Refused => "failure-refused",
        Failure::Unknown => "failure-unknown-name",
        Failure::Unreachable => "failure-unreachable",
        Failure::Handshake => "failure-handshake",
        Failure::Late => "failure-late",
        Failure::Broken => "failure-broken-off",
        Failure::TooLong => "failure-too-long",
        Failure::Redirect => "failure-redirect",
        Failure::Answer => "failure-answer",
        Failure::Gone => "failure-gone",
        Failure::Unsigned => "failure-unsigned",
    }
}

const fn event(kind: EventKind) -> &'static str {
    match kind {
        EventKind::AccountCreated => "event-account-created",
        EventKind::AccountValidated => "event-account-validated",
        EventKind::AccountUpdated => "event-account-updated",
        EventKind::AccountDeleted => "event-account-deleted",
        EventKind::AccountRecovered => "event-account-recovered",
        EventKind::AccountDisabled => "event-account-disabled",
        EventKind::SessionEnded => "event-session-ended",
        EventKind::KeyRevoked => "event-key-revoked",
        EventKind::GrantChanged => "event-grant-changed",
        EventKind::Ping => "event-test-ping",
    }
}

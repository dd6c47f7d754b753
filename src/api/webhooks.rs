//! Webhooks: where platforms are told of accounts, and how that goes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Done, Made, One, Told};
use super::call::{Call, Outcome};
use super::listing::{Page, Paging};
use super::texts::{DeliveryIdText, MomentText, SlugText, WebAddressText, WebhookIdText};
use crate::actions::webhook::{self, NewWebhook, Overlap};
use crate::model::event::EventKind;
use crate::model::webhook::{Delivery, Webhook};

/// What a webhook can be told of.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
enum EventWord {
    /// An account was made.
    #[serde(rename = "account.created")]
    AccountCreated,
    /// The address of an account was proved.
    #[serde(rename = "account.validated")]
    AccountValidated,
    /// An account says something else of itself now, or is back in use.
    #[serde(rename = "account.updated")]
    AccountUpdated,
    /// An account was ended.
    #[serde(rename = "account.deleted")]
    AccountDeleted,
    /// A deleted account is back.
    #[serde(rename = "account.recovered")]
    AccountRecovered,
    /// An account was stopped for a while.
    #[serde(rename = "account.disabled")]
    AccountDisabled,
    /// A session was ended before its time.
    #[serde(rename = "session.ended")]
    SessionEnded,
    /// A key was ended before its time.
    #[serde(rename = "key.revoked")]
    KeyRevoked,
    /// Somebody holds more or less than before.
    #[serde(rename = "grant.changed")]
    GrantChanged,
}

impl From<EventWord> for EventKind {
    fn from(word: EventWord) -> Self {
        match word {
            EventWord::AccountCreated => Self::AccountCreated,
            EventWord::AccountValidated => Self::AccountValidated,
            EventWord::AccountUpdated => Self::AccountUpdated,
            EventWord::AccountDeleted => Self::AccountDeleted,
            EventWord::AccountRecovered => Self::AccountRecovered,
            EventWord::AccountDisabled => Self::AccountDisabled,
            EventWord::SessionEnded => Self::SessionEnded,
            EventWord::KeyRevoked => Self::KeyRevoked,
            EventWord::GrantChanged => Self::GrantChanged,
        }
    }
}

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookView {
    /// Its id.
    id: WebhookIdText,
    /// The platform that is told.
    platform: SlugText,
    /// Where.
    url: WebAddressText,
    /// Of what; nothing listed is everything.
    events: Vec<&'static str>,
    /// `well`, `failing` or `disabled`.
    condition: &'static str,
    /// When it was made.
    created_at: MomentText,
    /// Since when nothing arrives.
    failing_since: Option<MomentText>,
    /// Since when nothing is sent.
    disabled_at: Option<MomentText>,
    /// Why nothing is sent: `by-hand`, `gone` or `failing`.
    disabled_because: Option<&'static str>,
    /// Until when the secret before signs too.
    old_secret_until: Option<MomentText>,
}

/// A webhook to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhookBody {
    /// The platform that is told.
    platform: SlugText,
    /// Where.
    url: WebAddressText,
    /// Of what; everything if left out or empty.
    #[serde(default)]
    #[schema(max_items = 9)]
    events: Vec<EventWord>,
}

/// A webhook with a new secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewWebhookView {
    /// The secret; shown this once.
    secret: String,
    /// Everything else of it.
    webhook: WebhookView,
}

/// How long a replaced secret goes on signing.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
enum SecretOverlapWord {
    /// Not at all: it leaked.
    #[serde(rename = "now")]
    Now,
    /// An hour.
    #[serde(rename = "1h")]
    Hour,
    /// A day.
    #[serde(rename = "24h")]
    Day,
}

/// How a secret is replaced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateSecretBody {
    /// How long the old secret goes on signing.
    overlap: SecretOverlapWord,
}

/// One event on its way to a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    /// Its id.
    id: DeliveryIdText,
    /// The event's id, as `webhook-id` has it.
    event: String,
    /// What happened.
    #[serde(rename = "type")]
    kind: &'static str,
    /// When.
    created_at: MomentText,
    /// `waiting`, `arrived` or `given-up`.
    state: &'static str,
    /// Attempts so far.
    attempts: u32,
    /// When the last one was.
    tried_at: Option<MomentText>,
    /// What it was answered.
    status: Option<u16>,
    /// What went wrong with it.
    failure: Option<&'static str>,
    /// When the next one is due.
    next_at: Option<MomentText>,
}

/// How much is sent once more.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResentView {
    /// How many events.
    count: u64,
}

impl From<&Webhook> for WebhookView {
    fn from(one: &Webhook) -> Self {
        Self {
            id: WebhookIdText(one.id),
            platform: SlugText(one.platform.clone()),
            url: WebAddressText(one.url.clone()),
            events: one.kinds.iter().map(|kind| kind.as_str()).collect(),
            condition: one.condition().as_str(),
            created_at: MomentText(one.created_at),
            failing_since: one.failing_since.map(MomentText),
            disabled_at: one.disabled.map(|(at, _)| MomentText(at)),
            disabled_because: one.disabled.map(|(_, why)| why.as_str()),
            old_secret_until: one.old_until.map(MomentText),
        }
    }
}

impl From<&Delivery> for DeliveryView {
    fn from(one: &Delivery) -> Self {
        Self {
            id: DeliveryIdText(one.id),
            event: one.event.to_string(),
            kind: one.kind.as_str(),
            created_at: MomentText(one.created_at),
            state: one.state.as_str(),
            attempts: one.attempts,
            tried_at: one.tried_at.map(MomentText),
            status: one.status,
            failure: one.failure.map(|failure| failure.as_str()),
            next_at: one.next_at.map(MomentText),
        }
    }
}

impl From<&webhook::Made> for NewWebhookView {
    fn from(made: &webhook::Made) -> Self {
        Self { secret: made.secret.expose().clone(), webhook: WebhookView::from(&made.webhook) }
    }
}

/// A page of all webhooks.
pub async fn list(call: Call, paging: Paging) -> Outcome<Page<WebhookView>> {
    let all = webhook::list(&call.app, &call.actor()?, None).await?;
    let views = all.iter().map(WebhookView::from).collect();
    Ok(paging.slice(views, |one: &WebhookView| one.id.0.to_string()))
}

/// Makes a webhook.
pub async fn create(call: Call, body: NewWebhookBody) -> Outcome<Made<NewWebhookView>> {
    let kinds = body.events.into_iter().map(EventKind::from).collect();
    let new = NewWebhook { platform: body.platform.0, url: body.url.0, kinds };
    let made = webhook::create(&call.app, &call.actor()?, new).await?;
    let at = format!("/webhooks/{}", made.webhook.id);
    Ok(Made { what: NewWebhookView::from(&made), at: Some(at) })
}

/// One webhook.
pub async fn show(call: Call, _: super::endpoint::Nothing) -> Outcome<One<WebhookView>> {
    let id: WebhookIdText = call.named("webhook")?;
    let found = webhook::show(&call.app, &call.actor()?, id.0).await?;
    Ok(One(WebhookView::from(&found)))
}

/// Gives a webhook another secret.
pub async fn rotate(call: Call, body: RotateSecretBody) -> Outcome<Told<NewWebhookView>> {
    let id: WebhookIdText = call.named("webhook")?;
    let overlap = match body.overlap {
        SecretOverlapWord::Now => Overlap::None,
        SecretOverlapWord::Hour => Overlap::Hour,
        SecretOverlapWord::Day => Overlap::Day,
    };
    let made = webhook::rotate(&call.app, &call.actor()?, id.0, overlap).await?;
    Ok(Told(NewWebhookView::from(&made)))
}

/// Lets sending go on.
pub async fn enable(call: Call) -> Outcome<Told<WebhookView>> {
    let id: WebhookIdText = call.named("webhook")?;
    let found = webhook::enable(&call.app, &call.actor()?, id.0).await?;
    Ok(Told(WebhookView::from(&found)))
}

/// Stops sending.
pub async fn disable(call: Call) -> Outcome<Told<WebhookView>> {
    let id: WebhookIdText = call.named("webhook")?;
    let found = webhook::disable(&call.app, &call.actor()?, id.0).await?;
    Ok(Told(WebhookView::from(&found)))
}

/// Sends an event that says nothing.
pub async fn test(call: Call) -> Outcome<Done> {
    let id: WebhookIdText = call.named("webhook")?;
    webhook::test(&call.app, &call.actor()?, id.0).await?;
    Ok(Done)
}

/// Removes a webhook.
pub async fn remove(call: Call) -> Outcome<Done> {
    let id: WebhookIdText = call.named("webhook")?;
    webhook::remove(&call.app, &call.actor()?, id.0).await?;
    Ok(Done)
}

/// A page of what was sent to a webhook, newest first.
pub async fn deliveries(call: Call, paging: Paging) -> Outcome<Page<DeliveryView>> {
    let id: WebhookIdText = call.named("webhook")?;
    let before = paging.after().and_then(|text| text.parse().ok());
    let actor = call.actor()?;
    let found = webhook::deliveries(&call.app, &actor, id.0, before, paging.to_read()).await?;
    let views = found.iter().map(DeliveryView::from).collect();
    Ok(paging.cut(views, |one: &DeliveryView| one.id.0.to_string()))
}

/// Sends one event once more.
pub async fn resend(call: Call) -> Outcome<Done> {
    let (id, delivery): (WebhookIdText, DeliveryIdText) = (call.named("webhook")?, call.named("delivery")?);
    webhook::resend(&call.app, &call.actor()?, id.0, delivery.0).await?;
    Ok(Done)
}

/// Sends everything once more that was given up.
pub async fn resend_all(call: Call) -> Outcome<Told<ResentView>> {
    let id: WebhookIdText = call.named("webhook")?;
    Ok(Told(ResentView { count: webhook::resend_all(&call.app, &call.actor()?, id.0).await? }))
}

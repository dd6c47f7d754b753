//! Webhooks: made by administrators, with a secret that is shown once; tried, stopped, let go on, removed. What was
//! sent and how it went is `deliveries`; `courier` sends.

pub mod courier;
mod deliveries;
mod secrets;

use std::time::Duration;

pub use self::deliveries::{deliveries, resend, resend_all};

use super::actor::Actor;
use super::error::{ActionError, Noun, Rule};
use super::events;
use crate::app::App;
use crate::model::egress::WebAddress;
use crate::model::event::{EventKind, Told};
use crate::model::id::WebhookId;
use crate::model::slug::Slug;
use crate::model::webhook::{Disabled, Webhook};
use crate::outbound;
use crate::secret::Secret;
use crate::store::Tx;
use crate::store::webhooks::{self, Sealed, Succession};
use crate::webhooks::events::PingEvent;
use crate::webhooks::message::WebhookSecret;

/// A webhook to be.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// The platform that is told.
    pub platform: Slug,
    /// Where.
    pub url: WebAddress,
    /// Of what; none is everything.
    pub kinds: Vec<EventKind>,
}

/// A webhook whose secret was just made: the only moment it is known.
pub struct Made {
    /// The webhook.
    pub webhook: Webhook,
    /// What the receiver keeps.
    pub secret: Secret<String>,
}

/// How long a replaced secret goes on signing beside its successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// Not at all: it leaked.
    None,
    /// An hour.
    Hour,
    /// A day.
    Day,
}

impl Overlap {
    const fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::None => 0,
            Self::Hour => 3_600,
            Self::Day => 24 * 3_600,
        })
    }
}

/// Makes a webhook of a platform that configuration knows.
///
/// # Errors
/// `Denied` for all but administrators, `Missing` for the platform, `Refused` for an address that may not be called,
/// `Taken` when the platform has one there.
pub async fn create(app: &App, actor: &Actor, new: NewWebhook) -> Result<Made, ActionError> {
    let mut tx = begin(app, actor).await?;
    let config = app.config.load();
    if !config.routing.platforms.contains_key(&new.platform) {
        return Err(ActionError::Missing(Noun::Platform));
    }
    outbound::may_be_entered(&new.url, &config.egress).map_err(|why| match why {
        outbound::Refused::Insecure => Rule::NotHttps,
        outbound::Refused::NotPublic | outbound::Refused::Name => Rule::NotPublic,
    })?;
    let webhook = Webhook {
        id: WebhookId::mint(),
        platform: new.platform,
        url: new.url,
        kinds: new.kinds,
        created_at: app.clock.now(),
        old_until: None,
        failing_since: None,
        disabled: None,
    };
    let secret = WebhookSecret::mint();
    webhooks::insert(&mut tx, &webhook, &secrets::sealed(app, webhook.id, &secret)?).await?;
    finish(app, actor, tx, &webhook, "webhook.created").await?;
    Ok(Made { webhook, secret: secret.text() })
}

/// All webhooks, or those of one platform.
///
/// # Errors
/// `Denied` for all but administrators.
pub async fn list(app: &App, actor: &Actor, platform: Option<&Slug>) -> Result<Vec<Webhook>, ActionError> {
    actor.oversees_as_administrator()?;
    Ok(webhooks::list(&app.store, platform).await?)
}

/// One webhook.
///
/// # Errors
/// `Denied` for all but administrators, `Missing`.
pub async fn show(app: &App, actor: &Actor, id: WebhookId) -> Result<Webhook, ActionError> {
    actor.oversees_as_administrator()?;
    let found = webhooks::by_id(&app.store, id).await?;
    found.map(|found| found.webhook).ok_or(ActionError::Missing(Noun::Webhook))
}

/// Makes a new secret; the one before goes on signing beside it for as long as was said.
///
/// # Errors
/// As [`show`].
pub async fn rotate(app: &App, actor: &Actor, id: WebhookId, overlap: Overlap) -> Result<Made, ActionError> {
    let (mut tx, held) = begin_on(app, actor, id).await?;
    let fresh = WebhookSecret::mint();
    let sealed = secrets::sealed(app, id, &fresh)?;
    let until = app.clock.now().plus(overlap.length());
    let old = match overlap {
        Overlap::None => None,
        Overlap::Hour | Overlap::Day => Some(secrets::moved(app, &held)?),
    };
    let to = Succession { secret: &sealed, old: old.as_deref().map(|old| (old, until)) };
    webhooks::rotate(&mut tx, id, to).await?;
    let webhook = Webhook { old_until: old.is_some().then_some(until), ..held.webhook };
    finish(app, actor, tx, &webhook, "webhook.rotated").await?;
    Ok(Made { webhook, secret: fresh.text() })
}

/// Stops sending. What waits goes on waiting; what happens meanwhile is only in the feed.
///
/// # Errors
/// As [`show`].
pub async fn disable(app: &App, actor: &Actor, id: WebhookId) -> Result<Webhook, ActionError> {
    let (mut tx, held) = begin_on(app, actor, id).await?;
    let disabled = held.webhook.disabled.or(Some((app.clock.now(), Disabled::ByHand)));
    webhooks::set_disabled(&mut tx, id, disabled).await?;
    let webhook = Webhook { disabled, ..held.webhook };
    finish(app, actor, tx, &webhook, "webhook.disabled").await?;
    Ok(webhook)
}

/// Lets sending go on.
///
/// # Errors
/// As [`show`].
pub async fn enable(app: &App, actor: &Actor, id: WebhookId) -> Result<Webhook, ActionError> {
    let (mut tx, held) = begin_on(app, actor, id).await?;
    webhooks::set_disabled(&mut tx, id, None).await?;
    let webhook = Webhook { disabled: None, failing_since: None, ..held.webhook };
    finish(app, actor, tx, &webhook, "webhook.enabled").await?;
    Ok(webhook)
}

/// Removes a webhook, with all that waits for it.
///
/// # Errors
/// As [`show`].
pub async fn remove(app: &App, actor: &Actor, id: WebhookId) -> Result<(), ActionError> {
    let (mut tx, held) = begin_on(app, actor, id).await?;
    webhooks::remove(&mut tx, id).await?;
    finish(app, actor, tx, &held.webhook, "webhook.removed").await
}

/// Sends an event that says nothing, to see whether it arrives.
///
/// # Errors
/// As [`show`]; `Refused` while nothing is sent there.
pub async fn test(app: &App, actor: &Actor, id: WebhookId) -> Result<Webhook, ActionError> {
    let (mut tx, held) = begin_on(app, actor, id).await?;
    if held.webhook.disabled.is_some() {
        return Err(Rule::WebhookDisabled.into());
    }
    let data = PingEvent { platform: held.webhook.platform.to_string() };
    events::put(app, &mut tx, (EventKind::Ping, None, &Told::Webhook(id)), data)?;
    finish(app, actor, tx, &held.webhook, "webhook.tested").await?;
    Ok(held.webhook)
}

/// Begins a change that administrators may make.
async fn begin(app: &App, actor: &Actor) -> Result<Tx, ActionError> {
    actor.needs_person()?;
    let mut tx = app.store.begin().await?;
    actor.administers(&mut tx).await?;
    Ok(tx)
}

/// The same on one webhook, its row held.
async fn begin_on(app: &App, actor: &Actor, id: WebhookId) -> Result<(Tx, Sealed), ActionError> {
    let mut tx = begin(app, actor).await?;
    let held = webhooks::hold(&mut tx, id).await?.ok_or(ActionError::Missing(Noun::Webhook))?;
    Ok((tx, held))
}

async fn finish(
    app: &App,
    actor: &Actor,
    mut tx: Tx,
    webhook: &Webhook,
    act: &'static str,
) -> Result<(), ActionError> {
    let mut entry = actor.entry(act, format!("webhook {}", webhook.id));
    entry.detail = format!("platform={} host={}", webhook.platform, webhook.url.host());
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(())
}

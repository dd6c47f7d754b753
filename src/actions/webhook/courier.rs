//! Sends what is due. One run for each webhook at a time, so that a slow one holds up nobody else; what fails is
//! tried alone until something arrives. An attempt is written down before it is made: whoever dies in between has
//! sent it perhaps, and somebody sends it again.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::super::actor::Actor;
use super::super::error::ActionError;
use super::{finish, secrets};
use crate::app::App;
use crate::model::id::WebhookId;
use crate::model::webhook::{Disabled, Failure, Webhook};
use crate::outbound::{Call, ExchangeError, OutboundError};
use crate::store::deliveries::{self, Missed, Taken};
use crate::store::webhooks::{self, Sealed};
use crate::webhooks::message;

/// Webhooks that are sent to at once.
const RUNS: usize = 64;

/// Messages under way to one webhook that works.
const AT_ONCE: i64 = 8;

/// How long a delivery belongs to whoever took it; longer than any attempt.
const HELD: Duration = Duration::from_secs(40);

/// How long nothing may arrive before a webhook is stopped.
const BORNE: Duration = Duration::from_secs(5 * 24 * 60 * 60);

/// Who is under way where.
pub struct Courier {
    running: Mutex<HashSet<WebhookId>>,
    places: Arc<Semaphore>,
}

impl Default for Courier {
    fn default() -> Self {
        Self { running: Mutex::default(), places: Arc::new(Semaphore::new(RUNS)) }
    }
}

/// A run that ends when it is dropped, however that comes.
struct Run {
    courier: Arc<Courier>,
    webhook: WebhookId,
    _place: tokio::sync::OwnedSemaphorePermit,
}

impl Courier {
    /// A run, unless there is one or no place is left.
    fn begin(self: &Arc<Self>, webhook: WebhookId) -> Option<Run> {
        let place = self.places.clone().try_acquire_owned().ok()?;
        let fresh = self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(webhook);
        fresh.then(|| Run { courier: self.clone(), webhook, _place: place })
    }

    /// Waits until nobody is under way.
    pub async fn settled(&self) {
        let all = u32::try_from(RUNS).unwrap_or(u32::MAX);
        drop(self.places.acquire_many(all).await);
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.courier.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.webhook);
    }
}

/// Begins a run for each webhook that something is due for. They go on by themselves.
///
/// # Errors
/// The store's.
pub async fn round(app: &Arc<App>, courier: &Arc<Courier>) -> Result<(), ActionError> {
    for webhook in webhooks::due(&app.store, app.clock.now()).await? {
        if let Some(run) = courier.begin(webhook) {
            let app = app.clone();
            tokio::spawn(async move {
                if let Err(error) = run.go(&app).await {
                    tracing::warn!(%error, webhook = %run.webhook, "a webhook cannot be served");
                }
            });
        }
    }
    Ok(())
}

/// Shows how much waits.
///
/// # Errors
/// The store's.
pub async fn count(app: &App) -> Result<(), ActionError> {
    app.metrics.webhooks.waiting.set(deliveries::waiting(&app.store).await?);
    Ok(())
}

impl Run {
    /// Sends until nothing is due, or nothing arrives.
    async fn go(&self, app: &Arc<App>) -> Result<(), ActionError> {
        loop {
            let found = webhooks::by_id(&app.store, self.webhook).await?;
            let Some(held) = found.filter(|found| found.webhook.disabled.is_none()) else { return Ok(()) };
            let limit = if held.webhook.failing_since.is_some() { 1 } else { AT_ONCE };
            let now = app.clock.now();
            let taken = deliveries::take(&app.store, self.webhook, (now, now.plus(HELD)), limit).await?;
            if taken.is_empty() {
                return Ok(());
            }
            let (held, mut under_way) = (Arc::new(held), JoinSet::new());
            for one in taken {
                let (app, held) = (app.clone(), held.clone());
                under_way.spawn(async move { attempt(&app, &held, one).await });
            }
            let mut arrived = false;
            while let Some(done) = under_way.join_next().await {
                arrived |= matches!(done, Ok(Ok(Outcome::Arrived)));
            }
            if !arrived {
                return Ok(());
            }
        }
    }
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Arrived,
    Missed,
}

/// Makes one attempt and notes how it went.
async fn attempt(app: &App, held: &Sealed, taken: Taken) -> Result<Outcome, ActionError> {
    let (outcome, webhook) = (sent(app, held, &taken).await, &held.webhook);
    let now = app.clock.now();
    let (status, failure) = match outcome {
        Ok(status) => {
            deliveries::arrived(&app.store, taken.id, status, now).await?;
            webhooks::works(&app.store, webhook.id).await?;
            app.metrics.webhooks.arrived.inc();
            return Ok(Outcome::Arrived);
        }
        Err(missed) => missed,
    };
    app.metrics.webhooks.missed.inc();
    let next_at = message::pause(taken.attempts).map(|pause| now.plus(pause));
    if next_at.is_none() {
        app.metrics.webhooks.given_up.inc();
    }
    deliveries::missed(&app.store, taken.id, Missed { status, failure, next_at }, now).await?;
    webhooks::fails(&app.store, webhook.id, now).await?;
    let long = webhook.failing_since.is_some_and(|since| now.since(since) >= BORNE);
    match failure {
        Failure::Gone => stop(app, webhook.id, Disabled::Gone).await?,
        _ if long => stop(app, webhook.id, Disabled::Failing).await?,
        _ => {}
    }
    Ok(Outcome::Missed)
}

/// Sends one message. The status of a yes, or what went wrong.
async fn sent(app: &App, held: &Sealed, taken: &Taken) -> Result<u16, (Option<u16>, Failure)> {
    let now = app.clock.now();
    let secrets = secrets::signing(app, held, now).map_err(|error| {
        tracing::error!(%error, webhook = %held.webhook.id, "the secret of a webhook cannot be read: it");
        (None, Failure::Unsigned)
    })?;
    let signed = message::headers(taken.event, now, &taken.body, &secrets);
    let headers = signed.map_err(|_| (None, Failure::Unsigned))?;
    let call = Call {
        url: &held.webhook.url,
        method: Method::POST,
        headers,
        body: Bytes::copy_from_slice(taken.body.as_bytes()),
    };
    let config = app.config.load_full();
    let reply = app.outbound.call(call, &config.egress).await.map_err(|error| (None, failure(&error)))?;
    match reply.status {
        200..300 => Ok(reply.status),
        300..400 => Err((Some(reply.status), Failure::Redirect)),
        410 => Err((Some(reply.status), Failure::Gone)),
        other => Err((Some(other), Failure::Answer)),
    }
}

const fn failure(error: &OutboundError) -> Failure {
    match error {
        OutboundError::Refused(_) => Failure::Refused,
        OutboundError::Unknown(_) => Failure::Unknown,
        OutboundError::Unreachable(_) => Failure::Unreachable,
        OutboundError::NoTls(_) | OutboundError::Handshake(_) => Failure::Handshake,
        OutboundError::Exchange(ExchangeError::Broken(_) | ExchangeError::CutOff) => Failure::Broken,
        OutboundError::Exchange(ExchangeError::TooLong) => Failure::TooLong,
        OutboundError::Late => Failure::Late,
    }
}

/// Stops a webhook that does not work.
async fn stop(app: &App, id: WebhookId, why: Disabled) -> Result<(), ActionError> {
    let mut tx = app.store.begin().await?;
    let Some(held) = webhooks::hold(&mut tx, id).await? else { return Ok(()) };
    if held.webhook.disabled.is_some() {
        return Ok(());
    }
    webhooks::set_disabled(&mut tx, id, Some((app.clock.now(), why))).await?;
    tracing::warn!(webhook = %id, platform = %held.webhook.platform, reason = why.as_str(), "a webhook was disabled");
    let webhook = Webhook { disabled: Some((app.clock.now(), why)), ..held.webhook };
    finish(app, &Actor::gate(), tx, &webhook, "webhook.disabled").await
}

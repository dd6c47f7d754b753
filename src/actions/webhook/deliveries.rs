//! What was sent to a webhook and how it went, and sending it once more.

use super::super::actor::Actor;
use super::super::error::{ActionError, Noun};
use super::{begin_on, finish, show};
use crate::app::App;
use crate::model::id::{DeliveryId, WebhookId};
use crate::model::webhook::Delivery;
use crate::store;

/// Deliveries of a webhook, the newest event first, before one where that is said.
///
/// # Errors
/// `Denied` for all but administrators, `Missing`.
pub async fn deliveries(
    app: &App,
    actor: &Actor,
    id: WebhookId,
    before: Option<DeliveryId>,
    limit: u32,
) -> Result<Vec<Delivery>, ActionError> {
    show(app, actor, id).await?;
    Ok(store::deliveries::of_webhook(&app.store, id, before, limit).await?)
}

/// Sends an event once more, whatever became of it, under the same id.
///
/// # Errors
/// As [`deliveries`].
pub async fn resend(
    app: &App,
    actor: &Actor,
    id: WebhookId,
    delivery: DeliveryId,
) -> Result<(), ActionError> {
    let (mut tx, held) = begin_on(app, actor, id).await?;
    if !store::deliveries::again(&mut tx, id, delivery, app.clock.now()).await? {
        return Err(ActionError::Missing(Noun::Delivery));
    }
    finish(app, actor, tx, &held.webhook, "webhook.resent").await
}

/// Sends everything once more that was given up. How much that is.
///
/// # Errors
/// As [`deliveries`].
pub async fn resend_all(app: &App, actor: &Actor, id: WebhookId) -> Result<u64, ActionError> {
    let (mut tx, held) = begin_on(app, actor, id).await?;
    let count = store::deliveries::all_again(&mut tx, id, app.clock.now()).await?;
    if count > 0 {
        finish(app, actor, tx, &held.webhook, "webhook.resent").await?;
    }
    Ok(count)
}

//! One webhook: how it is, and what was sent to it, page by page.

use askama::Template;
use axum::extract::{Path, Query};
use serde::Deserialize;

use super::{badge, event, failure, name_of, named, path_of, state, stopped};
use crate::actions::{ActionError, Noun, webhook};
use crate::model::id::DeliveryId;
use crate::model::webhook::{Delivery, Webhook};
use crate::pages::frame::{Frame, When};
use crate::pages::step_up;
use crate::pages::visit::{Outcome, Overseer};
use crate::web::fields::Fields;

/// Rows on one page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "pages/webhooks/show.html")]
struct Page {
    frame: Frame,
    webhook: Webhook,
    path: String,
    badge: (&'static str, &'static str),
    stopped: Option<(&'static str, When)>,
    failing: Option<When>,
    old_ends: Option<When>,
    created: When,
    events: Vec<&'static str>,
    rows: Vec<Row>,
    given_up: bool,
    next: Option<String>,
}

struct Row {
    id: String,
    event: String,
    kind: &'static str,
    created: When,
    state: (&'static str, &'static str),
    attempts: u32,
    tried: Option<When>,
    failure: Option<&'static str>,
    status: Option<u16>,
    next: Option<When>,
}

impl From<&Delivery> for Row {
    fn from(one: &Delivery) -> Self {
        Self {
            id: one.id.to_string(),
            event: one.event.to_string(),
            kind: event(one.kind),
            created: When(one.created_at),
            state: state(one.state),
            attempts: one.attempts,
            tried: one.tried_at.map(When),
            failure: one.failure.map(failure),
            status: one.status,
            next: one.next_at.map(When),
        }
    }
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// The last row of the page before.
    before: Option<String>,
}

/// Shows the page.
pub async fn show(
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    Overseer(signed_in): Overseer,
) -> Outcome {
    let webhook = named(&signed_in, &id).await?;
    let visit = &signed_in.visit;
    let before = asked.before.and_then(|text| text.parse().ok());
    let limit = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    let found = webhook::deliveries(&visit.app, &signed_in.actor(), webhook.id, before, limit).await;
    let mut found = visit.or_say(found)?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let rows: Vec<Row> = found.iter().map(Row::from).collect();
    let last = rows.last().filter(|_| more);
    let page = Page {
        frame: signed_in.frame_called(&name_of(&webhook)),
        path: path_of(&webhook),
        badge: badge(webhook.condition()),
        stopped: stopped(&webhook),
        failing: webhook.failing_since.filter(|_| webhook.disabled.is_none()).map(When),
        old_ends: webhook.old_until.filter(|end| visit.app.clock.now() < *end).map(When),
        created: When(webhook.created_at),
        events: webhook.kinds.iter().map(|kind| event(*kind)).collect(),
        given_up: rows.iter().any(|row| row.state.1 == "delivery-given-up"),
        next: last.map(|row| format!("{}?before={}", path_of(&webhook), row.id)),
        rows,
        webhook,
    };
    Ok(visit.show(&page))
}

/// Sends something once more.
pub async fn resend(
    Path((id, delivery)): Path<(String, String)>,
    Overseer(signed_in): Overseer,
    fields: Fields,
) -> Outcome {
    let mut signed_in = signed_in;
    let webhook = named(&signed_in, &id).await?;
    let delivery: Result<DeliveryId, _> = delivery.parse();
    let missing = delivery.map_err(|_| ActionError::Missing(Noun::Delivery));
    let delivery = signed_in.visit.or_say(missing)?;
    step_up::fresh(&mut signed_in, &fields).await?;
    let visit = &signed_in.visit;
    visit.or_say(webhook::resend(&visit.app, &signed_in.actor(), webhook.id, delivery).await)?;
    Ok(signed_in.visit.go_saying(&path_of(&webhook), "flash-webhook-resent"))
}

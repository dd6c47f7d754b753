//! All webhooks, and how they are.

use askama::Template;

use super::{badge, path_of};
use crate::actions::webhook;
use crate::pages::frame::Frame;
use crate::pages::visit::{Outcome, Overseer};

#[derive(Template)]
#[template(path = "pages/webhooks/list.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    path: String,
    platform: String,
    url: String,
    badge: (&'static str, &'static str),
    events: usize,
}

/// Shows the list.
pub async fn show(Overseer(signed_in): Overseer) -> Outcome {
    signed_in.needs_administrator()?;
    let visit = &signed_in.visit;
    let all = visit.or_say(webhook::list(&visit.app, &signed_in.actor(), None).await)?;
    let rows = all.iter().map(|one| Row {
        path: path_of(one),
        platform: one.platform.to_string(),
        url: one.url.to_string(),
        badge: badge(one.condition()),
        events: one.kinds.len(),
    });
    Ok(visit.show(&Page { frame: signed_in.frame("nav-webhooks"), rows: rows.collect() }))
}

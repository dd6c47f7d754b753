//! A secret that was just made: the only page that ever shows it.

use askama::Template;
use axum::response::Response;

use super::{name_of, path_of};
use crate::actions::webhook::Made;
use crate::pages::frame::{Frame, When};
use crate::pages::visit::SignedIn;

#[derive(Template)]
#[template(path = "pages/webhooks/made.html")]
struct Page {
    frame: Frame,
    name: String,
    path: String,
    secret: String,
    old_ends: Option<When>,
}

/// Shows it.
pub(super) fn show(signed_in: &SignedIn, made: &Made) -> Response {
    let page = Page {
        frame: signed_in.frame("webhook-made-title"),
        name: name_of(&made.webhook),
        path: path_of(&made.webhook),
        secret: made.secret.expose().clone(),
        old_ends: made.webhook.old_until.map(When),
    };
    signed_in.visit.show(&page)
}

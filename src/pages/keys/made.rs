//! A key that was just made: the only page that ever shows it.

use askama::Template;
use axum::response::Response;

use super::super::frame::{Frame, When};
use super::super::visit::SignedIn;
use crate::actions::api_key::Made;
use crate::web::door;

#[derive(Template)]
#[template(path = "pages/keys/made.html")]
struct Page {
    frame: Frame,
    name: String,
    key: String,
    address: String,
    ends: Option<When>,
    old_ends: Option<When>,
}

/// Shows it.
pub(super) fn show(signed_in: &SignedIn, made: &Made) -> Response {
    let config = signed_in.visit.app.config.load();
    let (host, path) = door::of_key(&config, &made.key);
    let page = Page {
        frame: signed_in.frame("key-made-title"),
        name: made.key.name.to_string(),
        key: made.text.expose().clone(),
        address: format!("{}{path}", config.origin_of(host)),
        ends: made.key.ends_at().map(When),
        old_ends: made.previous_ends.map(When),
    };
    signed_in.visit.show(&page)
}

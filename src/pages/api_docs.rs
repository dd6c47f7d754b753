//! The reference of the API, for readers. It says nothing about this installation, so anybody may read it.

use std::sync::Arc;

use askama::Template;

use super::frame::Frame;
use super::visit::{Anybody, Outcome};
use crate::web::reference::Reference;

#[derive(Template)]
#[template(path = "pages/api_docs.html")]
struct Page {
    frame: Frame,
    reference: Arc<Reference>,
    origin: Arc<str>,
}

/// Shows it.
pub async fn show(anybody: Anybody) -> Outcome {
    let visit = &anybody.visit;
    let (reference, origin) =
        (visit.reception.reference.clone(), visit.app.config.load().public_url.origin.clone());
    let frame = Frame::of(visit, "api-docs-title", anybody.person.as_ref());
    Ok(visit.show(&Page { frame, reference, origin }))
}

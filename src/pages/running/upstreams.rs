//! The apps behind the gate, and how each of their addresses does on this node.

use askama::Template;

use crate::pages::frame::{Frame, When};
use crate::pages::visit::{Outcome, Overseer};
use crate::web::insight::{TargetView, UpstreamView};

#[derive(Template)]
#[template(path = "pages/running/upstreams.html")]
struct Page {
    frame: Frame,
    upstreams: Vec<(String, Vec<Row>)>,
}

struct Row {
    target: TargetView,
    ejected: Option<When>,
    error_at: Option<When>,
}

/// Shows them.
pub async fn show(Overseer(signed_in): Overseer) -> Outcome {
    let visit = &signed_in.visit;
    let mut upstreams: Vec<_> = visit.reception.insight.upstreams().into_iter().map(rows).collect();
    upstreams.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(visit.show(&Page { frame: signed_in.frame("nav-upstreams"), upstreams }))
}

fn rows(upstream: UpstreamView) -> (String, Vec<Row>) {
    let row = |target: TargetView| Row {
        ejected: target.ejected_until.map(When),
        error_at: target.last_error_at.map(When),
        target,
    };
    (upstream.name, upstream.targets.into_iter().map(row).collect())
}

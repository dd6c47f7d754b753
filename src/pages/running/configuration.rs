//! The configuration in force, with the place of every value and secrets masked, and the last reload.

use askama::Template;

use crate::pages::frame::{Frame, When};
use crate::pages::visit::{Outcome, Overseer};
use crate::web::insight::ReloadView;

#[derive(Template)]
#[template(path = "pages/running/configuration.html")]
struct Page {
    frame: Frame,
    reload: Option<(ReloadView, When)>,
    text: String,
}

/// Shows it to administrators.
pub async fn show(Overseer(signed_in): Overseer) -> Outcome {
    signed_in.needs_administrator()?;
    let visit = &signed_in.visit;
    let insight = &visit.reception.insight;
    let reload = insight.reload().map(|reload| {
        let at = When(reload.at);
        (reload, at)
    });
    Ok(visit.show(&Page {
        frame: signed_in.frame("nav-configuration"),
        reload,
        text: insight.configuration(),
    }))
}

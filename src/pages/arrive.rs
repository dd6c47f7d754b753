//! Arriving on a protected host from the sign-in page: the code becomes this host's session cookie. Without a
//! code it is where a sign-in for this host begins.

use axum::extract::Query;
use serde::Deserialize;

use super::sign_in::{address, kept};
use super::visit::{Outcome, Visit};
use crate::actions::hand_off;
use crate::secret::Secret;
use crate::web::cookie;
use crate::web::flow::Flow;
use crate::web::target::Target;

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// The code of a hand-off.
    #[serde(default)]
    code: String,
    /// The sealed target that it belongs to.
    #[serde(default)]
    to: String,
    /// Without a code: the path on this host to come to.
    #[serde(default)]
    at: String,
}

/// Takes the code, or leads to the sign-in page. A code that does not work sets nothing; the page that was
/// wanted then begins anew, and a loop of that is broken there.
pub async fn arrive(Query(asked): Query<Asked>, visit: Visit) -> Outcome {
    let mut visit = visit;
    let now = visit.app.clock.now();
    let flow = Flow::read_or_begin(visit.cookie(cookie::FLOW));
    let target = Target::open(&visit.app, &asked.to).filter(|target| *target.host == *visit.met.host);
    let Some(target) = target.filter(|_| !asked.code.is_empty()) else {
        visit.set(flow.cookie());
        let target = Target::at(&visit.met.host, &asked.at, now).with_flow(flow.token());
        let public = visit.app.config.load().public_url.origin.clone();
        return Ok(visit.go(&format!("{public}{}", address(&visit.app, &target))));
    };
    let code = Secret::new(asked.code);
    let bound = Secret::new(flow.token().to_owned());
    let arrived = hand_off::arrive(&visit.app, visit.origin(), &visit.met.host, &code, &bound).await;
    if let Some(arrived) = visit.or_say(arrived)? {
        let kept = kept(&visit.app, &arrived.session);
        visit.hold_session(&arrived.token, kept);
    }
    visit.set(flow.arrived(now).cookie());
    Ok(visit.go(&target.path))
}

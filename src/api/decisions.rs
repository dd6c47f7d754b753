//! What the node that answers decided about a request, as long as that is remembered.

use http::StatusCode;

use super::answer::Told;
use super::call::{Call, Outcome};
use super::endpoint::Nothing;
use super::texts::RequestIdText;
use crate::web::insight::DecisionView;
use crate::web::problem::Problem;

/// One decision.
pub async fn show(call: Call, _: Nothing) -> Outcome<Told<DecisionView>> {
    let request: RequestIdText = call.named("request")?;
    let found = call.insight.decision(&request.0);
    Ok(Told(found.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "no-decision"))?))
}

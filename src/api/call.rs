//! What endpoints are handed of a call, and how they say no.

use axum::Extension;
use axum::response::{IntoResponse, Response};

use crate::actions::Origin;
use crate::model::caller::Caller;
use crate::web::problem::Problem;

/// Who is on the line.
pub type OnTheLine = Extension<Caller>;

/// A problem as an endpoint's answer.
pub fn say(problem: &Problem, caller: &Caller) -> Response {
    problem.for_programs(&caller.request_id).map(axum::body::Body::from).into_response()
}

/// Where a wish on this call comes from, for the audit trail.
pub const fn origin(caller: &Caller) -> Origin {
    Origin { address: Some(caller.address), request: Some(caller.request_id) }
}

//! The drop-box for leaked keys: whoever holds a key's whole text may end it. The answer does not say
//! whether there was such a key.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::call::{self, OnTheLine};
use crate::actions::api_key::report::{Reported, report as report_key};
use crate::app::App;
use crate::auth::credentials::LONGEST_KEY;
use crate::model::quota::Verdict;
use crate::secret::Secret;
use crate::web::problem::Problem;

/// Takes a key as the whole body, in plain text. 202 whatever came of it; 400 for what can be no key.
pub async fn report(State(app): State<Arc<App>>, Extension(caller): OnTheLine, body: Bytes) -> Response {
    let text = std::str::from_utf8(&body).map(str::trim).unwrap_or_default();
    if text.is_empty() || text.len() > LONGEST_KEY {
        return call::say(&Problem::new(StatusCode::BAD_REQUEST, "no-key-in-body"), &caller);
    }
    let now = app.clock.now();
    if let Verdict::Wait(wait) = app.limits.before_unknown(caller.address, None, now) {
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-failures");
        return call::say(&Problem { retry_after: Some(wait), ..problem }, &caller);
    }
    match report_key(&app, call::origin(&caller), &Secret::new(text.to_owned())).await {
        Ok(reported) => {
            if reported == Reported::Nothing {
                app.limits.failed(caller.address, None, now);
            }
            StatusCode::ACCEPTED.into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a reported key could not be ended");
            call::say(&Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable"), &caller)
        }
    }
}

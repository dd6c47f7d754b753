//! What the gate answers itself: `/.portcullis/` on every host, and two well-known documents on the public
//! one unless a route claims them (product decision 1).

use axum::Router;
use http::header::HOST;
use http::{Method, Request, Response};
use http_body_util::Limited;
use hyper::body::Incoming;
use tower::ServiceExt;

use super::Plan;
use super::answer::harden;
use super::body::Body;
use super::routes::Found;
use crate::model::caller::Caller;
use crate::model::route::PathRule;

/// The prefix that is the gate's on every host.
const PREFIX: &str = "/.portcullis/";

/// Documents on the public host.
const WELL_KNOWN: [&str; 2] = ["/.well-known/portcullis", "/.well-known/jwks.json"];

/// Endpoints that exist on the public origin only.
const PUBLIC_ONLY: [&str; 1] = ["/.portcullis/keys/report"];

/// Longest body that an endpoint reads, in bytes.
const LONGEST_BODY: usize = 64 * 1024;

/// Whether the gate answers this path on this host itself.
pub fn is_own(path: &str, host: &str, plan: &Plan) -> bool {
    if !path.starts_with("/.") || !plan.table.knows(host) {
        return false;
    }
    let public = *plan.config.public_url.host == *host;
    if path.starts_with(PREFIX) {
        return public || !PUBLIC_ONLY.contains(&path);
    }
    public && WELL_KNOWN.contains(&path) && !is_claimed(path, host, plan)
}

/// Whether a route was written for the well-known paths, not merely for everything.
fn is_claimed(path: &str, host: &str, plan: &Plan) -> bool {
    match plan.table.find(host, path, &Method::GET) {
        Found::Route(served) => match &served.route.path {
            PathRule::Prefix(prefix) | PathRule::Exact(prefix) => prefix.starts_with("/.well-known"),
        },
        Found::NoRoute | Found::NoMethod(_) | Found::NoHost => false,
    }
}

/// Lets the endpoints answer.
pub async fn answer(endpoints: &Router, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
    let mut request = request.map(|body| axum::body::Body::new(Limited::new(body, LONGEST_BODY)));
    request.extensions_mut().insert(caller.clone());
    request.headers_mut().remove(HOST);
    let mut response = match endpoints.clone().oneshot(request).await {
        Ok(response) => response.map(Body::Guest),
        Err(never) => match never {},
    };
    harden(response.headers_mut());
    response
}

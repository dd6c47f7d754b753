//! What the gate answers itself: `/.portcullis/` on every host, and two well-known documents on the public
//! one unless a route claims them.

use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use bytes::Bytes;
use http::header::{ACCEPT_LANGUAGE, HOST};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as HttpBody;
use tokio::time::timeout;
use tower::ServiceExt;

use super::Plan;
use super::answer::harden;
use super::body::Body;
use super::forward::Call;
use super::routes::Found;
use crate::api;
use crate::model::caller::Caller;
use crate::model::route::PathRule;
use crate::pages::{self, trouble};
use crate::web::negotiate::Signs;
use crate::web::problem::Problem;
use crate::web::{Met, Reception};

/// The prefix that is the gate's on every host.
const PREFIX: &str = "/.portcullis/";

/// Documents on the public host.
const WELL_KNOWN: [&str; 2] = ["/.well-known/portcullis", "/.well-known/jwks.json"];

/// What hosts other than the public one serve of it: arriving from a sign-in, signing out, what pages load,
/// and the keys that assertions are signed with.
const EVERYWHERE: [&str; 3] = ["/.portcullis/arrive", "/.portcullis/sign-out", "/.portcullis/jwks.json"];

/// The folder of what pages load.
const ASSETS: &str = "/.portcullis/assets/";

/// Longest body that an endpoint reads, in bytes.
const LONGEST_BODY: usize = 64 * 1024;

/// Longest wait for the whole of such a body.
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// Whether the gate answers this path on this host itself.
pub fn is_own(path: &str, host: &str, plan: &Plan) -> bool {
    if !path.starts_with("/.") || !plan.table.knows(host) {
        return false;
    }
    let public = *plan.config.public_url.host == *host;
    if path.starts_with(PREFIX) {
        return public || EVERYWHERE.contains(&path) || path.starts_with(ASSETS);
    }
    public && WELL_KNOWN.contains(&path) && !is_claimed(path, host, plan)
}

/// Whether a route was written for the well-known paths, not merely for everything.
fn is_claimed(path: &str, host: &str, plan: &Plan) -> bool {
    match plan.table.find(host, path, &Method::GET) {
        Found::Route(served) => match &served.route.path {
            PathRule::Prefix(prefix) | PathRule::Exact(prefix) => prefix.starts_with("/.well-known"),
        },
        Found::NoRoute | Found::NoMethod(_) | Found::TwoRoutes | Found::NoHost => false,
    }
}

/// Pages and endpoints together.
pub fn endpoints(reception: Reception) -> Router {
    let reception = Arc::new(reception);
    let api = api::endpoints(reception.clone());
    let all = pages::router(reception.clone()).merge(api);
    all.fallback(nothing_here).method_not_allowed_fallback(other_method).layer(Extension(reception))
}

/// There is no page and no endpoint at this path.
async fn nothing_here(
    Extension(reception): Extension<Arc<Reception>>,
    Extension(caller): Extension<Caller>,
    head: Parts,
) -> Response<axum::body::Body> {
    no(&Problem::new(StatusCode::NOT_FOUND, "not-found"), &reception, &caller, &head)
}

/// What is there takes other methods.
async fn other_method(
    Extension(reception): Extension<Arc<Reception>>,
    Extension(caller): Extension<Caller>,
    head: Parts,
) -> Response<axum::body::Body> {
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed");
    no(&problem, &reception, &caller, &head)
}

fn no(problem: &Problem, reception: &Reception, caller: &Caller, head: &Parts) -> Response<axum::body::Body> {
    let answer = match Signs::of(&head.headers).is_navigation(&head.method) {
        true => {
            let languages = head.headers.get(ACCEPT_LANGUAGE);
            trouble::page(problem, &caller.request_id, languages, &reception.app.config.load().pages)
        }
        false => problem.for_programs(&caller.request_id),
    };
    answer.map(axum::body::Body::from)
}

/// Lets the endpoints answer, once the whole body is there.
pub async fn answer(
    endpoints: &Router,
    caller: &Caller,
    host: &str,
    Call { head, body, .. }: Call,
) -> Response<Body> {
    let named = head.uri.authority().map(|named| named.as_str().into());
    let field = || head.headers.get(HOST).and_then(|host| host.to_str().ok()).map(Into::into);
    let met = Met { host: host.into(), named: named.or_else(field) };
    let body = match body {
        Some(body) => whole(body, BODY_DEADLINE).await,
        None => Ok(Bytes::new()),
    };
    let body = match body {
        Ok(bytes) => axum::body::Body::from(bytes),
        Err(problem) => {
            let mut response = problem.for_programs(&caller.request_id).map(|bytes| Body::Own(Some(bytes)));
            harden(response.headers_mut());
            return response;
        }
    };
    let mut request = Request::from_parts(head, body);
    request.extensions_mut().insert(caller.clone());
    request.extensions_mut().insert(met);
    request.headers_mut().remove(HOST);
    let mut response = match endpoints.clone().oneshot(request).await {
        Ok(response) => response.map(Body::Guest),
        Err(never) => match never {},
    };
    harden(response.headers_mut());
    response
}

/// A whole body of the length that an endpoint reads, within a deadline.
async fn whole<B>(body: B, deadline: Duration) -> Result<Bytes, Problem>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match timeout(deadline, Limited::new(body, LONGEST_BODY).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-long"))
        }
        Ok(Err(_)) => Err(Problem::new(StatusCode::BAD_REQUEST, "body-broken")),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body-broken")),
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http_body_util::Full;
    use hyper::body::Frame;

    use super::*;

    /// A body of which nothing ever comes.
    struct Stalled;

    impl HttpBody for Stalled {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            Poll::Pending
        }
    }

    /// F8: a body that does not come, or not in time, holds no connection.
    #[tokio::test]
    async fn a_body_that_stands_still_or_is_too_long_is_given_up() {
        let at_once = |body| whole(body, Duration::ZERO);
        assert_eq!(at_once(Stalled).await.unwrap_err().status, StatusCode::REQUEST_TIMEOUT);
        let long = Full::new(Bytes::from(vec![0; LONGEST_BODY + 1]));
        assert_eq!(whole(long, BODY_DEADLINE).await.unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
        let short = Full::new(Bytes::from_static(b"key"));
        assert_eq!(whole(short, BODY_DEADLINE).await.unwrap(), "key");
    }
}

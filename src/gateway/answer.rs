//! How a refusal is said: a page to people, a problem document to programs, a status to gRPC. Our own
//! answers carry hardening fields; an app's never do.

use http::header::{
    CONNECTION, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{Response, Version};

use super::body::Body;
use super::cors;
use super::refusal::Refusal;
use super::way_in::Wanted;
use crate::app::App;
use crate::model::caller::RequestId;
use crate::model::route::Cors;
use crate::pages::trouble;
use crate::web::negotiate::Signs;
use crate::web::problem::Challenge;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Who is to be answered, as far as the head of the request shows.
#[derive(Debug)]
pub struct Audience {
    kind: Kind,
    script: bool,
    http1: bool,
    /// Where a script comes from.
    origin: Option<HeaderValue>,
    /// The languages a person reads.
    languages: Option<HeaderValue>,
    /// What a person wanted to see.
    pub(super) wanted: Option<Box<Wanted>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Person,
    Program,
    Grpc,
}

impl Audience {
    /// Who asks, by the head of the request.
    pub fn of(head: &Parts) -> Self {
        let signs = Signs::of(&head.headers);
        let kind = if signs.is_navigation(&head.method) {
            Kind::Person
        } else if signs.is_grpc() {
            Kind::Grpc
        } else {
            Kind::Program
        };
        let wanted = || Box::new(Wanted::of(&head.method, &head.uri, &head.headers));
        Self {
            wanted: (kind == Kind::Person).then(wanted),
            kind,
            script: signs.is_script(),
            http1: head.version < Version::HTTP_2,
            origin: signs.origin.cloned(),
            languages: signs.languages.filter(|_| kind == Kind::Person).cloned(),
        }
    }
}

/// Says no, in a way that a script of an origin listed for the route may read.
pub fn to(
    refusal: Refusal,
    audience: &Audience,
    request: &RequestId,
    cors: Option<&Cors>,
    app: &App,
) -> Response<Body> {
    let ends_connection = audience.http1 && refusal.ends_connection();
    let quota = refusal.quota();
    let mut problem = refusal.problem();
    if audience.script || audience.kind == Kind::Person {
        // A browser would answer the challenge with a password prompt.
        problem.challenge = Challenge::None;
    }
    let mut response = match audience.kind {
        Kind::Grpc => problem.for_grpc(),
        Kind::Person => {
            trouble::page(&problem, request, audience.languages.as_ref(), &app.config.load().pages)
        }
        Kind::Program => problem.for_programs(request),
    };
    let headers = response.headers_mut();
    harden(headers);
    if let Some(verdict) = quota {
        verdict.write(headers);
    }
    if let Ok(id) = HeaderValue::from_str(request.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(cors) = cors {
        cors::allow(cors, audience.origin.as_ref(), headers);
    }
    if ends_connection {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response.map(|bytes| Body::Own(Some(bytes)))
}

/// Fields of every answer that is the gate's own.
pub fn harden(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ));
}

//! How a refusal is said: a page to people, a problem document to programs, a status to gRPC. Our own
//! answers carry hardening fields; an app's never do.

use http::header::{ACCEPT_LANGUAGE, CONNECTION, HeaderMap, HeaderValue};
use http::{Request, Response, Version};

use super::body::Body;
use super::refusal::Refusal;
use crate::model::caller::RequestId;
use crate::pages::trouble;
use crate::web::negotiate;
use crate::web::problem::Challenge;

/// Who is to be answered, as far as the head of the request shows.
#[derive(Debug)]
pub struct Audience {
    kind: Kind,
    script: bool,
    http1: bool,
    /// The languages a person reads.
    languages: Option<HeaderValue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Person,
    Program,
    Grpc,
}

impl Audience {
    /// Who asks, by the head of the request.
    pub fn of<B>(request: &Request<B>) -> Self {
        let headers = request.headers();
        let kind = if negotiate::is_navigation(request.method(), headers) {
            Kind::Person
        } else if negotiate::is_grpc(headers) {
            Kind::Grpc
        } else {
            Kind::Program
        };
        Self {
            kind,
            script: negotiate::is_script(headers),
            http1: request.version() < Version::HTTP_2,
            languages: headers.get(ACCEPT_LANGUAGE).filter(|_| kind == Kind::Person).cloned(),
        }
    }
}

/// Says no.
pub fn to(refusal: Refusal, audience: &Audience, request: &RequestId) -> Response<Body> {
    let ends_connection = audience.http1 && refusal.ends_connection();
    let quota = refusal.quota();
    let mut problem = refusal.problem();
    if audience.script || audience.kind == Kind::Person {
        // A browser would answer the challenge with a password prompt.
        problem.challenge = Challenge::None;
    }
    let mut response = match audience.kind {
        Kind::Grpc => problem.for_grpc(),
        Kind::Person => trouble::page(&problem, request, audience.languages.as_ref()),
        Kind::Program => problem.for_programs(request),
    };
    let headers = response.headers_mut();
    harden(headers);
    if let Some(verdict) = quota {
        verdict.write(headers);
    }
    if let Ok(id) = HeaderValue::from_str(request.as_str()) {
        headers.insert("x-request-id", id);
    }
    if ends_connection {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response.map(|bytes| Body::Own(Some(bytes)))
}

/// Fields of every answer that is the gate's own.
pub fn harden(headers: &mut HeaderMap) {
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.entry("content-security-policy").or_insert(HeaderValue::from_static(
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ));
}

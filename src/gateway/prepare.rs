//! Makes a client's request ready for an app: fields cleaned, forwarding and identity fields set, target in
//! origin form. After this nothing that the client said about itself is left but what the app asked for.

use http::Version;
use http::header::{EXPECT, HOST, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::uri::{PathAndQuery, Uri};

use super::greet::Connection;
use super::trace::Trace;
use super::{assertion, identity_headers, request_headers};
use crate::app::App;
use crate::auth::admit::Pass;
use crate::config::Config;
use crate::model::caller::Caller;
use crate::model::identity::Identity;
use crate::model::route::{Assertion, Route};
use crate::time::Timestamp;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Fields that a prepared request has beside the client's: room is made for all of them at once.
const ADDED: usize = 20;

/// What preparing needs to know.
pub struct Known<'a> {
    /// The app.
    pub app: &'a App,
    /// The configuration in force for this request.
    pub config: &'a Config,
    /// The connection it came on.
    pub connection: &'a Connection,
    /// Who calls.
    pub caller: &'a Caller,
    /// Where to.
    pub route: &'a Route,
    /// Why they may.
    pub pass: &'a Pass,
    /// The host as the client named it.
    pub named_host: &'a str,
    /// The path decided on and rewritten.
    pub path: &'a str,
    /// When the request came.
    pub now: Timestamp,
    /// The trace it belongs to.
    pub(super) trace: Option<&'a Trace>,
}

/// Turns the head that the client sent into the head that the app sees.
pub fn prepare(head: &mut Parts, known: &Known<'_>) {
    let forwarded_for = known.connection.forwarded_for(&head.headers, known.caller);
    request_headers::clean(&mut head.headers, known.route.authorization, &known.config.allow_headers);
    head.headers.reserve(ADDED);
    head.headers.remove(EXPECT);
    set_host(&mut head.headers, known);
    let headers = &mut head.headers;
    headers.insert(FORWARDED_FOR, forwarded_for);
    let scheme = if known.caller.secure { "https" } else { "http" };
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static(scheme));
    if let Ok(id) = HeaderValue::from_str(known.caller.request_id.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(trace) = known.trace {
        trace.tell(headers);
    }
    if let Some(prefix) = &known.route.path_policy.strip_prefix
        && let Ok(prefix) = HeaderValue::from_str(prefix)
    {
        headers.insert(FORWARDED_PREFIX, prefix);
    }
    set_target(head, known.path);
    head.version = Version::HTTP_11;
    if let Some(identity) = known.pass.identity() {
        identity_headers::set(&mut head.headers, identity, known.route.headers);
        if let Some(value) = signed(head, known, identity) {
            head.headers.insert(identity_headers::ASSERTION, value);
        }
    }
}

/// `Host` as the client named it, and what frameworks read of it.
fn set_host(headers: &mut HeaderMap, known: &Known<'_>) {
    let host = match headers.get(HOST) {
        Some(host) => host.clone(),
        None => match HeaderValue::from_str(known.named_host) {
            Ok(host) => headers.entry(HOST).or_insert(host).clone(),
            Err(_) => return,
        },
    };
    headers.insert(FORWARDED_HOST, host);
    let default = if known.caller.secure { "443" } else { "80" };
    // A colon before a bracket is part of an address.
    let last = known.named_host.rfind([':', ']']);
    let port =
        last.and_then(|at| known.named_host.get(at..)?.strip_prefix(':')).filter(|port| !port.is_empty());
    let port = match port {
        None => HeaderValue::from_static(default),
        Some(port) => HeaderValue::from_str(port).unwrap_or_else(|_| HeaderValue::from_static(default)),
    };
    headers.insert(FORWARDED_PORT, port);
}

/// The target in origin form: the decided path, the query untouched.
fn set_target(head: &mut Parts, path: &str) {
    if head.uri.authority().is_none() && head.uri.path() == path {
        return;
    }
    let same = head.uri.path() == path;
    let target = if same {
        head.uri.path_and_query().cloned()
    } else {
        match head.uri.query() {
            Some(query) => PathAndQuery::try_from(format!("{path}?{query}")).ok(),
            None => PathAndQuery::try_from(path).ok(),
        }
    };
    head.uri = target.map_or_else(Uri::default, Uri::from);
}

fn signed(head: &Parts, known: &Known<'_>, identity: &Identity) -> Option<HeaderValue> {
    let (issuer, now) = (&known.config.public_url.origin, known.now);
    match known.route.assertion {
        Assertion::Off => None,
        Assertion::Shared => assertion::shared(identity, issuer, &known.app.keyring.load(), now),
        Assertion::Request => {
            let request = (&known.caller.request_id, &head.method, known.path);
            assertion::bound(identity, issuer, &known.app.keyring.load(), now, request)
        }
    }
}

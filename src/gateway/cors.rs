//! Cross-origin rules of a route: real preflights are answered here, other answers get the fields that let
//! a listed origin read them. `OPTIONS` that is no preflight is a request like any other.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderValue, ORIGIN, VARY,
};
use http::request::Parts;
use http::{Method, Response, StatusCode};

use super::body::Body;
use crate::model::route::Cors;

/// Whether a request is a preflight (Fetch standard: OPTIONS, an origin, and the method asked for).
pub fn is_preflight(head: &Parts) -> bool {
    head.method == Method::OPTIONS
        && head.headers.contains_key(ORIGIN)
        && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight: what the route allows a listed origin, nothing to others.
pub fn preflight(cors: &Cors, head: &Parts) -> Response<Body> {
    let mut response = Response::new(Body::Own(None));
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    if allow(cors, head.headers.get(ORIGIN), headers) {
        let methods = cors.methods.iter().map(Method::as_str);
        set_list(headers, ACCESS_CONTROL_ALLOW_METHODS, methods);
        set_list(headers, ACCESS_CONTROL_ALLOW_HEADERS, cors.headers.iter().map(http::HeaderName::as_str));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(cors.max_age.as_secs()));
    }
    response
}

/// Lets a listed origin read an answer; returns whether the request's origin is one.
pub fn allow(cors: &Cors, origin: Option<&HeaderValue>, response: &mut HeaderMap) -> bool {
    response.append(VARY, HeaderValue::from_static("origin"));
    let Some(origin) = origin else { return false };
    if !cors.origins.iter().any(|listed| listed.as_bytes() == origin.as_bytes()) {
        return false;
    }
    response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    if cors.credentials {
        response.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    true
}

fn set_list<'a>(headers: &mut HeaderMap, name: http::HeaderName, items: impl Iterator<Item = &'a str>) {
    let list = items.collect::<Vec<_>>().join(", ");
    if let Some(value) = HeaderValue::try_from(list).ok().filter(|value| !value.is_empty()) {
        headers.insert(name, value);
    }
}

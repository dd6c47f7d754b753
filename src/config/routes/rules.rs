//! What else a route says: bodies, quotas, cross-origin calls, headers of responses.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};

use super::super::file::{self, BodyWord};
use super::super::limits::header_name;
use super::super::notes::Notes;
use super::super::text;
use crate::model::route::{BodyPolicy, Cors, RouteQuotas, Routing};

/// Fields that frame a message or steer a connection; setting them would break responses.
const FRAMING: [&str; 7] =
    ["connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

/// Reads `body_limit`, `request_body`, `websocket` and `response`.
pub(super) fn body(key: &str, written: &file::Route, notes: &mut Notes<'_>) -> BodyPolicy {
    let limit = notes.size_or_none(&format!("{key}.body_limit"), &written.body_limit);
    let buffer = written.request_body == BodyWord::Buffer;
    if buffer && limit.is_none() {
        let mend = "add body_limit = \"64MiB\" or what the app takes at most";
        notes.error(&format!("{key}.request_body"), "bodies cannot be collected without a limit", mend);
    }
    let response = notes.positive_or_none(&format!("{key}.response"), &written.response);
    BodyPolicy { limit, buffer, websocket: written.websocket, response }
}

/// Reads `quota`, `quota_per_account` and `quota_per_key`.
pub(super) fn quotas(key: &str, written: &file::Route, notes: &mut Notes<'_>) -> RouteQuotas {
    RouteQuotas {
        route: notes.quota_or_none(&format!("{key}.quota"), &written.quota),
        account: notes.quota_or_none(&format!("{key}.quota_per_account"), &written.quota_per_account),
        key: notes.quota_or_none(&format!("{key}.quota_per_key"), &written.quota_per_key),
    }
}

/// Reads `cors`.
pub(super) fn cors(key: &str, written: &file::Cors, notes: &mut Notes<'_>) -> Cors {
    let key = format!("{key}.cors");
    let mut origins = Vec::new();
    for (at, text) in written.origins.iter().enumerate() {
        match origin(text) {
            Some(origin) => origins.push(origin.into()),
            None => {
                let mend = "write scheme and host as browsers send them, such as \"https://app.example.com\"";
                notes.error(&format!("{key}.origins[{at}]"), format!("\"{text}\" is not an origin"), mend);
            }
        }
    }
    if written.origins.is_empty() {
        notes.error(
            &format!("{key}.origins"),
            "no origin may call",
            "add origins = [\"https://app.example.com\"], or take out `cors`",
        );
    }
    let mut headers = Vec::new();
    for (at, text) in written.headers.iter().enumerate() {
        match header_name(text) {
            Some(name) => headers.push(name),
            None => notes.error(
                &format!("{key}.headers[{at}]"),
                format!("\"{text}\" is not a header name"),
                "write a name such as \"Content-Type\"",
            ),
        }
    }
    Cors {
        origins,
        methods: super::methods(&format!("{key}.methods"), &written.methods, notes),
        headers,
        credentials: written.credentials,
        max_age: notes.duration(&format!("{key}.max_age"), &written.max_age),
    }
}

/// An origin in the spelling that browsers send: lower case, the scheme's own port left out.
fn origin(written: &str) -> Option<String> {
    let (scheme, rest) = written.split_once("://")?;
    let usual = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    let (host, port) = text::host_and_port(rest)?;
    Some(match port.filter(|port| *port != usual) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

/// Reads `response_headers`.
pub(super) fn response_headers(
    key: &str,
    written: &BTreeMap<String, String>,
    notes: &mut Notes<'_>,
) -> Vec<(HeaderName, HeaderValue)> {
    let mut all = Vec::new();
    for (name, value) in written {
        let key = format!("{key}.response_headers.{name}");
        let parsed = header_name(name).filter(|name| !FRAMING.contains(&name.as_str()));
        match (parsed, HeaderValue::from_str(value).ok()) {
            (Some(name), Some(value)) => all.push((name, value)),
            (None, _) => notes.error(
                &key,
                format!("\"{name}\" is not a header that can be set"),
                "write a name such as \"X-Frame-Options\"",
            ),
            (_, None) => notes.error(
                &key,
                format!("the value of \"{name}\" cannot stand in a header"),
                "write visible ASCII on one line",
            ),
        }
    }
    all
}

/// Of two routes in one place only one could ever be taken.
pub(super) fn same_place(routing: &Routing, notes: &mut Notes<'_>) {
    for (at, route) in routing.routes.iter().enumerate() {
        let meets = |other: &&crate::model::route::Route| {
            let hosts = other.hosts.is_empty() && route.hosts.is_empty()
                || other.hosts.iter().any(|host| route.hosts.contains(host));
            let methods = other.methods.is_empty() && route.methods.is_empty()
                || other.methods.iter().any(|method| route.methods.contains(method));
            hosts && methods && other.path == route.path
        };
        if let Some(other) = routing.routes.iter().take(at).find(meets) {
            let what = format!("routes \"{}\" and \"{}\" stand in one place", other.name, route.name);
            notes.error(&format!("route[{at}]"), what, "give them different hosts, paths or methods");
        }
    }
}

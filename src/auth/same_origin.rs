//! Changes by cookie: a browser sends the session cookie along with whatever any page asks for, so a
//! request that may change something must come from the host itself or from an origin its route lists
//! (product decision 11; R-53).

use http::Method;
use http::header::{ORIGIN, UPGRADE};

use super::admit::Asked;

/// Whether a request by cookie may go on: safe methods always, others and upgrades from the same origin or
/// a listed one. Without fetch metadata and origin no browser is asking.
pub fn permits(asked: Asked<'_>) -> bool {
    let head = asked.head;
    let safe = matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    if safe && !head.headers.contains_key(UPGRADE) {
        return true;
    }
    let origin = head.headers.get(ORIGIN).map(|origin| origin.as_bytes());
    match head.headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
        Some(b"same-origin" | b"none") => true,
        Some(_) => origin.is_some_and(|origin| is_listed(asked, origin)),
        None => origin.is_none_or(|origin| is_listed(asked, origin) || is_own(asked, origin)),
    }
}

fn is_listed(asked: Asked<'_>, origin: &[u8]) -> bool {
    asked
        .route
        .cors
        .as_ref()
        .is_some_and(|cors| cors.origins.iter().any(|listed| listed.as_bytes() == origin))
}

/// `scheme://host[:port]` of the very host that the request names. Ports are told apart by fetch metadata,
/// which every browser that keeps cookies in `__Host-` sends over TLS.
fn is_own(asked: Asked<'_>, origin: &[u8]) -> bool {
    let scheme: &[u8] = if asked.caller.secure { b"https://" } else { b"http://" };
    let Some(authority) = origin.strip_prefix(scheme).and_then(|rest| std::str::from_utf8(rest).ok()) else {
        return false;
    };
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    };
    name.eq_ignore_ascii_case(asked.host)
}

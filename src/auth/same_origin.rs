//! Changes by cookie: a browser sends the session cookie along with whatever any page asks for, so a
//! request that may change something must come from the host itself or from an origin its route lists
//!

use http::Method;
use http::header::{HOST, HeaderMap, ORIGIN, UPGRADE};
use http::uri::Authority;

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

/// Whether a request comes from a page of the very host that it names, or from no browser at all. There is no
/// list of others that may.
pub fn comes_from_self(headers: &HeaderMap, secure: bool, (host, named): (&str, Option<&str>)) -> bool {
    match headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
        Some(site) => matches!(site, b"same-origin" | b"none"),
        None => headers.get(ORIGIN).is_none_or(|origin| is_of(origin.as_bytes(), secure, (host, named))),
    }
}

/// `scheme://host[:port]` of the very host and port that the request names: a neighbour on another port gets
/// the same cookies from a browser, and not every browser sends fetch metadata with a WebSocket.
fn is_own(asked: Asked<'_>, origin: &[u8]) -> bool {
    let field = || asked.head.headers.get(HOST).and_then(|host| host.to_str().ok());
    let named = asked.head.uri.authority().map(Authority::as_str).or_else(field);
    is_of(origin, asked.caller.secure, (asked.host, named))
}

fn is_of(origin: &[u8], secure: bool, (host, named): (&str, Option<&str>)) -> bool {
    let port = named.and_then(|named| split(named).1);
    let scheme: (&[u8], &str) = if secure { (b"https://", "443") } else { (b"http://", "80") };
    is_same(origin, scheme, (host, port))
}

/// Whether an origin is this scheme, host and port; a port left out is the scheme's own.
fn is_same(origin: &[u8], (scheme, usual): (&[u8], &str), (host, port): (&str, Option<&str>)) -> bool {
    let Some(authority) = origin.strip_prefix(scheme).and_then(|rest| std::str::from_utf8(rest).ok()) else {
        return false;
    };
    let (name, of_origin) = split(authority);
    name.eq_ignore_ascii_case(host) && of_origin.unwrap_or(usual) == port.unwrap_or(usual)
}

/// A name and the port after it, if one is written.
fn split(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (name, Some(port).filter(|port| !port.is_empty()))
        }
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scheme, host and port make an origin.
    #[test]
    fn another_port_is_another_origin() {
        let same = |origin: &str, port: Option<&str>| {
            is_same(origin.as_bytes(), (b"https://", "443"), ("app.test", port))
        };
        assert!(same("https://app.test", None));
        assert!(same("https://APP.test:443", None));
        assert!(same("https://app.test", Some("443")));
        assert!(same("https://app.test:8443", Some("8443")));
        for (origin, port) in [
            ("https://app.test:9000", None),
            ("https://app.test:9000", Some("8443")),
            ("https://app.test", Some("8443")),
            ("http://app.test", None),
            ("https://app.test.evil", None),
            ("https://evil@app.test", None),
            ("null", None),
        ] {
            assert!(!same(origin, port), "{origin} {port:?}");
        }
        assert_eq!(split("[::1]:8443"), ("[::1]", Some("8443")));
        assert_eq!(split("[::1]"), ("[::1]", None));
    }
}

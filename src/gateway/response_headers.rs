//! What of an app's answer reaches the client: everything but what spoke of the app's connection, and
//! cookies that would pass for the gate's own.

use http::header::{HeaderMap, HeaderName, HeaderValue, SET_COOKIE, TRAILER};

use super::field_names::is_hop;
use super::request_headers::{drop_nominated, is_our_cookie};

/// Removes hop-by-hop fields, those that `Connection` nominates, and `Set-Cookie` of the gate's names.
pub fn clean(headers: &mut HeaderMap) {
    drop_nominated(headers);
    // `Trailer` stays: it names what comes after the body, which goes on to the client (RFC 9110, 6.6.2).
    let goes = |name: &&HeaderName| is_hop(name.as_str()) && *name != TRAILER;
    while let Some(name) = headers.keys().find(goes).cloned() {
        headers.remove(name);
    }
    if headers.contains_key(SET_COOKIE) && headers.get_all(SET_COOKIE).iter().any(is_ours) {
        let kept: Vec<HeaderValue> =
            headers.get_all(SET_COOKIE).iter().filter(|cookie| !is_ours(cookie)).cloned().collect();
        headers.remove(SET_COOKIE);
        for cookie in kept {
            headers.append(SET_COOKIE, cookie);
        }
    }
}

fn is_ours(cookie: &HeaderValue) -> bool {
    is_our_cookie(cookie.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_cannot_set_the_gates_cookies_or_speak_of_its_connection() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, x-private"),
            ("x-private", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("set-cookie", "a=b; Path=/"),
            ("set-cookie", "__Host-portcullis=evil; Secure; Path=/"),
            ("set-cookie", " __Host-portcullis-flow =evil"),
            ("content-type", "text/plain"),
        ] {
            headers.append(name, value.parse().unwrap());
        }
        clean(&mut headers);
        let left: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(left.contains(&("set-cookie", "a=b; Path=/")));
        assert!(left.contains(&("content-type", "text/plain")));
    }
}

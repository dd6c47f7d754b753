//! Person or program? A person navigates and can use a page; everybody else gets a problem document and is
//! never redirected.

use http::Method;
use http::header::{ACCEPT, HeaderMap, HeaderName, ORIGIN};

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

/// Whether a browser is navigating: fetch metadata says so, or, without any, a GET or HEAD that likes
/// HTML at least as much as anything else.
pub fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    match headers.get(SEC_FETCH_MODE) {
        Some(mode) => mode == "navigate",
        None => matches!(*method, Method::GET | Method::HEAD) && prefers_html(headers),
    }
}

/// Whether the request comes from a script in a browser, which must never see a password prompt.
pub fn is_script(headers: &HeaderMap) -> bool {
    headers.contains_key(SEC_FETCH_MODE)
        || headers.contains_key(ORIGIN)
        || headers.get(X_REQUESTED_WITH).is_some_and(|with| with == "XMLHttpRequest")
}

/// Whether the request is gRPC, whose clients read their status from `grpc-status`.
pub fn is_grpc(headers: &HeaderMap) -> bool {
    let content = headers.get(http::header::CONTENT_TYPE).map(|value| value.as_bytes());
    content.is_some_and(|content| content.starts_with(b"application/grpc"))
}

/// Whether HTML is named and nothing is liked better. `*/*` alone names nothing (curl).
fn prefers_html(headers: &HeaderMap) -> bool {
    let mut html = 0;
    let mut best = 0;
    for field in headers.get_all(ACCEPT) {
        for range in field.as_bytes().split(|byte| *byte == b',') {
            let mut parts = range.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
            let name = parts.next().unwrap_or_default();
            let quality = parts.find_map(|part| part.strip_prefix(b"q=")).map_or(1000, thousandths);
            if name.eq_ignore_ascii_case(b"text/html") || name.eq_ignore_ascii_case(b"application/xhtml+xml")
            {
                html = quality.max(html);
            }
            best = quality.max(best);
        }
    }
    html > 0 && html == best
}

/// A quality value (RFC 9110, 12.4.2) in thousandths; 0 when it is none.
fn thousandths(text: &[u8]) -> u32 {
    let value = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f32>().ok());
    value.filter(|value| (0.0..=1.0).contains(value)).map_or(0, |value| (value * 1000.0) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn navigates(method: &str, fields: &[(&str, &str)]) -> bool {
        let mut request = http::Request::builder().method(method);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        is_navigation(request.method(), request.headers())
    }

    #[test]
    fn browsers_navigate_and_programs_do_not() {
        let accepts = |value: &str| navigates("GET", &[("accept", value)]);
        assert!(accepts("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(accepts("TEXT/HTML"));
        assert!(!accepts("*/*"));
        assert!(!accepts("application/vnd.pypi.simple.v1+json, text/html; q=0.01"));
        assert!(!accepts("application/json"));
        assert!(!accepts("text/html;q=0"));
        assert!(!navigates("GET", &[]));
        assert!(!navigates("POST", &[("accept", "text/html")]));
        assert!(navigates("POST", &[("sec-fetch-mode", "navigate")]));
        assert!(!navigates("GET", &[("sec-fetch-mode", "cors"), ("accept", "text/html")]));
    }
}

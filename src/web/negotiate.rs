//! Person or program? A person navigates and can use a page; everybody else gets a problem document and is
//! never redirected.

use http::Method;
use http::header::{HeaderMap, HeaderValue};

/// The fields that show who asks, found in one pass: most requests have few fields and none of these.
#[derive(Debug, Default)]
pub struct Signs<'h> {
    mode: Option<&'h HeaderValue>,
    with: Option<&'h HeaderValue>,
    content: Option<&'h HeaderValue>,
    accepts: Option<Liking>,
    /// Where a script in a browser comes from.
    pub origin: Option<&'h HeaderValue>,
    /// The languages that a reader likes.
    pub languages: Option<&'h HeaderValue>,
}

/// How well an `Accept` list likes HTML, and what it likes best, in thousandths.
#[derive(Debug, Default, Clone, Copy)]
struct Liking {
    html: u32,
    best: u32,
}

impl<'h> Signs<'h> {
    /// Reads them.
    pub fn of(headers: &'h HeaderMap) -> Self {
        let mut signs = Self::default();
        for (name, value) in headers {
            let slot = match name.as_str() {
                "accept" => {
                    signs.accepts.get_or_insert_default().take(value);
                    continue;
                }
                "accept-language" => &mut signs.languages,
                "content-type" => &mut signs.content,
                "origin" => &mut signs.origin,
                "sec-fetch-mode" => &mut signs.mode,
                "x-requested-with" => &mut signs.with,
                _ => continue,
            };
            slot.get_or_insert(value);
        }
        signs
    }

    /// Whether a browser is navigating: fetch metadata says so, or, without any, a GET or HEAD that likes
    /// HTML at least as much as anything else. `*/*` alone names nothing (curl).
    pub fn is_navigation(&self, method: &Method) -> bool {
        match self.mode {
            Some(mode) => mode == "navigate",
            None => {
                matches!(*method, Method::GET | Method::HEAD)
                    && self.accepts.is_some_and(|liking| liking.html > 0 && liking.html == liking.best)
            }
        }
    }

    /// Whether the request comes from a script in a browser, which must never see a password prompt.
    pub fn is_script(&self) -> bool {
        self.mode.is_some() || self.origin.is_some() || self.with.is_some_and(|with| with == "XMLHttpRequest")
    }

    /// Whether the request is gRPC, whose clients read their status from `grpc-status`.
    pub fn is_grpc(&self) -> bool {
        self.content.is_some_and(|content| content.as_bytes().starts_with(b"application/grpc"))
    }
}

impl Liking {
    fn take(&mut self, accept: &HeaderValue) {
        for range in accept.as_bytes().split(|byte| *byte == b',') {
            let mut parts = range.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
            let name = parts.next().unwrap_or_default();
            let quality = parts.find_map(|part| part.strip_prefix(b"q=")).map_or(1000, thousandths);
            if name.eq_ignore_ascii_case(b"text/html") || name.eq_ignore_ascii_case(b"application/xhtml+xml")
            {
                self.html = quality.max(self.html);
            }
            self.best = quality.max(self.best);
        }
    }
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
        Signs::of(request.headers()).is_navigation(request.method())
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

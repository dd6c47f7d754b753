//! The gate's cookies: their names, how they are set, and how one is read. All are `__Host-`: one host, the
//! whole of it, over TLS only, out of reach of scripts (R-48, RFC 6265bis).

use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use http::header::{COOKIE, HeaderMap, HeaderValue};

use crate::secret::Secret;

/// The session of a host.
pub const SESSION: &str = "__Host-portcullis";

/// Binds a sign-in under way to the browser that began it.
pub const FLOW: &str = "__Host-portcullis-flow";

/// Keeps the token of a one-time link out of the address.
pub const LINK: &str = "__Host-portcullis-link";

/// Tells a browser that somebody signed in from before.
pub const DEVICE: &str = "__Host-portcullis-device";

/// Language, theme and the message for the next page.
pub const UI: &str = "__Host-portcullis-ui";

/// How long a browser keeps a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Until it is closed.
    WhileOpen,
    /// So many seconds.
    Seconds(u32),
}

/// A `Set-Cookie` value.
pub fn set(name: &'static str, value: &str, kept: Kept) -> HeaderValue {
    let mut cookie = Cookie::build((name, value)).path("/").secure(true).http_only(true);
    cookie = cookie.same_site(SameSite::Lax);
    if let Kept::Seconds(seconds) = kept {
        cookie = cookie.max_age(Duration::seconds(i64::from(seconds)));
    }
    let text = cookie.build().to_string();
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

/// The same for a secret value; the field is marked sensitive.
pub fn set_secret(name: &'static str, value: &Secret<String>, kept: Kept) -> HeaderValue {
    let mut field = set(name, value.expose(), kept);
    field.set_sensitive(true);
    field
}

/// A `Set-Cookie` value that makes the browser forget a cookie.
pub fn forget(name: &'static str) -> HeaderValue {
    set(name, "", Kept::Seconds(0))
}

/// The value of a cookie; `None` also when it was sent twice, since then nobody knows which one counts.
pub fn find<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let fields = headers.get_all(COOKIE).iter().filter_map(|field| field.to_str().ok());
    let mut values = fields
        .flat_map(|field| field.split(';'))
        .filter_map(|pair| pair.split_once('='))
        .filter(|(found, _)| found.trim() == name)
        .map(|(_, value)| value.trim());
    match (values.next(), values.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(fields: &[&str]) -> HeaderMap {
        fields.iter().map(|field| (COOKIE, HeaderValue::from_str(field).unwrap())).collect()
    }

    #[test]
    fn a_cookie_is_found_among_crumbs_and_never_when_doubled() {
        let headers = sent(&["a=1; __Host-portcullis-flow=x", "b=2"]);
        assert_eq!(find(&headers, FLOW), Some("x"));
        assert_eq!(find(&headers, SESSION), None);
        assert_eq!(find(&sent(&["__Host-portcullis-flow=x", "__Host-portcullis-flow=y"]), FLOW), None);
    }

    ///
    #[test]
    fn a_cookie_is_for_this_host_only_and_out_of_reach_of_scripts() {
        let field = set(SESSION, "token", Kept::WhileOpen);
        let text = field.to_str().unwrap();
        for part in ["__Host-portcullis=token", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("Domain") && !text.contains("Max-Age"), "{text}");
        assert!(forget(SESSION).to_str().unwrap().contains("Max-Age=0"));
    }
}

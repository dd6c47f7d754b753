//! What every page's answer carries: its language, its security policy, and that nobody keeps it.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue,
    VARY,
};

use crate::config::Config;
use crate::words::Language;

/// A page as an answer. Nobody keeps it: after signing out, going back shows nothing.
pub fn page(status: StatusCode, text: String, language: Language, config: &Config) -> Response {
    let mut response = (status, text).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept-language, cookie"));
    headers.insert(CONTENT_SECURITY_POLICY, policy(config));
    response
}

/// A file to be saved, which no browser shows in the gate's own name.
pub fn file(name: &str, kind: &'static str, content: axum::body::Body) -> Response {
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).collect();
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{plain}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}

/// Own style, own script, own pictures, nothing else. Forms lead to this origin; a browser holds the
/// redirects that follow a form to the same list, so the protected hosts, where a sign-in ends, are on it.
fn policy(config: &Config) -> HeaderValue {
    let hosts = config.routing.hosts.iter().map(|host| config.origin_of(host));
    let hosts = hosts.fold(String::new(), |list, origin| list + " " + &origin);
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; object-src 'none'; \
         base-uri 'none'; form-action 'self'{hosts}; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

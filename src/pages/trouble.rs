//! A problem, for people: what happened, what to do next, and the request's name for whoever is asked.

use askama::Template;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use serde_json::Value;

use super::style;
use crate::config::{Pages, Support};
use crate::model::caller::RequestId;
use crate::web::problem::Problem;
use crate::words::{self, Language};

#[derive(Template)]
#[template(path = "pages/trouble.html")]
struct Trouble<'a> {
    language: &'a str,
    title: String,
    detail: String,
    choices: Vec<&'a str>,
    reference: String,
    style: &'static str,
    help: String,
    support: Option<&'a Support>,
}

/// The page of a problem, as these pages look, in the first language of `languages` (an `Accept-Language` value) that there is.
pub fn page(
    problem: &Problem,
    request: &RequestId,
    languages: Option<&HeaderValue>,
    pages: &Pages,
) -> Response<Bytes> {
    let language = Language::negotiate(languages.and_then(|languages| languages.to_str().ok()));
    let (title, detail) = problem.words(language);
    let choices = problem.members.iter().filter_map(|(_, value)| value.as_array()).flatten();
    let page = Trouble {
        language: language.tag(),
        title,
        detail,
        choices: choices.filter_map(Value::as_str).collect(),
        reference: words::text_with(language, "trouble-reference", &[("request", request.as_str())]),
        style: style::SHEET,
        help: words::text(language, "frame-support"),
        support: pages.support.as_ref(),
    };
    let mut response = Response::new(Bytes::from(page.render().unwrap_or_default()));
    *response.status_mut() = problem.status;
    if response.body().is_empty() {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, style::POLICY.clone());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(tag) = HeaderValue::from_str(language.tag()) {
        headers.insert(CONTENT_LANGUAGE, tag);
    }
    problem.set_fields(headers);
    response
}

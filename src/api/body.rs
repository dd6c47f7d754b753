//! What callers send, read strictly: fields that nobody knows are refused, and what is wrong is said with its place.

use http::header::{CONTENT_TYPE, HeaderMap};
use http::{StatusCode, Uri};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::json;
use serde_path_to_error::{Path, Segment};

use super::call::{Outcome, at_field};
use crate::web::problem::Problem;

/// Reads a body in JSON.
///
/// # Errors
/// 415 for other kinds, 400 for what is no JSON, 422 for JSON of another shape, with the place.
pub fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Outcome<T> {
    if !is_json(headers) {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "no-json").into());
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut reader);
    let wrong = match read {
        Ok(value) => return reader.end().map(|()| value).map_err(|error| broken(&error.to_string()).into()),
        Err(wrong) => wrong,
    };
    let (pointer, error) = (pointer(wrong.path()), wrong.into_inner());
    match error.classify() {
        Category::Data => {
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields");
            let members = vec![at_field(&pointer, &without_place(&error.to_string()))];
            Err(Problem { members, ..problem }.into())
        }
        Category::Io | Category::Syntax | Category::Eof => Err(broken(&error.to_string()).into()),
    }
}

/// Checks that nothing was sent where nothing is read.
///
/// # Errors
/// 422.
pub fn none(body: &[u8]) -> Outcome<()> {
    // Clients that always send JSON send an empty object.
    if matches!(body.trim_ascii(), b"" | b"{}") {
        return Ok(());
    }
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields");
    Err(Problem { members: vec![at_field("", "this takes no body")], ..problem }.into())
}

/// Reads what stands behind the `?`.
///
/// # Errors
/// 400, with the name of the parameter.
pub fn query<T: DeserializeOwned>(uri: &Uri) -> Outcome<T> {
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs)).map_err(|wrong| {
        let parameter = wrong.path().to_string();
        let error = json!([{ "parameter": parameter, "detail": wrong.into_inner().to_string() }]);
        let problem = Problem::new(StatusCode::BAD_REQUEST, "bad-query");
        Problem { members: vec![("errors", error)], ..problem }.into()
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

fn broken(detail: &str) -> Problem {
    let problem = Problem::new(StatusCode::BAD_REQUEST, "bad-json");
    Problem { members: vec![at_field("", detail)], ..problem }
}

/// A path as RFC 6901 writes it.
fn pointer(path: &Path) -> String {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    let parts = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", escaped(key))),
        Segment::Enum { variant } => Some(format!("/{}", escaped(variant))),
        Segment::Unknown => None,
    });
    parts.collect()
}

/// What is wrong, without line and column, which the pointer tells better.
fn without_place(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(wrong, _)| wrong).to_owned()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        #[serde(default)]
        _numbers: Vec<u8>,
    }

    fn refused(kind: &'static str, body: &str) -> Problem {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        *json::<Wanted>(&headers, body.as_bytes()).unwrap_err().0
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let problem = refused("application/json", "{\"_numbers\":[1,\"x\"]}");
        assert_eq!(problem.status, StatusCode::UNPROCESSABLE_ENTITY);
        let (_, errors) = &problem.members[0];
        assert_eq!(errors[0]["pointer"], "/_numbers/1");
        assert_eq!(refused("application/json; charset=utf-8", "{").status, StatusCode::BAD_REQUEST);
        assert_eq!(refused("application/json", "{} {}").status, StatusCode::BAD_REQUEST);
        assert_eq!(refused("application/json", "{\"more\":1}").status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused("text/plain", "{}").status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
}

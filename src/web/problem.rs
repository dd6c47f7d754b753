//! Problems: how the gate says no to programs (RFC 9457). A status, a stable slug, a sentence for the
//! caller and the request's name; what lies behind goes to the log, never to the wire.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{Response, StatusCode};
use serde_json::Value;

use crate::model::caller::RequestId;
use crate::words::{self, Language};

/// Room for the rest of a document after its opening, without further members.
const ENDING: usize = 64;

/// Fields of a refusal, those that [`Problem::for_programs`] leaves to its caller among them.
const FIELDS: usize = 14;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// The openings of documents by slug and status: a flood of refusals writes the same words again and again.
static OPENINGS: LazyLock<RwLock<Openings>> = LazyLock::new(RwLock::default);

type Openings = HashMap<(&'static str, StatusCode), Arc<str>>;

/// An answer that says no.
#[derive(Debug)]
pub struct Problem {
    /// Status of the answer.
    pub status: StatusCode,
    /// Stable name of the kind of problem; the last part of `type`, and of its words in the catalogue.
    pub slug: &'static str,
    /// When to ask again.
    pub retry_after: Option<Duration>,
    /// Which credentials would do.
    pub challenge: Challenge,
    /// Further members of the document, e.g. the credentials to choose from.
    pub members: Vec<(&'static str, Value)>,
    /// Methods that would do (405).
    pub allow: Option<HeaderValue>,
}

/// What a 401 asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge {
    /// Nothing: no 401, or a script in a browser, which would show a password prompt.
    None,
    /// A key, by Basic or Bearer (RFC 7617, RFC 6750).
    Key,
    /// A key, and the one that was sent is not good (RFC 6750 section 3.1).
    BadKey,
}

impl Problem {
    /// A problem of this kind, with nothing more to say.
    pub const fn new(status: StatusCode, slug: &'static str) -> Self {
        Self { status, slug, retry_after: None, challenge: Challenge::None, members: Vec::new(), allow: None }
    }

    /// Title and detail in a language.
    pub fn words(&self, language: Language) -> (String, String) {
        let title = words::text(language, &format!("problem-{}-title", self.slug));
        (title, words::text(language, &format!("problem-{}-detail", self.slug)))
    }

    /// The problem document.
    pub fn document(&self, request: &RequestId) -> Bytes {
        let opening = self.opening();
        let mut text = String::with_capacity(opening.len() + ENDING);
        text.push_str(&opening);
        text.push_str(request.as_str());
        text.push('"');
        for (name, value) in &self.members {
            text.push_str(&format!(",\"{name}\":{value}"));
        }
        text.push_str("}\n");
        text.into()
    }

    /// The document up to the request's name, made once for each kind of problem.
    fn opening(&self) -> Arc<str> {
        let kind = (self.slug, self.status);
        let known = OPENINGS.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(opening) = known.get(&kind) {
            return opening.clone();
        }
        drop(known);
        let (title, detail) = self.words(Language::English);
        let opening: Arc<str> = format!(
            "{{\"type\":\"urn:portcullis:problem:{}\",\"title\":{},\"status\":{},\"detail\":{},\"request_id\":\"",
            self.slug,
            Value::from(title),
            self.status.as_u16(),
            Value::from(detail),
        )
        .into();
        OPENINGS.write().unwrap_or_else(PoisonError::into_inner).insert(kind, opening.clone());
        opening
    }

    /// Sets the fields that tell what would help, on whatever form the answer takes.
    pub fn set_fields(&self, headers: &mut HeaderMap) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if let Some(allow) = &self.allow {
            headers.insert(ALLOW, allow.clone());
        }
        let bearer = match self.challenge {
            Challenge::None => return,
            Challenge::Key => HeaderValue::from_static("Bearer realm=\"portcullis\""),
            Challenge::BadKey => {
                HeaderValue::from_static("Bearer realm=\"portcullis\", error=\"invalid_token\"")
            }
        };
        let basic = HeaderValue::from_static("Basic realm=\"portcullis\", charset=\"UTF-8\"");
        headers.append(WWW_AUTHENTICATE, basic);
        headers.append(WWW_AUTHENTICATE, bearer);
    }

    /// The answer to a program.
    pub fn for_programs(&self, request: &RequestId) -> Response<Bytes> {
        let mut response = Response::new(self.document(request));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.reserve(FIELDS);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        self.set_fields(headers);
        response
    }

    /// The answer to a gRPC client: status in the head, since there is no body (trailers-only).
    pub fn for_grpc(&self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(GRPC_STATUS, HeaderValue::from(self.grpc_status()));
        headers.insert(GRPC_MESSAGE, HeaderValue::from_static(self.slug));
        self.set_fields(headers);
        headers.remove(WWW_AUTHENTICATE);
        response
    }

    /// The gRPC status code that says the same.
    fn grpc_status(&self) -> u16 {
        match self.status.as_u16() {
            401 => 16,
            403 => 7,
            404 | 405 | 421 => 12,
            413 | 429 => 8,
            400..=499 => 3,
            504 => 4,
            502 | 503 => 14,
            _ => 13,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every document is JSON that says the same as the problem, made the first or the second time.
    #[test]
    fn a_document_says_what_the_problem_is() {
        let request = RequestId::from_random([7; 16]);
        let members = vec![("credentials", Value::from("a \"quoted\" name"))];
        let problem = Problem { members, ..Problem::new(StatusCode::FORBIDDEN, "choose-credentials") };
        let (title, detail) = problem.words(Language::English);
        for _ in 0..2 {
            let document: Value = serde_json::from_slice(&problem.document(&request)).unwrap();
            assert_eq!(
                document,
                serde_json::json!({
                    "type": "urn:portcullis:problem:choose-credentials",
                    "title": title,
                    "status": 403,
                    "detail": detail,
                    "request_id": request.as_str(),
                    "credentials": "a \"quoted\" name",
                })
            );
        }
    }

    /// One slug under two statuses makes two documents.
    #[test]
    fn a_document_says_the_status_of_its_own_answer() {
        let request = RequestId::from_random([7; 16]);
        for status in [StatusCode::BAD_REQUEST, StatusCode::REQUEST_TIMEOUT] {
            let document = Problem::new(status, "body-broken").document(&request);
            let document: Value = serde_json::from_slice(&document).unwrap();
            assert_eq!(document.get("status"), Some(&Value::from(status.as_u16())));
        }
    }
}

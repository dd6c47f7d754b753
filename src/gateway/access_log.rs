//! One line per request: what was asked, what was answered and why. Nothing secret: no query, no field
//! values, key-shaped text masked (H10).

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Serialize, Serializer};

use crate::model::identity::Presented;
use crate::model::key_text;
use crate::model::trace::TraceId;
use crate::time::Timestamp;

/// One request, as logged. Field order is the order in the line.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    /// Kind of line: always `access`.
    pub event: &'static str,
    /// When it was answered, RFC 3339 in UTC.
    #[serde(serialize_with = "shown")]
    pub at: Timestamp,
    /// The request's name.
    pub request: &'a str,
    /// The trace it belongs to, where traces are made or a believed peer named one.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "traced")]
    pub trace: Option<TraceId>,
    /// The client's address.
    pub client: IpAddr,
    /// Method.
    pub method: &'a str,
    /// Host as named; empty when there was none.
    pub host: &'a str,
    /// Path as sent, without its query.
    pub path: Cow<'a, str>,
    /// `1.0`, `1.1` or `2`.
    pub http: &'static str,
    /// Route by name; `-` when none was found.
    pub route: &'a str,
    /// Status answered.
    pub status: u16,
    /// Why: `admitted`, or the refusal's reason.
    pub reason: &'static str,
    /// User name, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<&'a str>,
    /// Key id or session id, once known.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "named")]
    pub credential: Option<Presented>,
    /// Microseconds from the head of the request to the head of the answer.
    pub micros: u64,
}

impl Line<'_> {
    /// The line as JSON, appended with its line feed.
    pub fn write_to(&self, buffer: &mut Vec<u8>) {
        let start = buffer.len();
        match serde_json::to_writer(&mut *buffer, self) {
            Ok(()) => buffer.push(b'\n'),
            Err(_) => buffer.truncate(start),
        }
    }
}

fn shown<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

fn traced<S: Serializer>(trace: &Option<TraceId>, serializer: S) -> Result<S::Ok, S::Error> {
    match trace {
        Some(trace) => serializer.collect_str(trace),
        None => serializer.serialize_none(),
    }
}

fn named<S: Serializer>(presented: &Option<Presented>, serializer: S) -> Result<S::Ok, S::Error> {
    match presented {
        Some(Presented::Key(id)) => serializer.serialize_str(id.as_str()),
        Some(Presented::Session(id)) => serializer.collect_str(id),
        None => serializer.serialize_none(),
    }
}

/// A path with everything that looks like a key of ours, or like the token of a mailed link, taken out.
pub fn masked(path: &str) -> Cow<'_, str> {
    match path.strip_prefix(OWN_PAGES) {
        Some(page) if page.split('/').any(is_token) => {
            let parts = page.split('/').map(|part| if is_token(part) { "…" } else { part });
            Cow::Owned(format!("{OWN_PAGES}{}", parts.collect::<Vec<_>>().join("/")))
        }
        Some(_) | None => without_keys(path),
    }
}

/// Where links lead.
const OWN_PAGES: &str = "/.portcullis/";

/// Whether a part of a path could be most of a token, also where its characters are written as escapes.
fn is_token(part: &str) -> bool {
    part.len() > IDENTIFIER_LEN
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_%".contains(&byte))
}

/// Characters of an identifier, which is no secret; a token has more.
const IDENTIFIER_LEN: usize = 36;

fn without_keys(path: &str) -> Cow<'_, str> {
    let Some(at) = path.find("pck_").or_else(|| path.find("pcs_")) else { return Cow::Borrowed(path) };
    let (before, key) = path.split_at(at);
    let end = key.bytes().skip(4).position(|byte| !byte.is_ascii_alphanumeric()).map_or(key.len(), |n| n + 4);
    let shown = end.min(4 + crate::model::api_key::KeyId::LEN);
    let rest = key.get(end..).unwrap_or_default();
    if end <= shown || end < key_text::LEN / 2 {
        return Cow::Owned(format!("{before}{}{}", key.get(..end).unwrap_or_default(), without_keys(rest)));
    }
    Cow::Owned(format!("{before}{}…{}", key.get(..shown).unwrap_or_default(), without_keys(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// H10: a key that strayed into a path is not logged; its public id is.
    #[test]
    fn keys_in_paths_are_masked() {
        let key = format!("pck_{}{}", "a".repeat(12), "b".repeat(38));
        assert_eq!(masked(&format!("/x/{key}/y/{key}")), "/x/pck_aaaaaaaaaaaa…/y/pck_aaaaaaaaaaaa…");
        assert_eq!(masked("/plain/pck_/x"), "/plain/pck_/x");
        assert_eq!(masked("/plain"), "/plain");
    }

    /// whoever reads the log uses no link.
    #[test]
    fn tokens_of_links_are_masked() {
        let token = "sMrF-ImLo_0123456789012345678901234567890ab";
        for text in [token.to_owned(), token.replace('s', "%73"), format!("{token}x")] {
            assert_eq!(masked(&format!("/.portcullis/validate/{text}")), "/.portcullis/validate/…");
        }
        let letter = "/.portcullis/letters/0192d3a0-7b1c-7e65-8a4b-3c1d2e4f5a6b";
        assert_eq!(masked(letter), letter);
    }
}

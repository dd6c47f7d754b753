//! The path of a route, and how paths below it are treated.

use std::sync::Arc;

use super::super::file::{self, MatchWord};
use super::super::notes::Notes;
use crate::model::route::{PathPolicy, PathRule};

const PATH: &str = "write a path such as \"/api\": no \"..\", no \"//\", no query, other characters as %XX";
/// Characters whose encoded form is refused unless a route allows it.
const DELICATE: &[u8] = b"/\\;%?#";

/// Reads `path` and `match`.
pub(super) fn rule(key: &str, written: &file::Route, notes: &mut Notes<'_>) -> PathRule {
    let path = path(&format!("{key}.path"), &written.path, notes);
    match written.matching {
        MatchWord::Prefix => PathRule::Prefix(without_end(&path)),
        MatchWord::Exact => PathRule::Exact(path),
    }
}

/// Reads `allow_encoded`, `allow_double_slash`, `strip_prefix` and `add_prefix`.
pub(super) fn policy(key: &str, written: &file::Route, notes: &mut Notes<'_>) -> PathPolicy {
    let mut allow_encoded = Vec::new();
    for (at, text) in written.allow_encoded.iter().enumerate() {
        let digits = text.strip_prefix('%').filter(|digits| digits.len() == 2);
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte.filter(|byte| DELICATE.contains(byte)) {
            Some(byte) => allow_encoded.push(byte),
            None => {
                let what = format!("\"{text}\" is not an encoded character that can be allowed");
                let mend = "write one of \"%2F\", \"%5C\", \"%3B\", \"%25\", \"%3F\", \"%23\"; no other is refused by default";
                notes.error(&format!("{key}.allow_encoded[{at}]"), what, mend);
            }
        }
    }
    let mut prefix = |name: &str, text: &Option<String>| {
        text.as_ref().map(|text| without_end(&path(&format!("{key}.{name}"), text, notes)))
    };
    let strip_prefix = prefix("strip_prefix", &written.strip_prefix);
    let add_prefix = prefix("add_prefix", &written.add_prefix);
    let below = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer.trim_end_matches('/'))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if strip_prefix.as_ref().is_some_and(|prefix| !below(&written.path, prefix)) {
        let what = "the prefix to strip is not a beginning of the route's path";
        notes.error(
            &format!("{key}.strip_prefix"),
            what,
            "write the path of the route, or the beginning of it",
        );
    }
    PathPolicy { allow_encoded, allow_double_slash: written.allow_double_slash, strip_prefix, add_prefix }
}

/// A name for a route that has none.
pub(super) fn name(hosts: &[Arc<str>], path: &PathRule) -> String {
    let (PathRule::Prefix(path) | PathRule::Exact(path)) = path;
    format!("{}{path}", hosts.first().map_or("", AsRef::as_ref))
}

/// A path in the form that requests are matched in: unreserved characters plain, all others as `%XX`
/// with capitals.
fn path(key: &str, written: &str, notes: &mut Notes<'_>) -> Arc<str> {
    let dots = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
    let plain = written.starts_with('/') && !written.contains("//") && !written.split('/').any(dots);
    if !plain
        || !written.bytes().all(|b| b.is_ascii_graphic() && !b"?#\\\"<>^`{|}".contains(&b))
        || !escapes_are_normal(written)
    {
        notes.error(key, format!("\"{written}\" is not a path in normal form"), PATH);
    }
    written.into()
}

fn escapes_are_normal(path: &str) -> bool {
    path.split('%').skip(1).all(|rest| {
        let digits = rest
            .get(..2)
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        byte.is_some_and(|byte| !(byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)))
    })
}

/// Prefixes match on segment borders, so a slash at the end says nothing.
fn without_end(path: &str) -> Arc<str> {
    match path.trim_end_matches('/') {
        "" => "/".into(),
        rest => rest.into(),
    }
}

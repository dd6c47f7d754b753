//! What of a client's request fields reaches an app: everything of the app's, nothing of the gate's.
//! Runs before identity fields are set, so that nothing a client sends can take those away again.

use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, TE,
    TRANSFER_ENCODING,
};

use super::field_names::{Fate, fate, fold, may_be_nominated};
use crate::auth::credentials::X_API_KEY;
use crate::model::route::Authorization;

/// Fields of which a request may have one only (H8).
const SINGLE: [HeaderName; 5] = [HOST, AUTHORIZATION, CONTENT_LENGTH, TRANSFER_ENCODING, EXPECT];

/// Why the fields of a request are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFields {
    /// A field that may stand once stands more often.
    #[error("a field that may be sent once was sent more often")]
    Repeated,
    /// `Transfer-Encoding` other than one `chunked`.
    #[error("the transfer coding is not plain chunked")]
    TransferCoding,
    /// `Expect` other than `100-continue`.
    #[error("the expectation cannot be met")]
    Expectation,
    /// A name that is no token (RFC 9110, 5.6.2).
    #[error("a field has a name that is no token")]
    Name,
    /// More fields than a head may have.
    #[error("the head has too many fields")]
    TooMany,
}

/// Refuses what HTTP/2 brings and HTTP/1.1 does not let get this far: names that are no tokens (H9), since
/// the library lets a quotation mark stand in one, and more fields than the `most` of `limits.head_fields`.
/// The crumbs of a cookie count as the one field that they are cut from.
///
/// # Errors
/// [`BadFields::Name`] or [`BadFields::TooMany`].
pub fn inspect_http2(headers: &HeaderMap, most: usize) -> Result<(), BadFields> {
    let quoted = |name: &HeaderName| memchr::memchr(b'"', name.as_str().as_bytes()).is_some();
    if headers.len() > most {
        let crumbs = headers.get_all(COOKIE).iter().count();
        if headers.len() - crumbs.saturating_sub(1) > most {
            return Err(BadFields::TooMany);
        }
    }
    if headers.keys().any(quoted) { Err(BadFields::Name) } else { Ok(()) }
}

/// Refuses field combinations that an app could read otherwise than we do.
///
/// # Errors
/// [`BadFields`], saying which.
pub fn inspect(headers: &HeaderMap) -> Result<(), BadFields> {
    if headers.keys_len() != headers.len() {
        for name in &SINGLE {
            let mut values = headers.get_all(name).iter();
            let first = values.next();
            // Equal repeated lengths are joined by the protocol (RFC 9110, 8.6); everything else is refused.
            let tolerated = *name == CONTENT_LENGTH;
            if values.any(|value| !tolerated || Some(value) != first) {
                return Err(BadFields::Repeated);
            }
        }
    }
    if headers
        .get(TRANSFER_ENCODING)
        .is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked"))
    {
        return Err(BadFields::TransferCoding);
    }
    if headers.get(EXPECT).is_some_and(|expect| !expect.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        return Err(BadFields::Expectation);
    }
    Ok(())
}

/// Removes from a request what must not reach the app: hop-by-hop fields and those that `Connection`
/// nominates, every name the gate owns in any spelling, the credential it consumed, its cookies.
/// Keeps `TE: trailers`, which gRPC insists on. Idempotent.
pub fn clean(headers: &mut HeaderMap, authorization: Authorization, allowed: &[HeaderName]) {
    let trailers = wants_trailers(headers);
    drop_nominated(headers);
    let mut doomed: [Option<HeaderName>; 8] = Default::default();
    loop {
        let mut found = 0;
        let unwanted = headers.keys().filter(|name| fate(name, allowed) == Fate::Drop);
        for (slot, name) in doomed.iter_mut().zip(unwanted) {
            *slot = Some(name.clone());
            found += 1;
        }
        for slot in doomed.iter_mut().take(found) {
            slot.take().map(|name| headers.remove(name));
        }
        if found < doomed.len() {
            break;
        }
    }
    if authorization == Authorization::Consume {
        headers.remove(AUTHORIZATION);
    }
    headers.remove(X_API_KEY);
    drop_our_cookies(headers);
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
}

fn wants_trailers(headers: &HeaderMap) -> bool {
    headers.get_all(TE).iter().any(|value| {
        value
            .as_bytes()
            .split(|byte| *byte == b',')
            .any(|part| part.trim_ascii().eq_ignore_ascii_case(b"trailers"))
    })
}

/// Removes what `Connection` nominates, of a request or an answer, but for what it must not take away (H5).
pub(super) fn drop_nominated(headers: &mut HeaderMap) {
    if !headers.contains_key(CONNECTION) {
        return;
    }
    let nominated: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|token| HeaderName::from_bytes(token.trim_ascii()).ok())
        .filter(|name| may_be_nominated(&fold(name.as_str())))
        .collect();
    for name in nominated {
        headers.remove(name);
    }
}

/// Joins the crumbs of HTTP/2 into one field and takes our own cookies out of it.
fn drop_our_cookies(headers: &mut HeaderMap) {
    let mut crumbs = headers.get_all(COOKIE).iter();
    let Some(first) = crumbs.next() else { return };
    let ours = |value: &HeaderValue| contains(value.as_bytes(), b"__Host-portcullis");
    if crumbs.next().is_none() && !ours(first) {
        return;
    }
    let mut joined = Vec::new();
    for crumb in headers.get_all(COOKIE) {
        for pair in crumb.as_bytes().split(|byte| *byte == b';').map(<[u8]>::trim_ascii) {
            if !pair.is_empty() && !is_our_cookie(pair) {
                if !joined.is_empty() {
                    joined.extend_from_slice(b"; ");
                }
                joined.extend_from_slice(pair);
            }
        }
    }
    headers.remove(COOKIE);
    if let Some(value) =
        HeaderValue::from_maybe_shared(bytes::Bytes::from(joined)).ok().filter(|v| !v.is_empty())
    {
        headers.insert(COOKIE, value);
    }
}

/// Whether a `name=value` pair is a cookie of the gate's: `__Host-portcullis` and its family.
pub fn is_our_cookie(pair: &[u8]) -> bool {
    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
    match name.strip_prefix(b"__Host-portcullis") {
        Some(rest) => rest.is_empty() || rest.starts_with(b"-"),
        None => false,
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map(fields: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        map
    }

    fn cleaned(fields: &[(&str, &str)]) -> HeaderMap {
        let mut headers = map(fields);
        clean(&mut headers, Authorization::Consume, &[]);
        headers
    }

    /// H4, H10, R-52.
    #[test]
    fn the_gates_own_fields_and_the_consumed_credential_are_removed() {
        let left = cleaned(&[
            ("x-forwarded-user", "root"),
            ("x_forwarded_user", "root"),
            ("x-portcullis-role", "manager"),
            ("authorization", "Bearer k"),
            ("proxy-authorization", "Basic x"),
            ("x-api-key", "k"),
            ("accept", "*/*"),
        ]);
        assert_eq!(left, map(&[("accept", "*/*")]));
    }

    /// H5: a nomination removes the app's own fields at most.
    #[test]
    fn connection_cannot_nominate_framing_or_credentials() {
        let left = cleaned(&[
            ("connection", "close, X-Mine, Cookie, content-length, X-Forwarded-User"),
            ("x-mine", "1"),
            ("cookie", "a=b"),
            ("content-length", "3"),
        ]);
        assert_eq!(left, map(&[("cookie", "a=b"), ("content-length", "3")]));
    }

    ///
    #[test]
    fn crumbs_are_joined_and_our_cookies_taken_out() {
        let left = cleaned(&[("cookie", "a=b"), ("cookie", "__Host-portcullis=x; c=d"), ("cookie", "e=f")]);
        assert_eq!(left, map(&[("cookie", "a=b; c=d; e=f")]));
        assert!(cleaned(&[("cookie", "__Host-portcullis=x; __Host-portcullis-flow=y")]).is_empty());
        let others = map(&[("cookie", "__Host-portcullisx=1")]);
        assert_eq!(cleaned(&[("cookie", "__Host-portcullisx=1")]), others);
    }

    #[test]
    fn more_doomed_fields_than_one_sweep_holds_are_all_removed() {
        let fields: Vec<(String, &str)> = (0..50).map(|nth| (format!("x-portcullis-{nth}"), "v")).collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert!(cleaned(&fields).is_empty());
    }

    #[test]
    fn te_keeps_only_trailers() {
        assert_eq!(cleaned(&[("te", "gzip, trailers")]), map(&[("te", "trailers")]));
        assert!(cleaned(&[("te", "gzip")]).is_empty());
    }

    /// F1, H8.
    #[test]
    fn doubtful_framing_is_refused() {
        let check = |fields: &[(&str, &str)]| inspect(&map(fields));
        assert_eq!(check(&[("host", "a"), ("host", "a")]), Err(BadFields::Repeated));
        assert_eq!(check(&[("content-length", "1"), ("content-length", "2")]), Err(BadFields::Repeated));
        assert_eq!(check(&[("content-length", "1"), ("content-length", "1")]), Ok(()));
        assert_eq!(check(&[("transfer-encoding", "gzip, chunked")]), Err(BadFields::TransferCoding));
        assert_eq!(
            check(&[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")]),
            Err(BadFields::Repeated)
        );
        assert_eq!(check(&[("expect", "200-ok")]), Err(BadFields::Expectation));
    }

    proptest! {
        #[test]
        fn cleaning_is_idempotent(
            fields in proptest::collection::vec(("[a-z_.-]{1,16}", "[a-z=; ,-]{0,24}"), 0..12),
        ) {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            let once = cleaned(&fields);
            let mut twice = once.clone();
            clean(&mut twice, Authorization::Consume, &[]);
            prop_assert_eq!(once, twice);
        }
    }
}

//! What a request presents: one key, one session cookie, or nothing. Pure: reads fields, looks nothing up.
//! The first slot that is filled decides; two filled slots are a fault, never a choice (R-64, R-65, H8).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue};
use zeroize::Zeroize;

use crate::model::route::Authorization;

/// The user name that carries a key in HTTP Basic.
pub const KEY_USER: &[u8] = b"__key__";

/// Name of the session cookie.
pub const SESSION_COOKIE: &str = "__Host-portcullis";

/// The field that carries a bare key.
pub const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Longest key text that is looked at, in bytes.
pub const LONGEST_KEY: usize = 256;

/// Room for the decoded pair of a Basic credential with the longest key.
const ROOM: usize = KEY_USER.len() + 1 + LONGEST_KEY + 2;

/// Longest `Authorization` value that is looked at: a Basic pair with the longest key.
const LONGEST_AUTHORIZATION: usize = ROOM.div_ceil(3) * 4 + 64;

/// What a request presents.
#[expect(
    clippy::large_enum_variant,
    reason = "it lives on the stack of one call; a box would be an allocation"
)]
#[derive(Debug, PartialEq, Eq)]
pub enum Presented<'a> {
    /// Nothing at all.
    Nothing,
    /// The text of a key.
    Key(KeyText),
    /// The value of the session cookie.
    Cookie(&'a [u8]),
}

/// Why what a request presents cannot be read. The first two are faults of form (400), the others are
/// credentials that cannot be good (401).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Two slots, or one slot twice.
    #[error("more than one credential was sent")]
    Several,
    /// A scheme whose connections must not be shared (NTLM, Negotiate) on a route that passes it on (F5).
    #[error("connection-bound authentication cannot pass a gateway")]
    ConnectionBound,
    /// A scheme other than Basic and Bearer.
    #[error("only the Basic and Bearer schemes are taken")]
    Scheme,
    /// Basic that does not decode to `user:password`.
    #[error("the Basic credential is malformed")]
    Malformed,
    /// Basic for somebody else than `__key__`.
    #[error("Basic takes the user name __key__ only")]
    User,
    /// A key that is empty or longer than any key.
    #[error("the key is empty or too long")]
    Length,
}

/// The text of a presented key, wiped when dropped.
pub struct KeyText {
    bytes: [u8; ROOM],
    from: usize,
    to: usize,
}

impl KeyText {
    /// The bytes of the key.
    pub fn expose(&self) -> &[u8] {
        self.bytes.get(self.from..self.to).unwrap_or_default()
    }

    fn copied_from(text: &[u8]) -> Result<Self, Unreadable> {
        let mut key = Self { bytes: [0; ROOM], from: 0, to: text.len() };
        if let Some(room) = key.bytes.get_mut(..text.len()) {
            room.copy_from_slice(text);
        }
        key.of_good_length()
    }

    fn from_basic(encoded: &[u8]) -> Result<Self, Unreadable> {
        let mut key = Self { bytes: [0; ROOM], from: 0, to: ROOM };
        let length = STANDARD.decode_slice(encoded, &mut key.bytes).map_err(|_| Unreadable::Malformed)?;
        key.to = length;
        let colon = key.expose().iter().position(|byte| *byte == b':').ok_or(Unreadable::Malformed)?;
        if key.bytes.get(..colon) != Some(KEY_USER) {
            return Err(Unreadable::User);
        }
        key.from = colon + 1;
        key.of_good_length()
    }

    fn of_good_length(self) -> Result<Self, Unreadable> {
        if (1..=LONGEST_KEY).contains(&self.to.saturating_sub(self.from)) {
            Ok(self)
        } else {
            Err(Unreadable::Length)
        }
    }
}

impl Drop for KeyText {
    fn drop(&mut self) {
        if let Some(used) = self.bytes.get_mut(..self.to) {
            used.zeroize();
        }
    }
}

impl std::fmt::Debug for KeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyText(…)")
    }
}

impl PartialEq for KeyText {
    fn eq(&self, other: &Self) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.expose(), other.expose()).into()
    }
}

impl Eq for KeyText {}

/// Reads what a request presents on a route that treats `Authorization` as told.
///
/// # Errors
/// [`Unreadable`], when something is presented that cannot be read as one credential.
pub fn read(headers: &HeaderMap, authorization: Authorization) -> Result<Presented<'_>, Unreadable> {
    let bare = only(headers, &X_API_KEY)?;
    let scheme = only(headers, &AUTHORIZATION)?;
    let key = match (authorization, scheme, bare) {
        (Authorization::Consume, Some(_), Some(_)) => return Err(Unreadable::Several),
        (Authorization::Consume, Some(value), None) => Some(from_authorization(value.as_bytes())?),
        (Authorization::Ignore, Some(value), _) if is_connection_bound(value.as_bytes()) => {
            return Err(Unreadable::ConnectionBound);
        }
        (_, _, Some(value)) => Some(KeyText::copied_from(value.as_bytes())?),
        (_, _, None) => None,
    };
    // A doubled session cookie is a fault even beside a key: somebody downstream would pick one.
    let cookie = session_cookie(headers)?;
    Ok(match (key, cookie) {
        (Some(key), _) => Presented::Key(key),
        (None, Some(cookie)) => Presented::Cookie(cookie),
        (None, None) => Presented::Nothing,
    })
}

/// The single value of a field, if it is there.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, Unreadable> {
    let Some(first) = headers.get(name) else { return Ok(None) };
    match headers.get_all(name).iter().nth(1) {
        None => Ok(Some(first)),
        Some(_) => Err(Unreadable::Several),
    }
}

/// Reads the value of an `Authorization` field as a key (RFC 7617, RFC 6750; schemes in any case).
///
/// # Errors
/// [`Unreadable`], when it is not Basic for `__key__` or Bearer.
pub fn from_authorization(value: &[u8]) -> Result<KeyText, Unreadable> {
    if value.len() > LONGEST_AUTHORIZATION {
        return Err(Unreadable::Length);
    }
    let (scheme, rest) = split_scheme(value);
    if scheme.eq_ignore_ascii_case(b"basic") {
        KeyText::from_basic(rest)
    } else if scheme.eq_ignore_ascii_case(b"bearer") {
        KeyText::copied_from(rest)
    } else {
        Err(Unreadable::Scheme)
    }
}

fn split_scheme(value: &[u8]) -> (&[u8], &[u8]) {
    match value.iter().position(|byte| *byte == b' ') {
        Some(at) => {
            let (scheme, rest) = value.split_at(at);
            (scheme, rest.trim_ascii())
        }
        None => (value, &[]),
    }
}

/// Whether a field that a route passes on unread may pass at all (F5). Routes that look for a key learn it
/// from [`read`]; the open ones ask here.
///
/// # Errors
/// [`Unreadable::ConnectionBound`].
pub fn may_pass(headers: &HeaderMap, authorization: Authorization) -> Result<(), Unreadable> {
    let passed = authorization == Authorization::Ignore;
    let bound = |value: &HeaderValue| is_connection_bound(value.as_bytes());
    if passed && headers.get_all(AUTHORIZATION).iter().any(bound) {
        return Err(Unreadable::ConnectionBound);
    }
    Ok(())
}

fn is_connection_bound(value: &[u8]) -> bool {
    let (scheme, _) = split_scheme(value);
    scheme.eq_ignore_ascii_case(b"ntlm") || scheme.eq_ignore_ascii_case(b"negotiate")
}

/// Finds the value of the session cookie in one pass over all `Cookie` fields (HTTP/2 sends crumbs).
fn session_cookie(headers: &HeaderMap) -> Result<Option<&[u8]>, Unreadable> {
    let mut found = None;
    for field in headers.get_all(COOKIE) {
        for pair in field.as_bytes().split(|byte| *byte == b';') {
            let pair = pair.trim_ascii_start();
            let Some(value) = pair.strip_prefix(SESSION_COOKIE.as_bytes()) else { continue };
            let Some(value) = value.strip_prefix(b"=") else { continue };
            if found.replace(value.trim_ascii_end()).is_some() {
                return Err(Unreadable::Several);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    fn basic(pair: &str) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    fn key_of(fields: &[(&'static str, &str)]) -> Result<Vec<u8>, Unreadable> {
        match read(&headers(fields), Authorization::Consume)? {
            Presented::Key(key) => Ok(key.expose().to_vec()),
            other => panic!("{other:?}"),
        }
    }

    /// split at the first colon only; scheme in any case.
    #[test]
    fn a_key_comes_in_by_basic_bearer_or_its_own_field() {
        assert_eq!(key_of(&[("authorization", &basic("__key__:a:b"))]).unwrap(), b"a:b");
        assert_eq!(
            key_of(&[("authorization", &basic("__key__:k").replace("Basic", "bASIC"))]).unwrap(),
            b"k"
        );
        assert_eq!(key_of(&[("authorization", "Bearer k")]).unwrap(), b"k");
        assert_eq!(key_of(&[("x-api-key", "k")]).unwrap(), b"k");
    }

    /// R-64, H8: two credentials are a fault, also twice the same.
    #[test]
    fn two_filled_slots_are_refused() {
        let good = basic("__key__:k");
        for fields in [
            [("authorization", good.as_str()), ("x-api-key", "k")],
            [("authorization", good.as_str()), ("authorization", good.as_str())],
            [("x-api-key", "k"), ("x-api-key", "k")],
            [("cookie", "__Host-portcullis=a; __Host-portcullis=a"), ("accept", "*/*")],
            [("cookie", "__Host-portcullis=a"), ("cookie", "b=c; __Host-portcullis=d")],
        ] {
            assert_eq!(
                read(&headers(&fields), Authorization::Consume),
                Err(Unreadable::Several),
                "{fields:?}"
            );
        }
    }

    /// anything but `__key__` byte for byte is refused, account passwords above all.
    #[test]
    fn basic_takes_no_other_user() {
        for user in ["ada", "__KEY__", "__key", "", "__key__ "] {
            assert_eq!(
                key_of(&[("authorization", &basic(&format!("{user}:k")))]),
                Err(Unreadable::User),
                "{user}"
            );
        }
        for bad in ["Basic", "Basic !!!", "Basic Og", &basic("nocolon")] {
            assert_eq!(key_of(&[("authorization", bad)]), Err(Unreadable::Malformed), "{bad}");
        }
        assert_eq!(key_of(&[("authorization", "Digest x")]), Err(Unreadable::Scheme));
        assert_eq!(key_of(&[("authorization", &basic("__key__:"))]), Err(Unreadable::Length));
        assert_eq!(key_of(&[("x-api-key", &"k".repeat(257))]), Err(Unreadable::Length));
    }

    /// F5: a route that passes `Authorization` on does not read it, and shares no NTLM connection.
    #[test]
    fn an_ignored_authorization_is_not_read() {
        let one = headers(&[("authorization", "Digest x"), ("x-api-key", "k")]);
        assert!(matches!(read(&one, Authorization::Ignore), Ok(Presented::Key(_))));
        let bound = headers(&[("authorization", "NTLM TlRM")]);
        assert_eq!(may_pass(&bound, Authorization::Ignore), Err(Unreadable::ConnectionBound));
        assert_eq!(may_pass(&bound, Authorization::Consume), Ok(()));
        assert_eq!(read(&bound, Authorization::Ignore), Err(Unreadable::ConnectionBound));
    }

    /// a key beats the cookie.
    #[test]
    fn a_cookie_counts_only_without_a_key() {
        let both = headers(&[("cookie", "a=b; __Host-portcullis=tok"), ("x-api-key", "k")]);
        assert!(matches!(read(&both, Authorization::Consume), Ok(Presented::Key(_))));
        let alone = headers(&[("cookie", "x__Host-portcullis=no; __Host-portcullis=tok ;c=d")]);
        assert_eq!(read(&alone, Authorization::Consume), Ok(Presented::Cookie(b"tok")));
    }

    proptest! {
        #[test]
        fn no_value_of_any_field_panics(value in proptest::collection::vec(any::<u8>(), 0..900)) {
            let _ = from_authorization(&value);
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                let mut map = HeaderMap::new();
                map.append(COOKIE, value.clone());
                map.append(AUTHORIZATION, value);
                let _ = read(&map, Authorization::Consume);
            }
        }

        #[test]
        fn every_key_text_survives_basic(key in proptest::collection::vec(any::<u8>(), 1..=LONGEST_KEY)) {
            let mut pair = b"__key__:".to_vec();
            pair.extend_from_slice(&key);
            let value = format!("Basic {}", STANDARD.encode(&pair));
            let read = from_authorization(value.as_bytes()).unwrap();
            prop_assert_eq!(read.expose(), &key[..]);
        }
    }
}

//! The one path that is decided on and forwarded. Whatever an app might read in two ways is refused
//! before a route is looked for (P1–P6, P15).

use std::borrow::Cow;

use crate::model::route::PathPolicy;

/// Why a path is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// Does not begin with `/`.
    #[error("the path does not begin with a slash")]
    NotAbsolute,
    /// A `.` or `..` segment in any spelling, with or without parameters.
    #[error("the path has a dot segment")]
    DotSegment,
    /// `//`.
    #[error("the path has an empty segment")]
    EmptySegment,
    /// A backslash, control character, space, non-ASCII byte or `#`.
    #[error("the path has a character that must not stand in one")]
    Character,
    /// A percent sign without two hexadecimal digits.
    #[error("the path has a broken percent escape")]
    Escape,
    /// Parameters, escapes or double slashes by which it may belong to a narrower route.
    #[error("the path may belong to two routes")]
    TwoRoutes,
    /// An escape of a byte that the route does not allow encoded (`%2F`, `%5C`, `%00`, `%3B`, `%25`, …).
    #[error("the path has an escaped character that this route does not take")]
    Encoded(u8),
}

/// Bytes whose escape could change what a path means; refused unless a route allows them.
const DELICATE: &[u8] = b"/\\;%?#";

/// What must be known of a path after one look at its bytes.
#[derive(Default)]
struct Sight {
    escapes: bool,
    leading_dot: bool,
    double_slash: bool,
}

/// The path in normal form: escapes of unreserved characters decoded, other escapes in upper case.
/// Everything that no route allows is refused here; what only some allow is left for [`permit`].
///
/// # Errors
/// [`BadPath`], when apps could read the path in more than one way.
pub fn normalise(path: &str) -> Result<Cow<'_, str>, BadPath> {
    if !path.starts_with('/') {
        return Err(BadPath::NotAbsolute);
    }
    let sight = look(path.as_bytes())?;
    let normal = if sight.escapes { Cow::Owned(decode_unreserved(path)?) } else { Cow::Borrowed(path) };
    if (sight.leading_dot || sight.escapes) && normal.split('/').any(is_dot_segment) {
        return Err(BadPath::DotSegment);
    }
    Ok(normal)
}

/// Whether a route's policy takes a path in normal form.
///
/// # Errors
/// [`BadPath`], naming what the route does not take.
pub fn permit(normal: &str, policy: &PathPolicy) -> Result<(), BadPath> {
    let sight = look(normal.as_bytes())?;
    if sight.double_slash && !policy.allow_double_slash {
        return Err(BadPath::EmptySegment);
    }
    if sight.escapes {
        for byte in escapes(normal) {
            let delicate = DELICATE.contains(&byte) || byte.is_ascii_control();
            if delicate && !policy.allow_encoded.contains(&byte) {
                return Err(BadPath::Encoded(byte));
            }
        }
    }
    Ok(())
}

/// The path after a route's rewriting; what comes out is held to the same form (P4).
///
/// # Errors
/// [`BadPath`], when stripping or adding a prefix made an ambiguous path.
pub fn rewrite<'p>(normal: &'p str, policy: &PathPolicy) -> Result<Cow<'p, str>, BadPath> {
    if policy.strip_prefix.is_none() && policy.add_prefix.is_none() {
        return Ok(Cow::Borrowed(normal));
    }
    let rest = match &policy.strip_prefix {
        Some(prefix) => normal.strip_prefix(prefix.trim_end_matches('/')).unwrap_or(normal),
        None => normal,
    };
    let rest = if rest.starts_with('/') { Cow::Borrowed(rest) } else { Cow::Owned(format!("/{rest}")) };
    let path = match &policy.add_prefix {
        Some(prefix) => Cow::Owned(format!("{}{rest}", prefix.trim_end_matches('/'))),
        None => rest,
    };
    let again = normalise(&path)?;
    permit(&again, policy)?;
    let changed = again != path;
    drop(again);
    if changed { Err(BadPath::Escape) } else { Ok(path) }
}

fn look(path: &[u8]) -> Result<Sight, BadPath> {
    let mut sight = Sight::default();
    let mut before = 0;
    for &byte in path {
        match byte {
            b'%' => sight.escapes = true,
            b'/' if before == b'/' => sight.double_slash = true,
            b'.' if before == b'/' => sight.leading_dot = true,
            b'\\' | b'#' | b'?' | 0..=b' ' | 0x7f.. => return Err(BadPath::Character),
            _ => {}
        }
        before = byte;
    }
    Ok(sight)
}

fn decode_unreserved(path: &str) -> Result<String, BadPath> {
    let mut normal = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        let (plain, escape) = rest.split_at(at);
        normal.push_str(plain);
        let byte = escaped_byte(escape.as_bytes()).ok_or(BadPath::Escape)?;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            normal.push(char::from(byte));
        } else {
            normal.extend(escape.chars().take(3).map(|digit| digit.to_ascii_uppercase()));
        }
        rest = escape.get(3..).unwrap_or_default();
    }
    normal.push_str(rest);
    Ok(normal)
}

fn escapes(path: &str) -> impl Iterator<Item = u8> {
    path.match_indices('%').filter_map(|(at, _)| escaped_byte(path.as_bytes().get(at..)?))
}

fn escaped_byte(escape: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = escape else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

/// `.` and `..`, also where parameters follow (`..;x`), or where the dots or a separator are escaped
/// any number of times over (P3).
fn is_dot_segment(segment: &str) -> bool {
    if segment.contains('%') {
        let plain = with_single_escapes(segment)
            .to_ascii_lowercase()
            .replace("%2e", ".")
            .replace("%2f", "/")
            .replace("%5c", "/");
        plain.replace("%3b", ";").replace("%00", ";").split('/').any(is_dots)
    } else {
        is_dots(segment)
    }
}

/// A path with `%25`, `%2525` and so on before two digits taken for the one percent sign that they come to, in
/// one pass however often they are nested.
fn with_single_escapes(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        plain.push_str(before);
        plain.push('%');
        rest = after.trim_start_matches("25");
    }
    plain.push_str(rest);
    plain
}

/// How an app may read a path that is not plain: escapes decoded however often, parameters cut off, slashes
/// merged. `None` where there is only one reading.
pub fn other_reading(path: &str) -> Option<String> {
    let plain = memchr::memchr2(b';', b'%', path.as_bytes()).is_none() && !path.contains("//");
    if plain {
        return None;
    }
    let single = with_single_escapes(path);
    let mut bytes = Vec::with_capacity(single.len());
    let mut rest = single.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = escaped_byte(rest);
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { rest.get(3..).unwrap_or_default() } else { after };
    }
    let text = String::from_utf8_lossy(&bytes).replace('\\', "/");
    let text = text.split(['?', '#', '\0']).next().unwrap_or_default();
    let segments = text.split('/').map(|segment| segment.split(';').next().unwrap_or_default());
    Some(
        segments
            .filter(|segment| !segment.is_empty())
            .fold(String::new(), |path, segment| path + "/" + segment),
    )
}

fn is_dots(segment: &str) -> bool {
    segment.starts_with('.') && matches!(segment.split(';').next(), Some("." | ".."))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn strict(path: &str) -> Result<String, BadPath> {
        let normal = normalise(path)?;
        permit(&normal, &PathPolicy::default())?;
        Ok(normal.into_owned())
    }

    /// P1: one normal form, idempotent, decided on and forwarded.
    #[test]
    fn ordinary_paths_stay_as_they_are_and_unreserved_escapes_are_decoded() {
        for plain in ["/", "/a", "/a/b.c/~d;e=f", "/a,b/@c:d/$&'()*+=!", "/...", "/.well-known/x", "/a..b"] {
            assert_eq!(strict(plain).unwrap(), plain);
        }
        assert_eq!(strict("/%61%7e/%c3%a4%20").unwrap(), "/a~/%C3%A4%20");
    }

    /// P1, P3: dot segments in every spelling.
    #[test]
    fn dot_segments_are_refused_in_every_spelling() {
        for bad in [
            "/..",
            "/.",
            "/a/../b",
            "/a/./b",
            "/%2e%2e/b",
            "/.%2E",
            "/a/..;/b",
            "/a/..;x=y/b",
            "/a/.;/b",
            "/%2e;",
            "/a/..%2fb",
            "/a%2f../b",
            "/a%5c..%5cb",
            "/..%3b/x",
            "/..%00/x",
            "/%252e%252e/x",
        ] {
            assert_eq!(strict(bad), Err(BadPath::DotSegment), "{bad}");
        }
    }

    /// A long run of nested escapes is looked at once, not once a level.
    #[test]
    fn nested_escapes_are_undone_in_one_pass() {
        assert_eq!(with_single_escapes("/%2525252e%25/%"), "/%2e%/%");
        let nested = |tail: &str| format!("/%{}{tail}/x", "25".repeat(1_000_000));
        assert_eq!(normalise(&nested("2e")), Err(BadPath::DotSegment));
        assert!(normalise(&nested("41")).is_ok());
    }

    /// P1 to P3: what apps make of parameters, escapes and double slashes.
    #[test]
    fn a_path_that_is_not_plain_has_another_reading() {
        for (path, other) in [
            ("/admin;x/panel", "/admin/panel"),
            ("/a/;x/b;y=z", "/a/b"),
            ("/a%2Fb%5Cc", "/a/b/c"),
            ("/%2561dmin%253Bx", "/admin"),
            ("//a//b/", "/a/b"),
            ("/a%3Fb/c", "/a"),
            ("/a%20b", "/a b"),
        ] {
            assert_eq!(other_reading(path).as_deref(), Some(other), "{path}");
        }
        assert_eq!(other_reading("/a/b.c"), None);
    }

    /// P2, P6, P15 and bad bytes.
    #[test]
    fn delicate_escapes_and_stray_bytes_are_refused() {
        for (bad, why) in [
            ("/a%2Fb", BadPath::Encoded(b'/')),
            ("/a%5cb", BadPath::Encoded(b'\\')),
            ("/a%00", BadPath::Encoded(0)),
            ("/a%3Bb", BadPath::Encoded(b';')),
            ("/a%25b", BadPath::Encoded(b'%')),
            ("/a%3fb", BadPath::Encoded(b'?')),
            ("/a%23b", BadPath::Encoded(b'#')),
            ("/a%0d%0ab", BadPath::Encoded(13)),
            ("/a//b", BadPath::EmptySegment),
            ("//a", BadPath::EmptySegment),
            ("/a\\b", BadPath::Character),
            ("/a#b", BadPath::Character),
            ("/a b", BadPath::Character),
            ("/\u{e4}", BadPath::Character),
            ("/a%", BadPath::Escape),
            ("/a%4", BadPath::Escape),
            ("/a%zz", BadPath::Escape),
            ("a", BadPath::NotAbsolute),
            ("*", BadPath::NotAbsolute),
            ("", BadPath::NotAbsolute),
        ] {
            assert_eq!(strict(bad), Err(why), "{bad}");
        }
    }

    /// What a route allows is forwarded byte for byte.
    #[test]
    fn a_route_can_allow_encoded_bytes_and_double_slashes() {
        let policy =
            PathPolicy { allow_encoded: b"/%".to_vec(), allow_double_slash: true, ..PathPolicy::default() };
        for path in ["/@scope%2Fname", "/a%252Fb", "/a//b"] {
            let normal = normalise(path).unwrap();
            assert_eq!(normal, path);
            permit(&normal, &policy).unwrap();
        }
        assert!(normalise("/a%2F..%2Fb").is_err());
    }

    /// P4: what rewriting makes is held to the same form.
    #[test]
    fn rewriting_cannot_make_an_ambiguous_path() {
        let policy = |strip: Option<&str>, add: Option<&str>| PathPolicy {
            strip_prefix: strip.map(Into::into),
            add_prefix: add.map(Into::into),
            ..PathPolicy::default()
        };
        assert_eq!(rewrite("/app/x", &policy(Some("/app"), None)).unwrap(), "/x");
        assert_eq!(rewrite("/app", &policy(Some("/app"), Some("/v1/"))).unwrap(), "/v1/");
        assert_eq!(rewrite("/x", &policy(None, Some("/v1"))).unwrap(), "/v1/x");
        assert_eq!(rewrite("/app../x", &policy(Some("/app"), None)), Err(BadPath::DotSegment));
    }

    proptest! {
        #[test]
        fn normalising_is_idempotent_and_never_panics(path in "/[ -~]{0,40}") {
            if let Ok(normal) = normalise(&path) {
                let again = normalise(&normal).map(Cow::into_owned);
                prop_assert_eq!(again.as_deref(), Ok(&*normal));
            }
        }

        #[test]
        fn no_accepted_path_resolves_upwards(path in "(/(\\.|%2e|%2E|%2f|%5c|;|a|%25){0,4}){1,5}") {
            if let Ok(normal) = strict(&path) {
                prop_assert!(!normal.split('/').any(|s| s == ".." || s == "."), "{}", normal);
            }
        }
    }
}

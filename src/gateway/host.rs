//! Which host a request is for: exactly one, well-formed, in one spelling (H7, H8, P9, P14).

use std::borrow::Cow;

use http::header::HOST;
use http::{HeaderMap, HeaderValue, Uri, Version};

/// Why the host of a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHost {
    /// None, or an empty one.
    #[error("the request names no host")]
    Missing,
    /// More than one, or two that differ.
    #[error("the request names more than one host")]
    Several,
    /// Not a host name or address with an optional port.
    #[error("the host is malformed")]
    Malformed,
}

/// The one `Host` field of a request, if it has one.
///
/// # Errors
/// [`BadHost::Several`], when there is more than one.
pub fn field(headers: &HeaderMap) -> Result<Option<&HeaderValue>, BadHost> {
    let mut fields = headers.get_all(HOST).iter();
    match (fields.next(), fields.next()) {
        (_, Some(_)) => Err(BadHost::Several),
        (field, None) => Ok(field),
    }
}

/// The host and port that a request names, as sent: `host[:port]`.
///
/// # Errors
/// [`BadHost`], when there is not exactly one.
pub fn named<'r>(uri: &'r Uri, field: Option<&'r HeaderValue>, version: Version) -> Result<&'r str, BadHost> {
    let field = field.map(|value| value.to_str().map_err(|_| BadHost::Malformed)).transpose()?;
    let authority = uri.authority().map(http::uri::Authority::as_str);
    if authority.is_some_and(|authority| authority.contains('@')) {
        return Err(BadHost::Malformed);
    }
    match (authority, field) {
        (Some(a), Some(b)) if !a.eq_ignore_ascii_case(b) => Err(BadHost::Several),
        // HTTP/1.1 demands the field even beside an absolute target (RFC 9112, 3.2).
        (Some(_), None) if version < Version::HTTP_2 => Err(BadHost::Missing),
        (Some(named), _) | (None, Some(named)) if !named.is_empty() => Ok(named),
        _ => Err(BadHost::Missing),
    }
}

/// The name in the one spelling that routes are matched in: lower case, no port, no trailing dot.
///
/// # Errors
/// [`BadHost::Malformed`], for anything but a name, an IPv4 address or a bracketed IPv6 address.
pub fn canonical(named: &str) -> Result<Cow<'_, str>, BadHost> {
    let (name, port) = match named.strip_prefix('[') {
        Some(rest) => {
            let (inside, after) = rest.split_once(']').ok_or(BadHost::Malformed)?;
            inside.parse::<std::net::Ipv6Addr>().map_err(|_| BadHost::Malformed)?;
            let port = if after.is_empty() { Some("") } else { after.strip_prefix(':') };
            (named.get(..inside.len() + 2).unwrap_or_default(), port.ok_or(BadHost::Malformed)?)
        }
        None => named.split_once(':').unwrap_or((named, "")),
    };
    if port.len() > 5 || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BadHost::Malformed);
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let well_formed =
        name.starts_with('[') || (name.bytes().all(plain) && !name.split('.').any(str::is_empty));
    if name.is_empty() || name.len() > 253 || !well_formed {
        return Err(BadHost::Malformed);
    }
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Ok(Cow::Owned(name.to_ascii_lowercase()));
    }
    Ok(Cow::Borrowed(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P9: case, trailing dot and port do not make another host.
    #[test]
    fn one_host_has_one_spelling() {
        for named in ["App.Example", "app.example.", "app.example:8443", "APP.example.:443", "app.example:"] {
            assert_eq!(canonical(named).unwrap(), "app.example", "{named}");
        }
        assert_eq!(canonical("[::1]:8443").unwrap(), "[::1]");
        assert_eq!(canonical("127.0.0.1:1").unwrap(), "127.0.0.1");
    }

    #[test]
    fn malformed_hosts_are_refused() {
        for bad in [
            "",
            ".",
            "a b",
            "a/b",
            "ä.example",
            "a%41",
            "[::1",
            "[x]",
            "[::1]80",
            "[::1].",
            "a:b",
            "a:123456",
            "u@h",
            "a,b",
            ".a",
            "a..",
            "a..b",
        ] {
            assert_eq!(canonical(bad), Err(BadHost::Malformed), "{bad}");
        }
    }

    /// H8, P14: exactly one host.
    #[test]
    fn a_request_names_exactly_one_host() {
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        let fields = |hosts: &[&str]| {
            let mut map = HeaderMap::new();
            hosts.iter().for_each(|host| {
                map.append(HOST, host.parse().unwrap());
            });
            map
        };
        let h1 = Version::HTTP_11;
        let ask = |target: &str, hosts: &[&str], version| {
            let (uri, fields) = (uri(target), fields(hosts));
            named(&uri, field(&fields)?, version).map(str::to_owned)
        };
        assert_eq!(ask("/", &["a"], h1), Ok("a".to_owned()));
        assert_eq!(ask("/", &[], h1), Err(BadHost::Missing));
        assert_eq!(ask("/", &[""], h1), Err(BadHost::Missing));
        assert_eq!(ask("/", &["a", "a"], h1), Err(BadHost::Several));
        assert_eq!(ask("http://b/", &["a"], h1), Err(BadHost::Several));
        assert_eq!(ask("http://a/", &[], h1), Err(BadHost::Missing));
        assert_eq!(ask("http://a/", &[], Version::HTTP_2), Ok("a".to_owned()));
        assert_eq!(ask("http://u@a/", &[], Version::HTTP_2), Err(BadHost::Malformed));
    }
}

//! Addresses that people enter for the gate to call, and which of them it may call beyond the public internet.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use http::Uri;
use ipnet::IpNet;

/// An address on the web: `https` or `http`, a host, perhaps a port, a path and a query.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct WebAddress {
    text: Arc<str>,
    secure: bool,
    host: Arc<str>,
    port: u16,
}

/// The text is no such address.
#[derive(Debug, thiserror::Error)]
#[error(
    "is not a web address: https://, a host in ASCII, and a path; without user name, password and fragment"
)]
pub struct NotAWebAddress;

/// Longest address, in characters.
const LONGEST: usize = 1_000;

impl WebAddress {
    /// As it was entered.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether TLS is spoken.
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host, in lower case; an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The host as an address, where it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Host and port as they stand in `Host`.
    pub fn authority(&self) -> &str {
        let rest = self.text.split_once("://").map_or("", |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or_default()
    }

    /// What is asked for there.
    pub fn path_and_query(&self) -> Uri {
        let uri: Option<Uri> = self.text.parse().ok();
        uri.and_then(|uri| uri.path_and_query().cloned()).map(Uri::from).unwrap_or_default()
    }
}

impl FromStr for WebAddress {
    type Err = NotAWebAddress;
    fn from_str(text: &str) -> Result<Self, NotAWebAddress> {
        let text = text.trim();
        let plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'#' && b != b'\\');
        if !plain || text.len() > LONGEST {
            return Err(NotAWebAddress);
        }
        let uri: Uri = text.parse().map_err(|_| NotAWebAddress)?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) | None => return Err(NotAWebAddress),
        };
        let authority = uri.authority().ok_or(NotAWebAddress)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let named = !host.is_empty() && !authority.as_str().contains('@') && !host.contains('%');
        let port = match authority.as_str().strip_prefix(authority.host()).ok_or(NotAWebAddress)? {
            "" if secure => 443,
            "" => 80,
            rest => rest.strip_prefix(':').and_then(|port| port.parse().ok()).unwrap_or(0),
        };
        if !named || port == 0 {
            return Err(NotAWebAddress);
        }
        Ok(Self { text: text.into(), secure, host: host.into(), port })
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What may be called although it is not public, or speaks no TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Egress {
    /// Addresses.
    pub networks: Vec<IpNet>,
    /// Origins, whatever they resolve to.
    pub origins: Vec<WebAddress>,
}

impl Egress {
    /// Whether this very origin is allowed.
    pub fn names(&self, url: &WebAddress) -> bool {
        self.origins.iter().any(|one| (one.secure, &one.host, one.port) == (url.secure, &url.host, url.port))
    }

    /// Whether an address is allowed.
    pub fn holds(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address.to_canonical()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_in_its_parts() {
        let url: WebAddress = " https://Hooks.Example.com/in?a=1 ".parse().unwrap();
        assert_eq!((url.host(), url.port(), url.is_secure()), ("hooks.example.com", 443, true));
        assert_eq!(
            (url.authority(), url.path_and_query().to_string().as_str()),
            ("Hooks.Example.com", "/in?a=1")
        );
        let url: WebAddress = "http://[::1]:8080".parse().unwrap();
        assert_eq!((url.host(), url.port(), url.ip()), ("::1", 8080, Some("::1".parse().unwrap())));
        assert_eq!((url.authority(), url.path_and_query().to_string().as_str()), ("[::1]:8080", "/"));
    }

    #[test]
    fn what_hides_where_it_leads_is_no_address() {
        for bad in [
            "",
            "example.com",
            "/path",
            "ftp://example.com/",
            "https://",
            "https:///path",
            "https://user@example.com/",
            "https://user:word@example.com/",
            "https://example.com/#part",
            "https://example.com\\@evil.example/",
            "https://exa mple.com/",
            "https://münchen.example/",
            "https://[fe80::1%25eth0]/",
            "https://example.com:0/",
            "https://example.com:99999/",
            "https://example.com:/",
        ] {
            assert!(bad.parse::<WebAddress>().is_err(), "{bad}");
        }
        assert!(format!("https://example.com/{}", "a".repeat(1000)).parse::<WebAddress>().is_err());
    }

    #[test]
    fn an_origin_is_allowed_with_its_scheme_and_port_only() {
        let allowed = Egress { networks: Vec::new(), origins: vec!["http://app.test:8080".parse().unwrap()] };
        let names = |text: &str| allowed.names(&text.parse().unwrap());
        assert!(names("http://APP.test:8080/any/path"));
        for other in
            ["https://app.test:8080/", "http://app.test/", "http://app.test:8081/", "http://b.app.test:8080"]
        {
            assert!(!names(other), "{other}");
        }
    }
}

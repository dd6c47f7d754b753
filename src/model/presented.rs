//! What a TLS connection may be used for: the names its certificate carries and the client-certificate
//! policy its handshake went through. The gateway asks [`Presented::serves`] for each request's host and
//! answers 421 when it says no, so that a connection opened under one policy never reaches a host of another.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Names of one certificate, taken from its subject alternative names.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct CertificateNames {
    exact: Vec<Box<str>>,
    parents: Vec<Box<str>>,
    addresses: Vec<IpAddr>,
}

/// A name that no certificate should carry: empty, not ASCII, or a wildcard in the wrong place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a host name")]
pub struct NotAHostName;

impl CertificateNames {
    /// Takes one DNS name in; `*.` may stand for the first label (RFC 9525 section 6.3).
    ///
    /// # Errors
    /// When a byte cannot stand in a host name or a wildcard is not the whole first label.
    pub fn add_name(&mut self, name: &str) -> Result<(), NotAHostName> {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        match name.strip_prefix("*.") {
            Some(parent) if plain(parent) => self.parents.push(parent.into()),
            None if plain(&name) => self.exact.push(name.into()),
            Some(_) | None => return Err(NotAHostName),
        }
        Ok(())
    }

    /// Takes one IP address in.
    pub fn add_address(&mut self, address: IpAddr) {
        self.addresses.push(address);
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.parents.is_empty() && self.addresses.is_empty()
    }

    /// Keeps only what `other` carries too, letter for letter.
    pub fn keep_shared(&mut self, other: &Self) {
        self.exact.retain(|name| other.exact.contains(name));
        self.parents.retain(|name| other.parents.contains(name));
        self.addresses.retain(|address| other.addresses.contains(address));
    }

    /// Exact names, lower-case.
    pub fn exact(&self) -> impl Iterator<Item = &str> {
        self.exact.iter().map(AsRef::as_ref)
    }

    /// What follows `*.` in wildcard names, lower-case.
    pub fn parents(&self) -> impl Iterator<Item = &str> {
        self.parents.iter().map(AsRef::as_ref)
    }

    /// Addresses.
    pub fn addresses(&self) -> impl Iterator<Item = &IpAddr> {
        self.addresses.iter()
    }

    /// Whether a client that checks this certificate would accept it for `host` (lower-case, no port;
    /// an IPv6 address with or without brackets).
    pub fn covers(&self, host: &str) -> bool {
        if self.exact.iter().any(|name| **name == *host) {
            return true;
        }
        if let Some((_, parent)) = host.split_once('.')
            && self.parents.iter().any(|name| **name == *parent)
        {
            return true;
        }
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        bare.parse().is_ok_and(|address: IpAddr| self.addresses.contains(&address))
    }
}

fn plain(name: &str) -> bool {
    let fits = !name.is_empty() && name.len() <= 253;
    fits && name.split('.').all(|label| {
        let known = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        !label.is_empty() && label.len() <= 63 && label.bytes().all(known)
    })
}

/// One way of asking for client certificates. Two hosts of different policies never share a connection,
/// nor a resumed session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PolicyId(usize);

impl PolicyId {
    /// No client certificate is asked for.
    pub const OPEN: Self = Self(0);

    /// The policy of the entry at `index` of the configured client authentications.
    pub const fn of_entry(index: usize) -> Self {
        Self(index + 1)
    }

    /// Place in a list whose first element is the open policy.
    pub const fn index(self) -> usize {
        self.0
    }
}

/// Which policy belongs to which host.
#[derive(Debug, Clone)]
pub struct HostPolicies {
    exact: HashMap<Box<str>, PolicyId>,
    parents: HashMap<Box<str>, PolicyId>,
    strictest: PolicyId,
}

impl HostPolicies {
    /// From pairs of host (may begin with `*.`) and whether a certificate is required there.
    pub fn new<'a>(entries: impl IntoIterator<Item = (&'a str, bool)>) -> Self {
        let (mut exact, mut parents) = (HashMap::new(), HashMap::new());
        let (mut required, mut optional) = (None, None);
        for (index, (host, demands)) in entries.into_iter().enumerate() {
            let (host, policy) = (host.to_ascii_lowercase(), PolicyId::of_entry(index));
            let (names, key) = match host.strip_prefix("*.") {
                Some(parent) => (&mut parents, parent),
                None => (&mut exact, host.as_str()),
            };
            names.entry(key.into()).or_insert(policy);
            let first = if demands { &mut required } else { &mut optional };
            first.get_or_insert(policy);
        }
        Self { exact, parents, strictest: required.or(optional).unwrap_or(PolicyId::OPEN) }
    }

    /// Whether there is only the open policy.
    pub fn is_uniform(&self) -> bool {
        self.exact.is_empty() && self.parents.is_empty()
    }

    /// The policy of a host: its own entry, else the wildcard above it, else open.
    pub fn of(&self, host: &str) -> PolicyId {
        if self.is_uniform() {
            return PolicyId::OPEN;
        }
        let above = || host.split_once('.').and_then(|(_, parent)| self.parents.get(parent));
        self.exact.get(host).or_else(above).copied().unwrap_or(PolicyId::OPEN)
    }

    /// What clients get that name no host, or one nobody knows: a required certificate wherever any
    /// host requires one.
    pub fn strictest(&self) -> PolicyId {
        self.strictest
    }
}

/// What a handshake settled about one connection.
#[derive(Debug, Clone)]
pub struct Presented {
    server_name: Option<Arc<str>>,
    serves_server_name: bool,
    names: Arc<CertificateNames>,
    policy: PolicyId,
    policies: Arc<HostPolicies>,
}

impl Presented {
    /// The certificate shown and the policy applied to a client that asked for `server_name`.
    pub fn new(
        server_name: Option<Arc<str>>,
        names: Arc<CertificateNames>,
        policy: PolicyId,
        policies: Arc<HostPolicies>,
    ) -> Self {
        let mut presented = Self { server_name, serves_server_name: false, names, policy, policies };
        presented.serves_server_name =
            presented.server_name.as_deref().is_some_and(|name| presented.judge(name));
        presented
    }

    /// The name the client asked for, lower-case.
    pub fn server_name(&self) -> Option<&Arc<str>> {
        self.server_name.as_ref()
    }

    /// Whether a request for `host` (lower-case, no port) may be answered on this connection: the
    /// certificate covers it, and its client-certificate policy is the one the handshake went through.
    pub fn serves(&self, host: &str) -> bool {
        if self.server_name.as_deref() == Some(host) { self.serves_server_name } else { self.judge(host) }
    }

    fn judge(&self, host: &str) -> bool {
        self.policies.of(host) == self.policy && self.names.covers(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Arc<CertificateNames> {
        let mut names = CertificateNames::default();
        for name in list {
            names.add_name(name).unwrap();
        }
        Arc::new(names)
    }

    #[test]
    fn a_wildcard_stands_for_exactly_one_label() {
        let names = names(&["*.Example.org", "example.org."]);
        assert!(names.covers("a.example.org") && names.covers("example.org"));
        assert!(!names.covers("a.b.example.org") && !names.covers("example.com"));
    }

    #[test]
    fn an_address_is_covered_only_when_listed() {
        let mut names = CertificateNames::default();
        names.add_address("::1".parse().unwrap());
        assert!(names.covers("[::1]") && names.covers("0:0:0:0:0:0:0:1"));
        assert!(!names.covers("127.0.0.1"));
    }

    /// L3: names that could be read in two ways are no names.
    #[test]
    fn odd_names_are_refused() {
        for odd in ["", "*", "a.*.b", "*.*.b", "a\0.example", "é.example", "a..b", ".a", "w*.example"] {
            assert_eq!(CertificateNames::default().add_name(odd), Err(NotAHostName), "{odd:?}");
        }
    }

    /// L2: who names no host gets the strictest policy, and a host is served only under its own.
    #[test]
    fn a_host_is_served_only_under_its_own_policy() {
        let policies = Arc::new(HostPolicies::new([("*.Safe.example", false), ("vault.example", true)]));
        assert_eq!(policies.strictest(), PolicyId::of_entry(1));
        assert_eq!(policies.of("a.safe.example"), PolicyId::of_entry(0));
        let shown = names(&["open.example", "vault.example", "*.safe.example"]);
        let open =
            Presented::new(Some("open.example".into()), shown.clone(), PolicyId::OPEN, policies.clone());
        assert!(open.serves("open.example"));
        assert!(
            !open.serves("vault.example") && !open.serves("a.safe.example") && !open.serves("other.example")
        );
        let nameless = Presented::new(None, shown, policies.strictest(), policies);
        assert!(nameless.serves("vault.example") && !nameless.serves("open.example"));
    }
}

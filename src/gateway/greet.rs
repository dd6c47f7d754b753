//! Works out who is on the line: the client's address through trusted proxies only, whether others can
//! read along, and a name for the request. Nothing a stranger sends is believed (H6, H7).

use std::any::Any;
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use http::{HeaderMap, HeaderValue};
use ipnet::IpNet;

use super::host;
use super::refusal::Refusal;
use crate::config::Listen;
use crate::model::caller::{Caller, RequestId};
use crate::model::peer::Peer;

/// What is known of a connection before its first request, settled once.
#[derive(Debug)]
pub struct Connection {
    /// Who is at the other end.
    pub peer: Peer,
    /// What its requests begin with.
    template: Caller,
    /// Whether its forwarding fields are believed.
    trusted: bool,
    /// Its address as a field value.
    address: HeaderValue,
    /// The first host that was asked for, as named and in canonical form: most clients name no other.
    host: OnceLock<(Box<str>, Box<str>)>,
    /// What must be held as long as the connection or a tunnel over it is open.
    _permit: Box<dyn Any + Send + Sync>,
}

impl Connection {
    /// Settles what the peer's address and the handshake say under this configuration.
    pub fn with(peer: Peer, listen: &Listen, permit: Box<dyn Any + Send + Sync>) -> Self {
        let within = |networks: &[IpNet], address: IpAddr| {
            !peer.unix && networks.iter().any(|net| net.contains(&address))
        };
        let secure = peer.tls.is_some() || within(&listen.tls_peers, peer.socket);
        let template = Caller {
            address: peer.address,
            secure,
            keys_allowed: secure || peer.unix || (!peer.announced && peer.address.is_loopback()),
            request_id: RequestId::from_random([0; 16]),
            server_name: peer.server_name().cloned(),
        };
        let address = HeaderValue::from_str(&peer.address.to_string());
        Self {
            trusted: within(&listen.trusted_proxies, peer.address),
            address: address.unwrap_or_else(|_| HeaderValue::from_static("unknown")),
            host: OnceLock::new(),
            template,
            peer,
            _permit: permit,
        }
    }

    /// The host that a request names, in canonical form, if it is one that may be asked for here.
    ///
    /// # Errors
    /// [`Refusal::Host`] for no host name, [`Refusal::Misdirected`] for another connection's.
    pub fn host<'n>(&'n self, named: &'n str) -> Result<Cow<'n, str>, Refusal> {
        if let Some((_, host)) = self.host.get().filter(|(before, _)| **before == *named) {
            return Ok(Cow::Borrowed(host));
        }
        let host = host::canonical(named)?;
        if !self.serves(&host) {
            return Err(Refusal::Misdirected);
        }
        self.host.get_or_init(|| (named.into(), host.as_ref().into()));
        Ok(host)
    }

    /// Whether a request for this host may be answered here: the certificate that was shown covers it,
    /// and client certificates were asked for as that host wants it.
    fn serves(&self, host: &str) -> bool {
        self.peer.tls.as_ref().is_none_or(|tls| tls.presented.serves(host))
    }

    /// Whether its forwarding fields are believed.
    pub const fn is_trusted(&self) -> bool {
        self.trusted
    }

    /// Whether a key may be read from this connection.
    pub const fn takes_keys(&self) -> bool {
        self.template.keys_allowed
    }

    /// The caller of one request on this connection.
    pub fn caller(&self, headers: &HeaderMap, listen: &Listen, names: &RequestNames) -> Caller {
        let mut caller = self.template.clone();
        caller.request_id = names.next();
        if self.trusted {
            caller.address = client_address(headers, &listen.trusted_proxies, self.peer.address);
            if let Some(given) = given_name(headers) {
                caller.request_id = given;
            }
        }
        caller
    }

    /// Who forwarded the request so far, for `X-Forwarded-For`: the chain of trusted proxies that the
    /// peer reports, then the peer.
    pub fn forwarded_for(&self, headers: &HeaderMap, caller: &Caller) -> HeaderValue {
        if caller.address == self.peer.address {
            return self.address.clone();
        }
        let mut chain = caller.address.to_string();
        let hops: Vec<IpAddr> = reported(headers).collect();
        let known = hops.iter().rposition(|hop| *hop == caller.address);
        for hop in hops.iter().skip(known.map_or(hops.len(), |at| at + 1)) {
            chain.push_str(", ");
            chain.push_str(&hop.to_string());
        }
        chain.push_str(", ");
        chain.push_str(&self.peer.address.to_string());
        HeaderValue::from_str(&chain).unwrap_or_else(|_| self.address.clone())
    }
}

/// The rightmost address that is not a trusted proxy. A chain that cannot be read ends at the last hop
/// that could.
fn client_address(headers: &HeaderMap, trusted: &[IpNet], peer: IpAddr) -> IpAddr {
    let mut client = peer;
    for field in headers.get_all("x-forwarded-for").iter().rev() {
        for hop in field.as_bytes().split(|byte| *byte == b',').rev() {
            let Some(hop) = address(hop) else { return client };
            client = hop;
            if !trusted.iter().any(|network| network.contains(&hop)) {
                return client;
            }
        }
    }
    client
}

fn reported(headers: &HeaderMap) -> impl Iterator<Item = IpAddr> {
    let fields = headers.get_all("x-forwarded-for").iter();
    fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b',')).filter_map(address)
}

/// An address as proxies write it: bare, bracketed, or with a port.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text.trim_ascii()).ok()?;
    let bare = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    bare.or_else(with_port).or_else(bracketed).map(|address| address.to_canonical())
}

fn given_name(headers: &HeaderMap) -> Option<RequestId> {
    let mut given = headers.get_all("x-request-id").iter();
    let only = given.next().filter(|_| given.next().is_none())?;
    RequestId::parse(only.to_str().ok()?).ok()
}

/// Gives requests names that no other request of any node has: random bytes drawn once, then a counter.
#[derive(Debug, Clone)]
pub struct RequestNames {
    drawn: [u8; 8],
    count: Arc<AtomicU64>,
}

impl RequestNames {
    /// Names that begin with these random bytes.
    pub fn drawn(drawn: [u8; 8]) -> Self {
        Self { drawn, count: Arc::default() }
    }

    fn next(&self) -> RequestId {
        let nth = self.count.fetch_add(1, Ordering::Relaxed);
        // An odd factor makes every count another number, and neighbours look nothing alike.
        let spread = nth.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(self.drawn.into_iter().chain(spread)).for_each(|(to, from)| *to = from);
        RequestId::from_random(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn listen(trusted: &[&str]) -> Listen {
        Listen {
            https: Vec::new(),
            http: Vec::new(),
            redirect: Vec::new(),
            operations: crate::config::Bind::Systemd(String::new()),
            proxy_protocol: Vec::new(),
            trusted_proxies: trusted.iter().map(|network| network.parse().unwrap()).collect(),
            tls_peers: Vec::new(),
        }
    }

    fn seen(trusted: &[&str], peer: &str, chain: &[&str]) -> (String, String) {
        let listen = listen(trusted);
        let connection =
            Connection::with(Peer::tcp(format!("{peer}:1").parse().unwrap()), &listen, Box::new(()));
        let mut headers = HeaderMap::new();
        for line in chain {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let caller = connection.caller(&headers, &listen, &RequestNames::drawn([1; 8]));
        let chain = connection.forwarded_for(&headers, &caller);
        (caller.address.to_string(), chain.to_str().unwrap().to_owned())
    }

    /// H6: only a trusted peer is believed, and only back to the first untrusted hop.
    #[test]
    fn the_client_is_the_rightmost_untrusted_address() {
        let is = |who: &str, chain: &str| (who.to_owned(), chain.to_owned());
        assert_eq!(seen(&[], "9.9.9.9", &["1.1.1.1"]), is("9.9.9.9", "9.9.9.9"));
        let trusted = &["10.0.0.0/8"];
        assert_eq!(seen(trusted, "10.0.0.1", &["6.6.6.6, 1.1.1.1"]), is("1.1.1.1", "1.1.1.1, 10.0.0.1"));
        let two = &["6.6.6.6", "1.1.1.1, 10.0.0.2"];
        assert_eq!(seen(trusted, "10.0.0.1", two), is("1.1.1.1", "1.1.1.1, 10.0.0.2, 10.0.0.1"));
        assert_eq!(seen(trusted, "10.0.0.1", &["evil, 10.0.0.2"]), is("10.0.0.2", "10.0.0.2, 10.0.0.1"));
        assert_eq!(seen(trusted, "10.0.0.1", &["[2001:db8::1]:55"]).0, "2001:db8::1");
        assert_eq!(seen(trusted, "10.0.0.1", &[]), is("10.0.0.1", "10.0.0.1"));
    }

    /// P9: what is remembered of one spelling is not taken for another host.
    #[test]
    fn a_host_is_read_alike_the_first_and_the_second_time() {
        let peer = Peer::tcp("9.9.9.9:1".parse().unwrap());
        let connection = Connection::with(peer, &listen(&[]), Box::new(()));
        for _ in 0..2 {
            assert_eq!(connection.host("App.Example:8443").unwrap(), "app.example");
            assert_eq!(connection.host("app.example").unwrap(), "app.example");
            assert_eq!(connection.host("other.example").unwrap(), "other.example");
            assert!(connection.host("app..example").is_err());
        }
    }

    #[test]
    fn request_names_do_not_repeat() {
        let names = RequestNames::drawn([7; 8]);
        let given: HashSet<String> = (0..1000).map(|_| names.next().to_string()).collect();
        assert_eq!(given.len(), 1000);
    }
}

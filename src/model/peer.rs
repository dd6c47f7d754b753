//! Who is at the other end of a connection, settled once before its first request is read.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::presented::Presented;

/// The other end of one connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The client's address: what a listed peer's PROXY protocol header says, else the socket's own.
    /// A client on a unix socket counts as loopback.
    pub address: IpAddr,
    /// The client's port; 0 on a unix socket.
    pub port: u16,
    /// The address at the other end of the socket, whoever was announced.
    pub socket: IpAddr,
    /// Whether it came by a unix socket.
    pub unix: bool,
    /// Whether `address` was announced by a PROXY protocol header.
    pub announced: bool,
    /// What the TLS handshake settled; `None` in clear text.
    pub tls: Option<TlsFacts>,
}

/// What a TLS handshake settled.
#[derive(Debug, Clone)]
pub struct TlsFacts {
    /// HTTP/2 was agreed on; otherwise it is HTTP/1.1.
    pub alpn_h2: bool,
    /// A client certificate was shown and is good for the host asked for.
    pub client_certificate_ok: bool,
    /// Which hosts may be asked for on this connection, and the server name.
    pub presented: Arc<Presented>,
}

impl Peer {
    /// A client on a TCP socket; an IPv4 address written as IPv6 is read as IPv4.
    pub const fn tcp(address: SocketAddr) -> Self {
        let (port, address) = (address.port(), address.ip().to_canonical());
        Self { address, port, socket: address, unix: false, announced: false, tls: None }
    }

    /// A client on a unix socket.
    pub const fn unix() -> Self {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self { address, port: 0, socket: address, unix: true, announced: false, tls: None }
    }

    /// The same connection, for a client that a listed peer announces.
    #[must_use]
    pub const fn announced_as(mut self, address: SocketAddr) -> Self {
        self.address = address.ip().to_canonical();
        self.port = address.port();
        self.announced = true;
        self
    }

    /// Whether HTTP/2 was agreed on.
    pub fn alpn_h2(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.alpn_h2)
    }

    /// The server name of the handshake, lower-case.
    pub fn server_name(&self) -> Option<&Arc<str>> {
        self.tls.as_ref().and_then(|tls| tls.presented.server_name())
    }
}

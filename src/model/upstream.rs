//! Upstreams: the addresses that serve an app, and how they are spoken to.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// An app behind the gate.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Its name in configuration.
    pub name: Arc<str>,
    /// Where it listens; requests go to the one with the least open.
    pub targets: Vec<Target>,
    /// Which protocol it is spoken to in.
    pub protocol: Protocol,
    /// TLS towards it, if any.
    pub tls: Option<UpstreamTls>,
    /// Deadlines and limits of its connections.
    pub pool: PoolLimits,
    /// Active health check, if any.
    pub health: Option<HealthCheck>,
    /// Consecutive failures after which a target is left out, and for how long.
    pub ejection: Ejection,
    /// Whether header names keep the client's letter case (HTTP/1.1 on both sides).
    pub preserve_header_case: bool,
}

/// One address of an upstream.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// Host and port; the host is an address or a name resolved anew for each new connection.
    Tcp {
        /// Name or address, without brackets.
        host: Arc<str>,
        /// Port.
        port: u16,
    },
    /// A literal address.
    Address(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Address(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Protocol towards an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1 with keep-alive.
    Http1,
    /// HTTP/2: prior knowledge in clear text, ALPN `h2` over TLS.
    Http2,
}

/// TLS towards an upstream.
#[derive(Debug, Clone)]
pub struct UpstreamTls {
    /// The name its certificate must carry.
    pub server_name: Arc<str>,
    /// What makes its certificate good.
    pub trust: Trust,
}

/// What makes an upstream's certificate good.
#[derive(Debug, Clone)]
pub enum Trust {
    /// The machine's own authorities.
    Platform,
    /// The authorities in this PEM file.
    Authorities(PathBuf),
    /// Exactly the certificate with this SHA-256 fingerprint (of its DER form), self-signed or not.
    Pinned([u8; 32]),
}

/// Deadlines and limits of an upstream's connections.
#[derive(Debug, Clone, Copy)]
pub struct PoolLimits {
    /// Longest wait for a connection to be made, TLS included.
    pub connect: Duration,
    /// Longest wait for the head of a response once the request is sent.
    pub response: Duration,
    /// Longest pause within a body, either way.
    pub body_idle: Duration,
    /// How long an idle connection is kept.
    pub idle: Duration,
    /// How old a connection may grow before it is not used again.
    pub age: Duration,
    /// Open connections to one target per worker; above it requests wait for `connect`, then 503.
    pub connections: usize,
    /// Idle connections kept per target and worker; more are closed once no wave of requests wants them.
    pub idle_connections: usize,
}

/// Active health check.
#[derive(Debug, Clone)]
pub struct HealthCheck {
    /// Path asked with GET; 2xx and 3xx are healthy.
    pub path: Arc<str>,
    /// How often.
    pub every: Duration,
    /// Longest wait for the answer.
    pub timeout: Duration,
}

/// When a target is left out.
#[derive(Debug, Clone, Copy)]
pub struct Ejection {
    /// Consecutive failures to connect or to answer.
    pub failures: u32,
    /// For how long it is then left out.
    pub pause: Duration,
}

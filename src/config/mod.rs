//! Configuration as meant: every value parsed, checked and resolved. `file.rs` holds it as written;
//! `load` turns one into the other and reports every problem at once.

mod brand;
mod egress;
#[expect(
    rustdoc::broken_intra_doc_links,
    rustdoc::bare_urls,
    reason = "its comments are the words of the template and the schema, where [[table]] is TOML"
)]
pub mod file;
mod keys;
mod limits;
mod listen;
mod load;
mod logs;
mod mail;
mod notes;
mod pages;
mod passwords;
mod print;
mod problem;
mod reference;
mod restart;
mod roles;
mod routes;
mod shape;
mod sources;
mod store;
mod text;
mod tls;
mod traces;
mod tree;
mod upstreams;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use ipnet::IpNet;

use crate::model::account::UserName;
use crate::model::demanded::Demanded;
use crate::model::egress::Egress;
use crate::model::email::Email;
use crate::model::quota::Quota;
use crate::model::role::Roles;
use crate::model::route::Routing;
use crate::secret::Secret;
use crate::secret::breached::HashFile;

pub use brand::{Brand, DARK, LIGHT, Rgb, Tones};
pub use load::{Loaded, control_socket, parse_str};
pub use mail::{Links, MAX_LINK_AGE, Mail, MailServer, MailTls};
pub use pages::{Logo, LogoForm, Pages, Support};
pub use print::{Shown, print};
pub use problem::{Colour, Place, Problem, Problems, Severity};
pub use reference::reference;
pub use shape::schema;
pub use sources::Sources;
pub use traces::{Collector, Traces};

/// Every key with its default and what it does, as TOML.
pub const TEMPLATE: &str = include_str!("../../config/gateway.toml");

/// The whole configuration, compiled. Never changed; a reload makes a new one.
#[derive(Clone)]
pub struct Config {
    /// Where validated addresses are demanded; `None` leaves it to administrators.
    pub demanded: Option<Arc<Demanded>>,
    /// Origin of account pages and API, and the address printed at start.
    pub public_url: PublicUrl,
    /// Sockets.
    pub listen: Listen,
    /// Certificates and client authentication.
    pub tls: Tls,
    /// Deadlines of connections from clients.
    pub deadlines: Deadlines,
    /// Limits of connections from clients.
    pub limits: ConnectionLimits,
    /// Routes, upstreams, platforms.
    pub routing: Arc<Routing>,
    /// Roles in order of rank.
    pub roles: Arc<Roles>,
    /// Names of request headers with `_` or `.` that are let through, exactly as written.
    pub allow_headers: Vec<HeaderName>,
    /// Lifetimes of sessions.
    pub sessions: Sessions,
    /// The first administrator, where configuration makes them.
    pub first_administrator: Option<FirstAdministrator>,
    /// Whether anybody may make an account without an invitation.
    pub sign_up_open: bool,
    /// Passwords that people choose.
    pub passwords: Passwords,
    /// Policy of keys.
    pub keys: Keys,
    /// Failure budgets.
    pub failures: Failures,
    /// Cost of slow hashing.
    pub hashing: Hashing,
    /// Where the data lie.
    pub store: StoreConfig,
    /// The directory of the gate's own files; also for bodies that are collected on disk.
    pub data: PathBuf,
    /// The keyring file.
    pub keyring: PathBuf,
    /// The control socket of the running process.
    pub control_socket: PathBuf,
    /// How long entries of the audit trail are kept; `None` is for ever.
    pub audit_retention: Option<Duration>,
    /// How the gate's own pages look.
    pub pages: Pages,
    /// How letters leave the gate.
    pub mail: Mail,
    /// How long what was mailed works.
    pub links: Links,
    /// What may be called although it is not public.
    pub egress: Egress,
    /// Logs.
    pub logs: Logs,
    /// Traces.
    pub traces: Traces,
    /// Worker threads, one runtime each.
    pub workers: usize,
    /// The files this was read from, watched for change.
    pub sources: Vec<PathBuf>,
}

impl Config {
    /// Whether this is one of the gate's hosts: the public one, or one that routes or the configuration name.
    pub fn serves(&self, host: &str) -> bool {
        let fits = |known: &str| match known.strip_prefix("*.") {
            Some(parent) => {
                host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == parent)
            }
            None => known == host,
        };
        *self.public_url.host == *host || self.routing.hosts.iter().any(|known| fits(known))
    }

    /// `https://host[:port]` of one of the gate's hosts; all answer on the port of the public origin.
    pub fn origin_of(&self, host: &str) -> String {
        match self.public_url.port {
            443 => format!("https://{host}"),
            port => format!("https://{host}:{port}"),
        }
    }
}

/// The origin of the gate's own pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// Host name, lower-case ASCII.
    pub host: Arc<str>,
    /// Port, also where it is the default one.
    pub port: u16,
    /// `https://host[:port]`, no slash at the end.
    pub origin: Arc<str>,
}

/// Where a socket listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bind {
    /// TCP.
    Tcp(SocketAddr),
    /// A unix socket; its file is made with mode 0660 and removed at the end.
    Unix(PathBuf),
    /// A socket handed over by systemd (`LISTEN_FDNAMES`).
    Systemd(String),
}

/// All sockets.
#[derive(Debug, Clone)]
pub struct Listen {
    /// TLS.
    pub https: Vec<Bind>,
    /// Clear text: keys are read only from loopback, unix sockets and `tls_peers`.
    pub http: Vec<Bind>,
    /// Answers 308 to https; usually port 80.
    pub redirect: Vec<Bind>,
    /// Health, readiness, metrics.
    pub operations: Bind,
    /// Peers that must begin with a PROXY protocol header; nobody else may.
    pub proxy_protocol: Vec<IpNet>,
    /// Peers whose `X-Forwarded-For` is believed (rightmost untrusted address wins).
    pub trusted_proxies: Vec<IpNet>,
    /// Peers that terminate TLS for us: clear text from them counts as secure.
    pub tls_peers: Vec<IpNet>,
}

/// Certificates.
#[derive(Debug, Clone)]
pub struct Tls {
    /// Certificate chains with their keys; hosts are read from the certificates.
    pub certificates: Vec<CertificateFiles>,
    /// Directory of the development authority, used when `certificates` is empty.
    pub development: PathBuf,
    /// Whether TLS 1.2 is spoken beside 1.3.
    pub allow_tls12: bool,
    /// Client certificates, per host.
    pub client_auth: Vec<ClientAuth>,
}

/// One certificate with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// PEM chain, leaf first.
    pub certificate: PathBuf,
    /// PEM private key.
    pub key: PathBuf,
}

/// Client certificates of one host.
#[derive(Debug, Clone)]
pub struct ClientAuth {
    /// The host, lower-case; may begin with `*.`.
    pub host: Arc<str>,
    /// PEM authorities that sign client certificates.
    pub authorities: PathBuf,
    /// Whether a client without one is turned away in the handshake.
    pub required: bool,
}

/// Deadlines of connections from clients.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// TLS handshake, PROXY header included.
    pub handshake: Duration,
    /// From the first byte of a request to the end of its head.
    pub head: Duration,
    /// Longest pause within a body, either way.
    pub body_idle: Duration,
    /// Longest pause between requests.
    pub idle: Duration,
    /// Age after which a connection is asked to close.
    pub age: Duration,
    /// After SIGTERM: not ready, still serving.
    pub drain_delay: Duration,
    /// After the drain delay: longest wait for requests in flight.
    pub drain: Duration,
}

/// Limits of connections from clients.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Open connections in all.
    pub connections: usize,
    /// Open connections per source (IPv4 /32, IPv6 /64).
    pub connections_per_source: usize,
    /// Bytes of a request head.
    pub head_bytes: usize,
    /// Fields of a request head.
    pub head_fields: usize,
    /// Streams open at once on an HTTP/2 connection.
    pub streams: u32,
    /// Streams reset early by the client before the connection is closed.
    pub resets: usize,
}

/// Lifetimes of sessions.
#[derive(Debug, Clone, Copy)]
pub struct Sessions {
    /// Longest pause.
    pub idle: Duration,
    /// Longest life.
    pub absolute: Duration,
    /// Longest pause of a remembered session.
    pub remembered_idle: Duration,
    /// Longest life of a remembered session.
    pub remembered_absolute: Duration,
    /// Cached identities hold on this long while the store is away.
    pub store_grace: Duration,
}

/// The first administrator, made once when there is none.
#[derive(Clone)]
pub struct FirstAdministrator {
    /// Name for good.
    pub user_name: UserName,
    /// Where letters go.
    pub email: Option<Email>,
    /// As written.
    pub password: Arc<Secret<String>>,
}

/// Passwords that people choose.
#[derive(Debug, Clone)]
pub struct Passwords {
    /// The operator's list of those that leaked elsewhere.
    pub breached: Option<Arc<HashFile>>,
}

/// Policy of keys.
#[derive(Debug, Clone, Copy)]
pub struct Keys {
    /// Lifetime when none is asked for; `None` is no end.
    pub default_lifetime: Option<Duration>,
    /// Longest lifetime that may be asked for; `None` is no bound.
    pub longest_lifetime: Option<Duration>,
    /// Entries kept for known keys, and as many for unknown ones.
    pub cache_entries: u64,
}

/// Failure budgets (`None` of either switches it off).
#[derive(Debug, Clone, Copy)]
pub struct Failures {
    /// Per source (IPv4 /32, IPv6 /64).
    pub per_source: Quota,
    /// Per account or key id.
    pub per_subject: Quota,
}

/// Cost of slow hashing (argon2id) and the pool it runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hashing {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
    /// Hashes computed at once.
    pub at_once: usize,
    /// Hashes waiting; one more is answered 503.
    pub waiting: usize,
}

/// Where the data lie.
#[derive(Clone)]
pub enum StoreConfig {
    /// One SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL URL; holds a password.
    Postgres(Arc<crate::secret::Secret<String>>),
}

/// Logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logs {
    /// JSON lines, or text for eyes.
    pub json: bool,
    /// `tracing` filter, e.g. `info`.
    pub filter: String,
    /// One line per request on standard output.
    pub access: bool,
}

#[cfg(test)]
mod template_tests;
#[cfg(test)]
mod tests;

//! The TOML file exactly as written: the only serde types of this room. Doc comments are the sentences
//! of `config/gateway.toml` and of the JSON Schema; meaning comes later, in the section files.

mod credentials;
mod mail;
mod pages;
mod route;
mod traces;
mod upstream;
mod validation;

pub use credentials::{Failures, FirstAdministrator, Hashing, Key, Password, Session, SignUp};
pub use mail::{Links, Mail};
pub use pages::Pages;
pub use route::{AccessWord, AssertionWord, AuthorizationWord, Cors, Credential, HeadersWord, Route};
pub use route::{BodyWord, MatchWord};
pub use upstream::{Ejection, Health, ProtocolWord, Upstream};
pub use validation::Validation;

pub use traces::{TraceWord, Traces};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Configuration of Portcullis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct File {
    /// Origin of the account pages and the API; when absent it is made from the only host of the routes, or localhost.
    #[schemars(example = &"https://gate.example.com")]
    pub public_url: Option<String>,
    /// Directory of the database, the keyring and the control socket; relative paths begin at this file's directory.
    pub data: String,
    /// Worker threads, each with a runtime of its own; 0 is one per core.
    pub workers: u16,
    /// Sockets.
    pub listen: Listen,
    /// TLS towards clients.
    pub tls: Tls,
    /// Certificates with their keys, chosen by the name a client asks for; none means the development certificate.
    pub certificate: Vec<Certificate>,
    /// Client certificates, per host.
    pub client_certificate: Vec<ClientCertificate>,
    /// Deadlines of connections from clients.
    pub deadlines: Deadlines,
    /// Limits of connections from clients.
    pub limits: Limits,
    /// Request headers.
    pub headers: Headers,
    /// Where the data lie.
    pub store: Store,
    /// The file with the secrets of this deployment.
    pub keyring: Keyring,
    /// The socket through which the command line talks to the running gate.
    pub control: Control,
    /// Lifetimes of sessions.
    pub session: Session,
    /// The first administrator, made once when there is none; without it the start prints a link for that.
    pub first_administrator: FirstAdministrator,
    /// Who may make an account.
    pub sign_up: SignUp,
    /// Passwords that people choose.
    pub password: Password,
    /// Policy of API keys.
    pub key: Key,
    /// Failed attempts that are borne before a source or subject is slowed down.
    pub failures: Failures,
    /// Cost of hashing passwords with argon2id.
    pub hashing: Hashing,
    /// The audit trail.
    pub audit: Audit,
    /// How the gate's own pages look, and whom they name.
    pub pages: Pages,
    /// How letters leave the gate.
    pub mail: Mail,
    /// How long mailed links work; none may work longer than seven days.
    pub links: Links,
    /// Validation of addresses.
    pub validation: Validation,
    /// Calls to addresses that people enter, such as those of webhooks.
    pub egress: Egress,
    /// Logs.
    pub logs: Logs,
    /// Traces (OpenTelemetry), beside logs and numbers.
    pub traces: Traces,
    /// Roles in order of rank, lowest first; none means viewer, simulation-runner and manager.
    pub role: Vec<Role>,
    /// Products behind the gate that people can be given.
    pub platform: Vec<Platform>,
    /// Apps behind the gate that need more said than an address.
    pub upstream: Vec<Upstream>,
    /// Host and path, who may enter, and where it leads; none means the built-in echo app on every path.
    pub route: Vec<Route>,
}

/// Sockets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// Where TLS is spoken: "ADDRESS:PORT", "unix:PATH" or "systemd:NAME".
    pub https: Vec<String>,
    /// Where clear text is spoken; credentials are read there only from loopback, unix sockets and `tls_peers`.
    pub http: Vec<String>,
    /// Where clear text is only answered with a redirect to https, usually port 80.
    pub redirect: Vec<String>,
    /// Where health, readiness and metrics are served.
    pub operations: String,
    /// Networks of peers that must begin with a PROXY protocol header; nobody else may send one.
    pub proxy_protocol: Vec<String>,
    /// Networks of peers whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<String>,
    /// Networks of peers that terminate TLS for the gate, so that their clear text counts as secure.
    pub tls_peers: Vec<String>,
}

/// TLS towards clients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Directory of the development authority and certificate, used while no [[certificate]] is named.
    pub development: String,
    /// Whether TLS 1.2 is spoken beside 1.3.
    pub allow_tls12: bool,
}

/// One certificate with its key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// PEM file with the chain, leaf first.
    #[schemars(example = &"gate.example.com.pem")]
    pub certificate: String,
    /// PEM file with the private key.
    #[schemars(example = &"gate.example.com.key")]
    pub key: String,
}

/// Client certificates of one host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientCertificate {
    /// The host; may begin with "*.".
    #[schemars(example = &"partners.example.com")]
    pub host: String,
    /// PEM file with the authorities that sign client certificates.
    #[schemars(example = &"partners-ca.pem")]
    pub authorities: String,
    /// Whether a client without a certificate is turned away in the handshake.
    #[serde(default)]
    pub required: bool,
}

/// Deadlines of connections from clients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Deadlines {
    /// Longest TLS handshake, PROXY header included.
    pub handshake: String,
    /// Longest time from the first byte of a request to the end of its head.
    pub head: String,
    /// Longest pause within a body, either way.
    pub body_idle: String,
    /// Longest pause between two requests on a connection.
    pub idle: String,
    /// Age at which a connection is asked to close.
    pub age: String,
    /// After SIGTERM: how long the gate says that it is not ready and still serves.
    pub drain_delay: String,
    /// After the drain delay: longest wait for requests in flight.
    pub drain: String,
}

/// Limits of connections from clients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections open at once in all.
    pub connections: u32,
    /// Connections open at once from one source (an IPv4 address or an IPv6 /64).
    pub connections_per_source: u32,
    /// Longest request head.
    pub head_bytes: String,
    /// Most fields in a request head.
    pub head_fields: u16,
    /// Streams open at once on an HTTP/2 connection.
    pub streams: u16,
    /// Streams that a client may reset early before its connection is closed.
    pub resets: u16,
}

/// Request headers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Headers {
    /// Names with "_" or "." that are let through, exactly as written; all others with such characters are dropped.
    pub allow: Vec<String>,
}

/// Where the data lie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// SQLite file, in the data directory unless the path is absolute; not used when a PostgreSQL URL is given.
    pub sqlite: String,
    /// URL of a PostgreSQL database, for several nodes; it holds a password, so `url_file` is better.
    #[schemars(example = &"postgres://portcullis:PASSWORD@database.example.com/portcullis")]
    #[schemars(extend("x-secret" = true))]
    pub url: Option<String>,
    /// File that holds the URL of a PostgreSQL database.
    #[schemars(example = &"/run/secrets/portcullis-store-url")]
    pub url_file: Option<String>,
}

/// The file with the secrets of this deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Keyring {
    /// The file, in the data directory unless the path is absolute; made on the first start, never anew over existing data.
    pub file: String,
}

/// The socket through which the command line talks to the running gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Control {
    /// The socket, in the data directory unless the path is absolute; only its owner may use it.
    pub socket: String,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogWord {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// One JSON object per line.
    Json,
    /// Text for eyes.
    Text,
}

/// The audit trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// How long entries are kept, counted in whole days; "none" keeps them for ever.
    pub retention: String,
}

/// Calls to addresses that people enter, such as those of webhooks.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Egress {
    /// Networks, and origins such as "http://app.internal:8080", that may be called; all else must be public and https.
    pub allow: Vec<String>,
}

/// Logs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Logs {
    /// Form of a line: "auto" is text on a terminal and JSON elsewhere.
    pub format: LogWord,
    /// What is logged: a level, or levels by module as in "info,portcullis::gateway=debug".
    pub filter: String,
    /// Whether each request leaves one line.
    pub access: bool,
}

/// A named rank with permissions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Machine name, as it stands in grants.
    #[schemars(example = &"viewer")]
    pub slug: String,
    /// Name shown to people; when absent the slug.
    #[schemars(example = &"Viewer")]
    pub title: Option<String>,
    /// What it may do: "view", "simulate", "manage", "feed".
    #[serde(default)]
    pub permissions: Vec<String>,
}

/// A product behind the gate that people can be given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// Machine name, as it stands in grants and entitlements.
    #[schemars(example = &"wiki")]
    pub slug: String,
    /// Name shown to people; when absent the slug.
    #[schemars(example = &"Wiki")]
    pub title: Option<String>,
}

mod defaults;

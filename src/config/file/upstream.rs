//! `[[upstream]]` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An app behind the gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Upstream {
    /// Name by which routes call it.
    #[schemars(example = &"wiki")]
    pub name: String,
    /// Its addresses: "http://HOST:PORT", "https://…", "h2c://…" or "unix:PATH"; the least busy one is used.
    #[schemars(example = &"http://127.0.0.1:3000")]
    pub targets: Vec<String>,
    /// The protocol: "auto" goes by the addresses, "http1" and "http2" insist.
    pub protocol: ProtocolWord,
    /// Name that its certificate must carry; when absent the host of the addresses.
    #[schemars(example = &"wiki.internal")]
    pub server_name: Option<String>,
    /// PEM file with the authorities that sign its certificate; when absent those of the machine.
    #[schemars(example = &"internal-ca.pem")]
    pub ca_file: Option<String>,
    /// SHA-256 fingerprint of its certificate, self-signed or not; nothing else is then accepted.
    #[schemars(example = &"b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9")]
    pub pin_sha256: Option<String>,
    /// Longest wait for a connection, TLS included.
    pub connect: String,
    /// Longest wait for the head of a response.
    pub response: String,
    /// Longest pause within a body, either way.
    pub body_idle: String,
    /// How long an idle connection is kept.
    pub idle: String,
    /// Age after which a connection is not used again.
    pub age: String,
    /// Connections open at once to one address, per worker.
    pub connections: u16,
    /// Idle connections kept to one address, per worker.
    pub idle_connections: u16,
    /// Whether header names keep the client's letter case (HTTP/1.1 on both sides).
    pub preserve_header_case: bool,
    /// Active health check.
    pub health: Option<Health>,
    /// When an address that fails is left out.
    pub ejection: Ejection,
}

impl Default for Upstream {
    fn default() -> Self {
        Self {
            name: String::new(),
            targets: Vec::new(),
            protocol: ProtocolWord::Auto,
            server_name: None,
            ca_file: None,
            pin_sha256: None,
            connect: "5s".into(),
            response: "60s".into(),
            body_idle: "60s".into(),
            idle: "60s".into(),
            age: "10m".into(),
            connections: 512,
            idle_connections: 128,
            preserve_header_case: false,
            health: None,
            ejection: Ejection::default(),
        }
    }
}

/// Protocol towards an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProtocolWord {
    /// HTTP/2 for h2c addresses, otherwise HTTP/1.1.
    Auto,
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

/// Active health check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Health {
    /// Path asked with GET; an answer of 2xx or 3xx is healthy.
    pub path: String,
    /// How often.
    pub every: String,
    /// Longest wait for the answer.
    pub timeout: String,
}

impl Default for Health {
    fn default() -> Self {
        Self { path: "/".into(), every: "10s".into(), timeout: "2s".into() }
    }
}

/// When an address that fails is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ejection {
    /// Failures in a row, to connect or to answer.
    pub failures: u16,
    /// For how long it is then left out.
    pub pause: String,
}

impl Default for Ejection {
    fn default() -> Self {
        Self { failures: 5, pause: "10s".into() }
    }
}

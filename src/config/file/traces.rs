//! `[traces]` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Traces (OpenTelemetry), beside logs and numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Traces {
    /// Where spans are sent by OTLP over HTTP, as "http://127.0.0.1:4318"; "none" makes none.
    pub endpoint: String,
    /// Share of the traces begun here that are recorded, as "100%" or "0.5%"; traces begun elsewhere say so themselves.
    pub sample: String,
    /// Whose trace context is believed: that of "trusted" proxies, or "everyone".
    pub accept: TraceWord,
    /// Name of this service in its spans.
    pub service: String,
    /// Value of the Authorization field for the collector; a secret, so `authorization_file` is better.
    #[schemars(example = &"Bearer SECRET")]
    #[schemars(extend("x-secret" = true))]
    pub authorization: Option<String>,
    /// File that holds the value of the Authorization field for the collector.
    #[schemars(example = &"/run/secrets/portcullis-traces-authorization")]
    pub authorization_file: Option<String>,
}

/// Whose trace context is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TraceWord {
    /// Peers in `listen.trusted_proxies`.
    Trusted,
    /// Every client.
    Everyone,
}

impl Default for Traces {
    fn default() -> Self {
        Self {
            endpoint: "none".into(),
            sample: "100%".into(),
            accept: TraceWord::Trusted,
            service: "portcullis".into(),
            authorization: None,
            authorization_file: None,
        }
    }
}

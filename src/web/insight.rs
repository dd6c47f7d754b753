//! Insight: what pages and API may ask of the running gate, which lives on the floors above them. The gateway
//! and the server fill the answers in; everything handed over is plain data without secrets.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;

use serde::Serialize;
use utoipa::ToSchema;

use super::explanation::{Explanation, Question, Unanswerable};
use crate::model::caller::RequestId;
use crate::time::Timestamp;

/// An answer that takes a while.
pub type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

type Answer<T> = Box<dyn Fn() -> T + Send + Sync>;

type Asked<Q, T> = Box<dyn Fn(Q) -> T + Send + Sync>;

/// What the gateway answers.
pub struct GatewayAnswers {
    /// What would be decided about a request.
    pub explain: Asked<Question, Later<Result<Explanation, Unanswerable>>>,
    /// What was decided about one.
    pub decision: Asked<RequestId, Option<DecisionView>>,
    /// The apps.
    pub upstreams: Answer<Vec<UpstreamView>>,
}

/// What the server answers.
pub struct ServerAnswers {
    /// The certificates in use.
    pub certificates: Answer<Vec<CertificateView>>,
    /// Every value in force with its place, one a line, secrets masked.
    pub configuration: Answer<String>,
    /// How the last reload went.
    pub reload: Answer<ReloadView>,
}

/// What may be asked of the running gate.
pub struct Insight {
    gateway: GatewayAnswers,
    server: OnceLock<ServerAnswers>,
}

impl Insight {
    /// Insight into a gateway that no server runs yet.
    pub const fn into(gateway: GatewayAnswers) -> Self {
        Self { gateway, server: OnceLock::new() }
    }

    /// Adds what the server knows; only the first one counts.
    pub fn add(&self, server: ServerAnswers) {
        let _ = self.server.set(server);
    }

    /// What the gate would decide about a request. Nothing is counted, nothing is remembered.
    ///
    /// # Errors
    /// [`Unanswerable`].
    pub async fn explain(&self, question: Question) -> Result<Explanation, Unanswerable> {
        (self.gateway.explain)(question).await
    }

    /// What was decided about a request, if that is still remembered.
    pub fn decision(&self, request: &RequestId) -> Option<DecisionView> {
        (self.gateway.decision)(*request)
    }

    /// Every upstream of the configuration in force.
    pub fn upstreams(&self) -> Vec<UpstreamView> {
        (self.gateway.upstreams)()
    }

    /// Every certificate in use.
    pub fn certificates(&self) -> Vec<CertificateView> {
        self.server.get().map(|server| (server.certificates)()).unwrap_or_default()
    }

    /// Every value of the configuration in force, one a line with its place; secrets masked.
    pub fn configuration(&self) -> String {
        self.server.get().map(|server| (server.configuration)()).unwrap_or_default()
    }

    /// How the last reload went; nothing where no server runs.
    pub fn reload(&self) -> Option<ReloadView> {
        self.server.get().map(|server| (server.reload)())
    }
}

impl fmt::Debug for Insight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Insight")
    }
}

/// A decision that was made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DecisionView {
    /// The request.
    pub request: String,
    /// When.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Whether it was let in.
    pub admitted: bool,
    /// Status answered.
    pub status: u16,
    /// Route by name, if one was found.
    pub route: Option<String>,
    /// `admitted`, or why not, as in logs.
    pub reason: &'static str,
    /// The credential: `key …` or `session …`.
    pub credential: Option<String>,
    /// The account's id; nothing where the credential was not proven.
    pub account: Option<String>,
}

/// An app behind the gate.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UpstreamView {
    /// Its name in configuration; `echo` is the built-in one.
    pub name: String,
    /// The addresses that serve it.
    pub targets: Vec<TargetView>,
}

impl UpstreamView {
    /// An app of which no address is known yet.
    pub fn of(name: &str) -> Self {
        Self { name: name.to_owned(), targets: Vec::new() }
    }
}

/// One address of an app.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TargetView {
    /// The address.
    pub address: String,
    /// Whether requests are sent there.
    pub healthy: bool,
    /// Until when it is left out after failures in a row.
    #[serde(serialize_with = "maybe_shown")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ejected_until: Option<Timestamp>,
    /// Whether its last active check failed.
    pub check_failed: bool,
    /// Requests under way.
    pub in_flight: usize,
    /// Connections made so far.
    pub connections: u64,
    /// Failures so far: not connected, not answered, broken answers.
    pub failed: u64,
    /// The last failure in words.
    pub last_error: Option<String>,
    /// When that was.
    #[serde(serialize_with = "maybe_shown")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_error_at: Option<Timestamp>,
}

/// A certificate in use.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CertificateView {
    /// Where it was read from.
    pub file: String,
    /// Hosts it is good for.
    pub names: Vec<String>,
    /// Who signed it.
    pub issuer: String,
    /// When its validity begins.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = DateTime)]
    pub not_before: Timestamp,
    /// When its validity ends.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = DateTime)]
    pub not_after: Timestamp,
    /// Whole days left; negative when it is over.
    pub days_left: i64,
    /// SHA-256 of the certificate, in hexadecimal digits.
    pub fingerprint: String,
    /// Whether the gate made it for development.
    pub development: bool,
}

/// How the last reload went. The start counts as the first one.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReloadView {
    /// Configurations that took effect so far.
    pub generation: i64,
    /// Whether the last one did.
    pub successful: bool,
    /// When it was tried.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Why it did not take effect.
    pub error: Option<String>,
    /// Keys that changed but wait for the next start.
    pub waiting: Vec<&'static str>,
}

fn shown<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

fn maybe_shown<S: serde::Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(at),
        None => serializer.serialize_none(),
    }
}

//! Numbers for monitoring. What the walk of a request counts is resolved once per route; counting itself
//! is one atomic addition, without a lock and without looking at label texts.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::labels::{
    AuthKind, AuthOutcome, CacheResult, CertificateFile, Decisions, Health, Lookups, MethodClass, Reason,
    Requests, UpstreamTarget,
};
use super::process::Process;

/// Every number the program reports.
pub struct Metrics {
    registry: Registry,
    requests: Family<Requests, Counter>,
    decisions: [[Counter; 5]; 3],
    key_cache: [Counter; 4],
    refused: Family<Reason, Counter>,
    handshake_failures: Family<Reason, Counter>,
    target_healthy: Family<UpstreamTarget, Gauge>,
    certificate_expiry: Family<CertificateFile, Gauge>,
    /// Connections open now.
    pub connections_open: Gauge,
    /// Connections accepted since the start.
    pub connections: Counter,
    /// Requests under way.
    pub in_flight: Gauge,
    /// 1 when the last reload of configuration or certificates took effect, else 0.
    pub reload_successful: Gauge,
    /// Counts configurations that took effect; 1 at the start.
    pub generation: Gauge,
    /// Age of the oldest decision still honoured, in seconds.
    pub oldest_decision_age: Gauge<f64, AtomicU64>,
    /// 1 while the store does not answer.
    pub store_away: Gauge,
    /// Spans that a collector took.
    pub spans_sent: Counter,
    /// Letters that somebody else has now.
    pub letters_sent: Counter,
    /// Letters that were given up.
    pub letters_failed: Counter,
    /// Letters that wait.
    pub letters_waiting: Gauge,
    /// 1 while more letters wait than may be sent in an hour.
    pub letters_stopped: Gauge,
    /// Spans lost: no room, or no collector.
    pub spans_dropped: Counter,
    /// Lines of the access log that were lost.
    pub access_lines_dropped: Gauge<i64>,
    /// 1 while new requests are welcome.
    pub ready: Gauge,
    /// Attempts with a credential that was not good.
    pub failed_attempts: Counter,
    /// Attempts told to wait because a failure budget is used up.
    pub held_attempts: Counter,
    /// Times that a failure budget was used up.
    pub budgets_exhausted: Counter,
    /// Webhooks.
    pub webhooks: WebhookMetrics,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All numbers at their start.
    pub fn new() -> Self {
        let mut root = Registry::default();
        root.register_collector(Box::new(Process));
        let registry = root.sub_registry_with_prefix("portcullis");
        registry.register(
            "build",
            "The program that runs",
            Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]),
        );
        let metrics = Self {
            requests: family(registry, "requests", "Requests answered"),
            refused: family(registry, "connections_refused", "Connections closed before a request"),
            handshake_failures: family(registry, "handshake_failures", "TLS handshakes that failed"),
            target_healthy: family(registry, "upstream_target_healthy", "1 while requests are sent there"),
            certificate_expiry: family(
                registry,
                "certificate_expiry_timestamp_seconds",
                "End of validity, in seconds since 1970",
            ),
            decisions: decisions(registry),
            key_cache: key_cache(registry),
            connections_open: gauge(registry, "connections_open", "Connections open now"),
            connections: counter(registry, "connections", "Connections accepted"),
            in_flight: gauge(registry, "requests_in_flight", "Requests under way"),
            reload_successful: gauge(
                registry,
                "config_last_reload_successful",
                "1 when the last reload took effect",
            ),
            generation: gauge(registry, "config_generation", "Configurations that took effect"),
            oldest_decision_age: {
                let age = Gauge::<f64, AtomicU64>::default();
                let meaning = "Seconds since the change log was last read, on which decisions still rest";
                registry.register("oldest_decision_age_seconds", meaning, age.clone());
                age
            },
            store_away: gauge(registry, "store_away", "1 while the store does not answer"),
            letters_sent: counter(registry, "letters_sent", "Letters that the mail server took"),
            letters_failed: counter(registry, "letters_failed", "Letters that were given up"),
            letters_waiting: gauge(registry, "letters_waiting", "Letters that wait to be sent"),
            letters_stopped: gauge(registry, "letters_stopped", "1 while mail.per_hour is used up"),
            spans_sent: counter(registry, "spans_sent", "Spans that the collector took"),
            spans_dropped: counter(registry, "spans_dropped", "Spans lost to a full queue or the collector"),
            access_lines_dropped: gauge(
                registry,
                "access_log_lines_dropped",
                "Access lines lost to a slow reader",
            ),
            ready: gauge(registry, "ready", "1 while new requests are welcome"),
            failed_attempts: counter(registry, "failed_attempts", "Attempts with a bad credential"),
            held_attempts: counter(registry, "held_attempts", "Attempts told to wait"),
            budgets_exhausted: counter(
                registry,
                "failure_budgets_exhausted",
                "Times that a source or subject used up its budget",
            ),
            webhooks: WebhookMetrics::of(registry),
            registry: root,
        };
        metrics.reload_successful.set(1);
        metrics.generation.set(1);
        metrics
    }

    /// The counters of one route, to be kept beside it.
    pub fn route(self: &Arc<Self>, route: &str) -> RouteMetrics {
        RouteMetrics { metrics: Arc::clone(self), route: route.to_owned(), cells: Default::default() }
    }

    /// Counts a decision on who may enter.
    pub fn decided(&self, kind: AuthKind, outcome: AuthOutcome) {
        if let Some(counter) = self.decisions.get(kind as usize).and_then(|row| row.get(outcome as usize)) {
            counter.inc();
        }
    }

    /// Counts a look into the key cache.
    pub fn looked_up(&self, result: CacheResult) {
        if let Some(counter) = self.key_cache.get(result as usize) {
            counter.inc();
        }
    }

    /// Counts a connection closed before its first request.
    pub fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&Reason { reason }).inc();
    }

    /// Counts a TLS handshake that failed.
    pub fn handshake_failed(&self, reason: &'static str) {
        self.handshake_failures.get_or_create(&Reason { reason }).inc();
    }

    /// Shows whether requests are sent to a target.
    pub fn target_health(&self, upstream: &str, target: &str, healthy: Health) {
        let labels = UpstreamTarget { upstream: upstream.to_owned(), target: target.to_owned() };
        self.target_healthy.get_or_create(&labels).set(i64::from(healthy == Health::Up));
    }

    /// Forgets the targets of an earlier configuration.
    pub fn forget_targets(&self) {
        self.target_healthy.clear();
    }

    /// Shows when certificates end: pairs of file and seconds since 1970. Replaces what was shown.
    pub fn certificates<'a>(&self, ends: impl IntoIterator<Item = (&'a str, i64)>) {
        self.certificate_expiry.clear();
        for (file, seconds) in ends {
            self.certificate_expiry.get_or_create(&CertificateFile { file: file.to_owned() }).set(seconds);
        }
    }

    /// Everything in the Prometheus text format.
    pub fn text(&self) -> String {
        let mut page = String::with_capacity(8 * 1024);
        if text::encode(&mut page, &self.registry).is_err() {
            page.clear();
        }
        page
    }
}

/// Numbers of webhooks.
pub struct WebhookMetrics {
    /// Messages that arrived.
    pub arrived: Counter,
    /// Attempts that did not.
    pub missed: Counter,
    /// Messages that were tried for the last time.
    pub given_up: Counter,
    /// Messages that wait for their next attempt.
    pub waiting: Gauge,
}

impl WebhookMetrics {
    fn of(registry: &mut Registry) -> Self {
        Self {
            arrived: counter(registry, "webhook_messages_arrived", "Messages that webhooks took"),
            missed: counter(registry, "webhook_attempts_failed", "Attempts that webhooks did not take"),
            given_up: counter(registry, "webhook_messages_given_up", "Messages tried for the last time"),
            waiting: gauge(registry, "webhook_messages_waiting", "Messages that wait for their next attempt"),
        }
    }
}

/// Status codes with a counter of their own; any other is looked up by its label.
const CODES: [u16; 24] = [
    101, 200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 409, 421, 429, 500,
    502, 503, 504,
];

/// The counters of one route.
pub struct RouteMetrics {
    metrics: Arc<Metrics>,
    route: String,
    cells: [[OnceLock<Counter>; 2]; CODES.len()],
}

impl fmt::Debug for RouteMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RouteMetrics({})", self.route)
    }
}

impl RouteMetrics {
    /// Counts one answer with this status code.
    pub fn answered(&self, class: MethodClass, code: u16) {
        let cell = CODES.binary_search(&code).ok().and_then(|row| self.cells.get(row)?.get(class as usize));
        match cell {
            Some(cell) => cell.get_or_init(|| self.counter(class, code)).inc(),
            None => self.counter(class, code).inc(),
        };
    }

    fn counter(&self, method_class: MethodClass, code: u16) -> Counter {
        let labels = Requests { route: self.route.clone(), code, method_class };
        self.metrics.requests.get_or_create_owned(&labels)
    }
}

fn family<S, M>(registry: &mut Registry, name: &str, meaning: &str) -> Family<S, M>
where
    S: EncodeLabelSet + Clone + std::hash::Hash + Eq + Send + Sync + fmt::Debug + 'static,
    M: prometheus_client::encoding::EncodeMetric
        + prometheus_client::metrics::TypedMetric
        + Default
        + Send
        + Sync
        + fmt::Debug
        + 'static,
{
    let family = Family::<S, M>::default();
    registry.register(name, meaning, family.clone());
    family
}

fn gauge(registry: &mut Registry, name: &str, meaning: &str) -> Gauge {
    let gauge = Gauge::default();
    registry.register(name, meaning, gauge.clone());
    gauge
}

fn counter(registry: &mut Registry, name: &str, meaning: &str) -> Counter<u64, AtomicU64> {
    let counter = Counter::default();
    registry.register(name, meaning, counter.clone());
    counter
}

fn decisions(registry: &mut Registry) -> [[Counter; 5]; 3] {
    use AuthOutcome::{Admitted, Forbidden, Limited, Refused, Unavailable};
    let all: Family<Decisions, Counter> = family(registry, "auth_decisions", "Decisions on who may enter");
    [AuthKind::None, AuthKind::Session, AuthKind::Key].map(|kind| {
        [Admitted, Refused, Forbidden, Limited, Unavailable]
            .map(|outcome| all.get_or_create_owned(&Decisions { kind, outcome }))
    })
}

fn key_cache(registry: &mut Registry) -> [Counter; 4] {
    use CacheResult::{Hit, Miss, NegativeHit, Stale};
    let all: Family<Lookups, Counter> = family(registry, "key_cache", "Looks into the cache of keys");
    [Hit, NegativeHit, Miss, Stale].map(|result| all.get_or_create_owned(&Lookups { result }))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    #[test]
    fn counters_appear_under_their_documented_names() {
        let metrics = Arc::new(Metrics::new());
        let route = metrics.route("app");
        for _ in 0..2 {
            route.answered(MethodClass::of(&Method::GET), 200);
        }
        route.answered(MethodClass::of(&Method::POST), 418);
        metrics.decided(AuthKind::Key, AuthOutcome::Forbidden);
        metrics.looked_up(CacheResult::Stale);
        metrics.certificates([("certs/a.pem", 17)]);
        metrics.target_health("app", "127.0.0.1:1", Health::Up);
        let text = metrics.text();
        for line in [
            r#"portcullis_requests_total{route="app",code="200",method_class="read"} 2"#,
            r#"portcullis_requests_total{route="app",code="418",method_class="write"} 1"#,
            r#"portcullis_auth_decisions_total{kind="key",outcome="forbidden"} 1"#,
            r#"portcullis_key_cache_total{result="stale"} 1"#,
            "portcullis_config_last_reload_successful 1",
            r#"portcullis_certificate_expiry_timestamp_seconds{file="certs/a.pem"} 17"#,
            r#"portcullis_upstream_target_healthy{upstream="app",target="127.0.0.1:1"} 1"#,
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn codes_with_their_own_counter_are_in_order() {
        assert!(CODES.is_sorted());
    }
}

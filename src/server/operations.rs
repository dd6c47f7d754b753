//! The operations listener: alive, ready, numbers. It has sockets and permits of its own, so that a flood
//! at the front door does not make the gate look dead.

use http::{HeaderValue, Method, StatusCode, header};

use super::shutdown::{Phase, Shutdown};
use super::small::{Answer, PLAIN, text};
use crate::telemetry::metrics::Metrics;

const NUMBERS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The answer to a request at the operations listener.
pub fn answer(method: &Method, path: &str, shutdown: &Shutdown, metrics: &Metrics) -> Answer {
    if method != Method::GET && method != Method::HEAD {
        let mut response =
            text(StatusCode::METHOD_NOT_ALLOWED, PLAIN, "Only GET and HEAD are answered here.\n");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match path {
        "/healthz" | "/ping" | "/health/alive" => text(StatusCode::OK, PLAIN, "alive\n"),
        "/readyz" | "/ready" | "/health/ready" => ready(shutdown),
        "/metrics" => text(StatusCode::OK, NUMBERS, metrics.text()),
        _ => text(StatusCode::NOT_FOUND, PLAIN, "There are /healthz, /readyz and /metrics here.\n"),
    }
}

fn ready(shutdown: &Shutdown) -> Answer {
    match shutdown.phase() {
        Phase::Serving => text(StatusCode::OK, PLAIN, "ready\n"),
        Phase::Leaving | Phase::Draining | Phase::Cutting | Phase::Ended => {
            text(StatusCode::SERVICE_UNAVAILABLE, PLAIN, "leaving\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_ready_from_the_moment_it_leaves_but_stays_alive() {
        let (shutdown, metrics) = (Shutdown::default(), Metrics::new());
        let status = |path| answer(&Method::GET, path, &shutdown, &metrics).status();
        assert_eq!((status("/readyz"), status("/health/ready")), (StatusCode::OK, StatusCode::OK));
        shutdown.advance(Phase::Leaving);
        assert_eq!(
            (status("/readyz"), status("/ready")),
            (StatusCode::SERVICE_UNAVAILABLE, StatusCode::SERVICE_UNAVAILABLE)
        );
        assert_eq!(
            (status("/healthz"), status("/ping"), status("/metrics")),
            (StatusCode::OK, StatusCode::OK, StatusCode::OK)
        );
    }

    /// P8: health answers by path alone, and only reading.
    #[test]
    fn nothing_else_is_answered() {
        let (shutdown, metrics) = (Shutdown::default(), Metrics::new());
        assert_eq!(answer(&Method::GET, "/", &shutdown, &metrics).status(), StatusCode::NOT_FOUND);
        assert_eq!(
            answer(&Method::POST, "/readyz", &shutdown, &metrics).status(),
            StatusCode::METHOD_NOT_ALLOWED
        );
    }
}

//! Active health checks: each target of an upstream with a check is asked for a path at intervals, on a
//! connection of its own, once for the whole process.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, HOST, USER_AGENT};
use http::{HeaderValue, Request};
use http_body_util::Empty;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::health::{TargetState, UpstreamHealth};
use crate::model::upstream::{HealthCheck, Protocol, Target};

/// Runs all checks until it is dropped; ends at once when there are none.
pub async fn watch_health(health: Arc<UpstreamHealth>) {
    let mut checks = JoinSet::new();
    for upstream in &health.upstreams {
        let Some(check) = &upstream.check else { continue };
        for target in &upstream.targets {
            checks.spawn(watch(target.clone(), check.clone()));
        }
    }
    while checks.join_next().await.is_some() {}
}

async fn watch(target: Arc<TargetState>, check: HealthCheck) {
    let mut ticks = interval(check.every.max(Duration::from_millis(10)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let healthy = timeout(check.timeout, ask(&target, &check)).await.unwrap_or(None);
        target.checked(healthy.unwrap_or(false));
    }
}

/// Whether it answers 2xx or 3xx; `None` when it does not answer.
async fn ask(target: &TargetState, check: &HealthCheck) -> Option<bool> {
    let connector = &target.connector;
    let io = TokioIo::new(connector.connect().await.ok()?);
    let host = host(&connector.target);
    let request = Request::get(&*check.path).header(USER_AGENT, HeaderValue::from_static("portcullis"));
    let status = match connector.protocol {
        Protocol::Http1 => {
            let request = request.header(HOST, host).header(CONNECTION, "close");
            let (mut sender, connection) = http1::handshake(io).await.ok()?;
            let asked = sender.send_request(request.body(Empty::<Bytes>::new()).ok()?);
            until_answered(connection, asked).await?
        }
        Protocol::Http2 => {
            let scheme = if connector.tls.is_some() { "https" } else { "http" };
            let request = request.uri(format!("{scheme}://{host}{}", check.path));
            let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await.ok()?;
            let asked = sender.send_request(request.body(Empty::<Bytes>::new()).ok()?);
            until_answered(connection, asked).await?
        }
    };
    Some(status.is_success() || status.is_redirection())
}

/// Drives a connection until the answer on it is there.
async fn until_answered<T>(
    connection: impl Future<Output = hyper::Result<()>>,
    asked: impl Future<Output = hyper::Result<http::Response<T>>>,
) -> Option<http::StatusCode> {
    let (mut connection, mut asked) = (std::pin::pin!(connection), std::pin::pin!(asked));
    tokio::select! {
        biased;
        response = &mut asked => Some(response.ok()?.status()),
        _ = &mut connection => Some(asked.await.ok()?.status()),
    }
}

/// The host that a check asks for.
fn host(target: &Target) -> String {
    match target {
        Target::Tcp { host, port } => format!("{host}:{port}"),
        Target::Address(address) => address.to_string(),
        Target::Unix(_) => "localhost".to_owned(),
    }
}

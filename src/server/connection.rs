//! A guest's connection, from its first request to its last: HTTP/1.1 or HTTP/2 as agreed, inside its
//! limits, ended when it is idle, slow, old, or when the gate leaves.

use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Response;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::sleep;

use super::entrance::Guest;
use super::pulse::{Counted, Felt, Look, Pulse, Spoken};
use super::shutdown::{Phase, Shutdown};
use super::strict::Strict;
use super::taken::Streams;
use crate::config::{Config, ConnectionLimits, Deadlines};
use crate::gateway::desk::Desk;
use crate::gateway::greet::Connection;

/// Bytes that a client may send on one HTTP/2 stream, and on all of them, before they are passed on.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// How often a silent HTTP/2 client is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(30);

/// How many pauses a client of HTTP/2 may take over one piece of a body: it may be long, and the line slow.
const STALLED: u32 = 4;

/// Smallest buffer that hyper works with, in bytes.
const SMALLEST_BUFFER: usize = 8 * 1024;

/// Serves one connection. The guest's permit is held until it is over, tunnels included.
pub async fn serve(guest: Guest, desk: Arc<Desk>, shutdown: Shutdown) {
    let Guest { stream, peer, permit } = guest;
    let config = desk.gateway.plan().config.clone();
    let spoken = if peer.alpn_h2() { Spoken::Http2 } else { Spoken::Http1 };
    let connection = Arc::new(Connection::with(peer, &config.listen, Box::new(permit)));
    let pulse = Pulse::begin(spoken);
    let io = Felt::new(stream, pulse.clone());
    let (answered, streams) = (pulse.clone(), Streams::default());
    let asked_on = (spoken == Spoken::Http2).then(|| streams.clone());
    let service = service_fn(move |request| {
        let (asked, taken) = (answered.asked(), asked_on.as_ref().map(Streams::asked));
        let (desk, connection) = (desk.clone(), connection.clone());
        let answer = async move {
            desk.handle(&connection, request).await.map(|body| Counted::new(body, asked, taken))
        };
        // Boxed, so that a connection at rest does not keep room for a request under way.
        let answer: Answering = Box::pin(answer);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let leaving = Leaving { shutdown: &shutdown, pulse: &pulse, streams: &streams, config: &config };
    let ended = match spoken {
        Spoken::Http1 => {
            let io = TokioIo::new(Strict::http1(io));
            leaving.watch(http1(&config.limits).serve_connection(io, service).with_upgrades()).await
        }
        Spoken::Http2 => {
            let connection =
                http2(&config.limits, streams.clone()).serve_connection(TokioIo::new(io), service);
            // Boxed, so that the more numerous HTTP/1.1 connections do not keep room for it.
            Box::pin(leaving.watch(connection)).await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

/// A request being answered.
type Answering = Pin<Box<dyn Future<Output = Response<Counted>> + Send>>;

fn http1(limits: &ConnectionLimits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .header_read_timeout(None)
        .max_buf_size(limits.head_bytes.max(SMALLEST_BUFFER))
        .max_headers(limits.head_fields)
        .half_close(false);
    builder
}

fn http2(limits: &ConnectionLimits, streams: Streams) -> http2::Builder<Streams> {
    let mut builder = http2::Builder::new(streams);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(limits.resets)
        .max_local_error_reset_streams(limits.resets)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(PING_EVERY)
        .enable_connect_protocol();
    builder
}

/// A connection that can be asked to end after what is under way.
trait Ends: Future<Output = hyper::Result<()>> {
    /// Asks it to.
    fn end(self: Pin<&mut Self>);
}

impl<I, S> Ends for http1::UpgradeableConnection<I, S>
where
    S: hyper::service::HttpService<Incoming, ResBody = Counted>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    fn end(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I, S> Ends for http2::Connection<I, S, Streams>
where
    S: hyper::service::HttpService<Incoming, ResBody = Counted>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Future: Send + 'static,
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    fn end(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// When a connection has to end.
struct Leaving<'a> {
    shutdown: &'a Shutdown,
    pulse: &'a Pulse,
    streams: &'a Streams,
    config: &'a Config,
}

impl Leaving<'_> {
    /// Drives a connection until it ends by itself or has to.
    async fn watch(&self, connection: impl Ends) -> hyper::Result<()> {
        let mut connection = pin!(connection);
        let deadlines = &self.config.deadlines;
        tokio::select! {
            biased;
            ended = &mut connection => return ended,
            () = self.old_or_leaving(deadlines) => connection.as_mut().end(),
            () = self.overdue(deadlines) => return Ok(()),
        }
        tokio::select! {
            biased;
            ended = &mut connection => ended,
            () = self.overdue(deadlines) => Ok(()),
            () = self.shutdown.reached(Phase::Ended) => Ok(()),
        }
    }

    /// Returns when the connection is past its age or the gate drains.
    async fn old_or_leaving(&self, deadlines: &Deadlines) {
        tokio::select! {
            () = self.shutdown.reached(Phase::Draining) => {}
            () = sleep(deadlines.age) => {}
        }
    }

    /// Returns when something is overdue. Looks a few times within the shortest deadline.
    async fn overdue(&self, deadlines: &Deadlines) {
        let shortest = deadlines.head.min(deadlines.idle).min(deadlines.body_idle);
        let pause = (shortest / 4).clamp(Duration::from_millis(20), Duration::from_secs(5));
        let mut look = Look::at(self.pulse, Instant::now());
        loop {
            sleep(pause).await;
            self.streams.end_stalled(deadlines.body_idle.saturating_mul(STALLED));
            if let Some(overdue) = look.again(Instant::now(), deadlines) {
                tracing::debug!(?overdue, "connection ended");
                return;
            }
        }
    }
}

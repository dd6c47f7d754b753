//! A guest's connection, from its first request to its last: HTTP/1.1 or HTTP/2 as agreed, inside its
//! limits, ended when it is idle, slow, old, or when the gate leaves.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{HttpService, Service};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWrite;

use super::entrance::Guest;
use super::lent::{Line, lend};
use super::orders::Order;
use super::pulse::{Counted, Felt, Pulse, Spoken};
use super::rounds::Rounds;
use super::strict::Strict;
use super::taken::Streams;
use crate::config::ConnectionLimits;
use crate::gateway::desk::Desk;
use crate::gateway::forward::Call;
use crate::gateway::greet::Connection;

/// Bytes that a client may send on one HTTP/2 stream, and on all of them, before they are passed on.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// How often a silent HTTP/2 client is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(30);

/// Smallest buffer that hyper works with, in bytes.
const SMALLEST_BUFFER: usize = 8 * 1024;

/// Serves one connection. The guest's permit is held until it is over, tunnels included.
pub async fn serve(guest: Guest, desk: Arc<Desk>, rounds: Arc<Rounds>) {
    let Guest { stream, peer, permit } = guest;
    let config = desk.gateway.plan().config.clone();
    let limits = config.limits;
    let spoken = if peer.alpn_h2() { Spoken::Http2 } else { Spoken::Http1 };
    let connection = Arc::new(Connection::with(peer, &config.listen, Box::new(permit)));
    let streams = (spoken == Spoken::Http2).then(Streams::default);
    let pulse = rounds.join(spoken, streams.clone(), config);
    let io = Felt::new(stream, pulse.clone());
    let answers = Answers { desk, connection, pulse, streams: streams.clone() };
    let ended = match streams {
        None => on_and_off(Strict::http1(io), &limits, &answers).await,
        Some(streams) => {
            let connection = http2(&limits, streams).serve_connection(TokioIo::new(io), &answers);
            drive(Box::pin(connection), &answers.pulse).await.map(drop)
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

/// Serves HTTP/1.1. The machinery with its buffers is there while there are requests; through longer pauses
/// only the stream is kept.
async fn on_and_off(mut line: Line, limits: &ConnectionLimits, answers: &Answers) -> hyper::Result<()> {
    loop {
        let (lent, back) = lend(line);
        let connection = http1(limits).serve_connection(TokioIo::new(lent), answers).with_upgrades();
        if drive(Box::pin(connection), &answers.pulse).await? == Driven::Ended {
            return Ok(());
        }
        let Some(returned) = back.take() else { return Ok(()) };
        line = returned;
        if rest(&mut line, &answers.pulse).await == Driven::Ended {
            return Ok(());
        }
    }
}

/// Answers the requests of one connection.
struct Answers {
    desk: Arc<Desk>,
    connection: Arc<Connection>,
    pulse: Arc<Pulse>,
    streams: Option<Streams>,
}

/// A request being answered. Boxed, so that a connection at rest does not keep room for one under way.
type Answering = Pin<Box<dyn Future<Output = Result<Response<Counted>, Infallible>> + Send>>;

impl Service<Request<Incoming>> for Answers {
    type Response = Response<Counted>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        let (asked, taken) = (self.pulse.asked(), self.streams.as_ref().map(Streams::asked));
        let (desk, connection) = (self.desk.clone(), self.connection.clone());
        let call = Call::of(request);
        Box::pin(async move {
            let answer = desk.handle(&connection, call).await;
            Ok(answer.map(|body| Counted::new(body, asked, taken)))
        })
    }
}

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
    S: HttpService<Incoming, ResBody = Counted>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    fn end(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I, S> Ends for http2::Connection<I, S, Streams>
where
    S: HttpService<Incoming, ResBody = Counted>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Future: Send + 'static,
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    fn end(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Where driving a connection has led.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Driven {
    /// To its end, or to where it has to end.
    Ended,
    /// To a pause; from a pause, to where something comes.
    On,
}

/// Drives a connection until it ends by itself, is told to leave, or may rest.
async fn drive(mut connection: Pin<Box<impl Ends>>, pulse: &Pulse) -> hyper::Result<Driven> {
    let mut finishing = false;
    listen(pulse).await;
    poll_fn(|cx| {
        let order = pulse.orders.heard();
        match order {
            Order::Leave => return Poll::Ready(Ok(Driven::Ended)),
            Order::Finish if !finishing => {
                finishing = true;
                connection.as_mut().end();
            }
            Order::Finish | Order::Rest | Order::Stay => {}
        }
        if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
            return Poll::Ready(ended.map(|()| Driven::Ended));
        }
        if order == Order::Rest {
            pulse.orders.rested();
            if pulse.may_rest() {
                return Poll::Ready(Ok(Driven::On));
            }
        }
        Poll::Pending
    })
    .await
}

/// Waits without any machinery until something comes in.
async fn rest(line: &mut Line, pulse: &Pulse) -> Driven {
    pulse.rests(true);
    let driven = poll_fn(|cx| match pulse.orders.heard() {
        Order::Leave => Poll::Ready(Driven::Ended),
        Order::Finish => Pin::new(&mut *line).poll_shutdown(cx).map(|_| Driven::Ended),
        Order::Rest | Order::Stay => line.below().poll_comes(cx).map(|()| Driven::On),
    });
    let driven = driven.await;
    pulse.rests(false);
    driven
}

/// Has the task that this is awaited in woken by orders.
async fn listen(pulse: &Pulse) {
    poll_fn(|cx| {
        pulse.orders.listen(cx.waker());
        Poll::Ready(())
    })
    .await;
}

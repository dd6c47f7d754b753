//! A small HTTP/1.1 server for answers that need no gateway: the way to https, health, numbers.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::timeout;

use super::shutdown::{Phase, Shutdown};
use super::stream::Stream;

/// Longest life of one of these connections.
const AGE: Duration = Duration::from_secs(60);
/// Longest wait for the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// Bytes of a request head.
const HEAD_BYTES: usize = 16 * 1024;

/// A whole answer.
pub type Answer = Response<Full<Bytes>>;

/// Answers the requests of one connection until it closes, grows old, or the program leaves.
pub async fn serve<R>(stream: Stream, shutdown: &Shutdown, until: Phase, respond: R)
where
    R: Fn(&Request<Incoming>) -> Answer,
{
    let answer = service_fn(|request| {
        let response = respond(&request);
        async move { Ok::<_, Infallible>(response) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_BYTES);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), answer));
    let ended = timeout(AGE, async {
        tokio::select! {
            ended = &mut connection => return ended,
            () = shutdown.reached(until) => {}
        }
        connection.as_mut().graceful_shutdown();
        connection.await
    });
    if let Ok(Err(error)) = ended.await {
        tracing::debug!(%error, "a small connection ended badly");
    }
}

/// An answer of plain text that nobody keeps.
pub fn text(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The media type of plain text.
pub const PLAIN: &str = "text/plain; charset=utf-8";

//! One exchange over HTTP/2: get a stream, send, wait for the head.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, HOST, TRANSFER_ENCODING, UPGRADE};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderName, Request, Response, Uri, Version};
use http_body::Body;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::time::{Instant, timeout_at};

use super::attempt::{BoxError, Missed, Terms};
use super::error::{ConnectError, Fault, SendError};
use super::health::TargetState;
use super::lease::{Hold, Lease};
use super::signs::{Signs, Waited, Watched};
use super::stream::{Metered, Stream};
use super::streams::{Boarding, Bound, Opening, Ride, Streams};

/// Longest list of fields in an answer, by the measure of RFC 9113, 6.5.2.
const LONGEST_FIELDS: u32 = 128 * 1024;
/// A shared connection on which nothing comes for this long is asked whether it is still there.
const PING_AFTER: Duration = Duration::from_secs(20);
/// Stands for the bound on streams until the other side has said it.
const NOT_SAID: usize = 0x7fff_fffe;
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// Sends over one stream of `streams`.
pub(super) async fn exchange<B>(
    streams: &Arc<Streams<B>>,
    mut request: Request<Watched<B>>,
    terms: &Terms<'_>,
) -> Result<(Response<Incoming>, Lease<B>), Missed<B>>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    let ride = match board(streams).await {
        Ok(ride) => ride,
        Err(error) => {
            let again = matches!(error, SendError::Connect(_)).then_some(request);
            return Err(Missed { error, again, reused: false });
        }
    };
    if into_http2(&mut request, streams.target.connector.tls.is_some()).is_none() {
        return Err(Missed::for_good(SendError::Broken(Fault::NoAuthority)));
    }
    let signs = Arc::new(Signs::new(Instant::now()));
    if !request.body().is_end_stream() {
        request.body_mut().signs = Some(signs.clone());
    }
    let mut answer = Box::pin(ride.trunk.sender.clone().try_send_request(request));
    match signs.within(&terms.patience, answer.as_mut()).await {
        Waited::Answer(Ok(response)) => {
            streams.target.succeeded();
            Ok((response, Lease::new(Hold::Stream(ride), true)))
        }
        Waited::Answer(Err(error)) => Err(missed(error, &streams.target)),
        Waited::TooLong => {
            let error = SendError::Timeout(terms.patience.deadline);
            streams.target.failed(Instant::now(), &error);
            Err(Missed::for_good(error))
        }
        Waited::Cut => Err(Missed::for_good(SendError::Cut)),
    }
}

/// What becomes of a request that got no answer.
fn missed<B>(mut error: TrySendError<Request<Watched<B>>>, target: &TargetState) -> Missed<B> {
    let again = error.take_message();
    let error = error.into_error();
    if error.is_user() {
        return Missed::for_good(SendError::Body(error));
    }
    if again.is_none() {
        target.failed(Instant::now(), &error);
    }
    Missed { error: SendError::Broken(Fault::Http(error)), again, reused: true }
}

/// A free stream, at most after the connect deadline.
async fn board<B>(streams: &Arc<Streams<B>>) -> Result<Ride<B>, SendError>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    let until = Instant::now() + streams.limits.connect;
    loop {
        let mut changed = pin!(streams.changed.notified());
        changed.as_mut().enable();
        match streams.board(Instant::now()) {
            Boarding::Ride(ride) => return Ok(ride),
            Boarding::Open(opening) => return open(streams, opening).await.map_err(SendError::Connect),
            Boarding::Wait => timeout_at(until, changed).await.map_err(|_| SendError::Busy)?,
        }
    }
}

async fn open<B>(streams: &Streams<B>, opening: Opening<B>) -> Result<Ride<B>, ConnectError>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    let target = &streams.target;
    let connected = match target.connector.connect().await {
        Ok(stream) => handshake(stream, Bound::unknown(streams.changed.clone())).await,
        Err(error) => Err(error),
    };
    let (sender, bound) = connected.inspect_err(|error| target.failed(Instant::now(), error))?;
    target.connected();
    Ok(opening.opened(sender, bound))
}

/// Begins HTTP/2 and leaves the connection to its driver, which also keeps the count of streams that the
/// other side takes.
async fn handshake<B>(
    stream: Stream,
    bound: Bound,
) -> Result<(http2::SendRequest<Watched<B>>, Arc<Bound>), ConnectError>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_AFTER)
        .max_header_list_size(LONGEST_FIELDS)
        .initial_max_send_streams(NOT_SAID);
    let bound = Arc::new(bound);
    let io = TokioIo::new(Metered::shared(stream, bound.clone()));
    let (sender, connection) = builder.handshake(io).await.map_err(ConnectError::Http)?;
    let kept = bound.clone();
    tokio::spawn(async move {
        let mut connection = pin!(connection);
        loop {
            tokio::select! {
                biased;
                _ = &mut connection => break,
                () = kept.look.notified() => {}
            }
            let most = connection.current_max_send_streams();
            if most != NOT_SAID {
                kept.set(most);
            }
        }
        kept.end();
    });
    Ok((sender, bound))
}

/// Says in HTTP/2 what was said in HTTP/1.1: the host moves into the target, and the fields that only
/// steer connections go (RFC 9113, 8.2.2).
fn into_http2<B>(request: &mut Request<B>, secure: bool) -> Option<()> {
    if request.uri().authority().is_some() {
        return Some(()); // handed back unsent: it has been said already
    }
    let host = request.headers_mut().remove(HOST)?;
    let mut parts = request.uri().clone().into_parts();
    parts.authority = Some(Authority::try_from(host.as_bytes()).ok()?);
    parts.scheme = Some(if secure { Scheme::HTTPS } else { Scheme::HTTP });
    parts.path_and_query.get_or_insert_with(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from_parts(parts).ok()?;
    *request.version_mut() = Version::HTTP_2;
    for name in [CONNECTION, TRANSFER_ENCODING, UPGRADE, KEEP_ALIVE, PROXY_CONNECTION] {
        request.headers_mut().remove(name);
    }
    Some(())
}

//! One exchange over HTTP/1.1: get a connection, send, wait for the head, judge it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version};
use http_body::Body;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout_at};

use super::attempt::{BoxError, Missed, Retry, Terms};
use super::error::{ConnectError, Fault, SendError};
use super::lease::{Hold, Lease};
use super::lines::{Line, Lines, Offer, Place};
use super::signs::{Signs, Waited, Watched};
use super::stream::Metered;

/// Longest head of an answer in bytes, and most read at once.
const READ_BUFFER: usize = 128 * 1024;
/// A connection idle for longer may have been closed by the other side without our having heard of it.
const MAYBE_STALE: Duration = Duration::from_secs(1);

/// A request's fate on one connection.
pub(super) type Outcome<B> = Result<(Response<Incoming>, Lease<B>), Missed<B>>;

/// Sends over one connection of `lines`.
pub(super) async fn exchange<B>(
    lines: &Arc<Lines<B>>,
    request: Request<Watched<B>>,
    terms: &Terms<'_>,
) -> Outcome<B>
where
    B: Body<Data = Bytes> + Default + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    match connection(lines, terms).await {
        Ok((place, idle_for)) => send(place, idle_for, request, terms).await,
        Err(error) => {
            let again = matches!(error, SendError::Connect(_)).then_some(request);
            Err(Missed { error, again, reused: false })
        }
    }
}

/// A connection, and how long it had been idle if it is not a new one.
async fn connection<B>(
    lines: &Arc<Lines<B>>,
    terms: &Terms<'_>,
) -> Result<(Place<B>, Option<Duration>), SendError>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    let now = Instant::now();
    let until = now + lines.limits.connect;
    let offer = if terms.fresh { lines.open() } else { lines.take(now) };
    let mut place = match offer {
        Offer::Idle(place, idle_for) => return Ok((place, Some(idle_for))),
        Offer::Open(place) => place,
        Offer::Wait(turn) => match timeout_at(until, turn).await {
            Ok(Ok(place)) => place,
            Ok(Err(_)) | Err(_) => return Err(SendError::Busy),
        },
    };
    if let Some(line) = &mut place.line {
        if !terms.fresh && matches!(timeout_at(until, line.sender.ready()).await, Ok(Ok(()))) {
            return Ok((place, Some(Duration::ZERO)));
        }
        place.line = None;
    }
    place.line = Some(open(lines, terms).await.map_err(SendError::Connect)?);
    Ok((place, None))
}

async fn open<B>(lines: &Lines<B>, terms: &Terms<'_>) -> Result<Line<B>, ConnectError>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    let connected = lines.target.connector.connect().await;
    let stream = connected.inspect_err(|error| lines.target.failed(Instant::now(), error))?;
    lines.target.connected();
    let born = Instant::now();
    let signs = Arc::new(Signs::new(born));
    let io = TokioIo::new(Metered::alone(stream, signs.clone()));
    let mut builder = http1::Builder::new();
    builder.max_buf_size(READ_BUFFER).preserve_header_case(terms.preserve_header_case);
    let (sender, connection) = builder.handshake(io).await.map_err(ConnectError::Http)?;
    tokio::spawn(connection.with_upgrades());
    Ok(Line { sender, signs, born })
}

/// Hands a request to a connection at once, and judges what comes back.
pub(super) fn send<'t, B>(
    mut place: Place<B>,
    idle_for: Option<Duration>,
    mut request: Request<Watched<B>>,
    terms: &Terms<'t>,
) -> impl Future<Output = Outcome<B>> + Send + use<'t, B>
where
    B: Body<Data = Bytes> + Default + Send + Unpin + 'static,
{
    let patience = terms.patience;
    let (mut dedicated, mut upgrade, mut spare_one) = (false, false, None);
    let handed = place.line.as_mut().map(|line| {
        let signs = line.signs.clone();
        request.body_mut().signs = (!request.body().is_end_stream()).then(|| signs.clone());
        frame(&mut request);
        upgrade = request.headers().contains_key(UPGRADE);
        dedicated = upgrade || request.headers().get(AUTHORIZATION).is_some_and(signs_in_connection);
        spare_one = idle_for.and_then(|idle_for| spare(&request, terms.retry, idle_for));
        signs.asked();
        // Boxed, since it is handed on several times before it is waited for.
        (Box::pin(line.sender.try_send_request(request)), signs)
    });
    async move {
        let Some((mut answer, signs)) = handed else { return Err(Missed::for_good(SendError::Busy)) };
        match signs.within(&patience, answer.as_mut()).await {
            Waited::Answer(Ok(response)) => {
                signs.answered();
                if let Some(fault) = fault(&response, upgrade) {
                    place.fail(&fault);
                    return Err(Missed::for_good(SendError::Broken(fault)));
                }
                place.succeed();
                let reusable = !dedicated && !signs_in(response.headers());
                Ok((response, Lease::new(Hold::Line(place), reusable)))
            }
            Waited::Answer(Err(error)) => Err(missed(place, error, spare_one, idle_for.is_some())),
            Waited::TooLong => {
                let error = SendError::Timeout(patience.deadline);
                place.fail(&error);
                Err(Missed::for_good(error))
            }
            Waited::Cut => Err(Missed::for_good(SendError::Cut)),
        }
    }
}

/// Sees to it that the head says exactly what the body is (F1). hyper would send a GET with a body of
/// unknown length as if it had none, and a length beside no body as it stands.
fn frame<B: Body>(request: &mut Request<B>) {
    let body = request.body();
    let (none, sized) = (body.is_end_stream(), body.size_hint().exact().is_some());
    *request.version_mut() = Version::HTTP_11;
    let headers = request.headers_mut();
    match headers.get(CONTENT_LENGTH) {
        Some(length) if none && length != "0" => drop(headers.remove(CONTENT_LENGTH)),
        None if !none && !sized => {
            headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
        _ => {}
    }
}

/// Why this is no answer, if it is none.
fn fault(response: &Response<Incoming>, upgrade: bool) -> Option<Fault> {
    let headers = response.headers();
    if headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH) {
        Some(Fault::TwoFramings)
    } else if response.status() == StatusCode::SWITCHING_PROTOCOLS && !upgrade {
        Some(Fault::UnaskedUpgrade)
    } else {
        None
    }
}

/// What becomes of a request that got no answer.
fn missed<B>(
    place: Place<B>,
    mut error: TrySendError<Request<Watched<B>>>,
    spare: Option<Box<Request<Watched<B>>>>,
    reused: bool,
) -> Missed<B> {
    let unsent = error.take_message();
    let error = error.into_error();
    let silent = place.line.as_ref().is_some_and(|line| line.signs.silent());
    if error.is_user() {
        return Missed::for_good(SendError::Body(error));
    }
    let again = unsent.or(if silent { spare.map(|spare| *spare) } else { None });
    if again.is_none() || !reused {
        place.fail(&error);
    }
    Missed { error: SendError::Broken(Fault::Http(error)), again, reused }
}

/// A copy of a request that may be sent a second time if the connection proves dead after it was written:
/// idempotent, without body, and only where that is likely enough to be worth a copy.
fn spare<B>(
    request: &Request<Watched<B>>,
    retry: Retry,
    idle_for: Duration,
) -> Option<Box<Request<Watched<B>>>>
where
    B: Body<Data = Bytes> + Default + Unpin,
{
    let likely = idle_for >= MAYBE_STALE && retry == Retry::Idempotent;
    if !likely || !request.method().is_idempotent() || !request.body().is_end_stream() {
        return None;
    }
    let mut copy = Request::new(Watched::unwatched(B::default()));
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    Some(Box::new(copy))
}

/// Whether an answer signs in the connection rather than the request (F5).
fn signs_in(headers: &HeaderMap) -> bool {
    headers.contains_key(WWW_AUTHENTICATE)
        && headers.get_all(WWW_AUTHENTICATE).iter().any(signs_in_connection)
}

/// NTLM and Negotiate tie a person to the connection, which must then serve nobody else.
fn signs_in_connection(value: &HeaderValue) -> bool {
    let scheme = value.as_bytes().split(|byte| *byte == b' ').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case(b"ntlm") || scheme.eq_ignore_ascii_case(b"negotiate")
}

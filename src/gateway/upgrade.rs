//! WebSockets: the only upgrade that is passed on, after admission, and only once the app itself has
//! agreed to it (gate rows F2, 6.11). HTTP/2 asks by extended CONNECT (RFC 8441); apps are asked by GET.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_KEY, UPGRADE};
use http::request::Parts;
use http::{Method, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::ext::Protocol;
use hyper::upgrade::OnUpgrade;

use super::body::Body;
use super::exchange::Exchange;
use super::refusal::Refusal;
use super::tunnel;
use crate::secret::token;

const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");
const SEC_WEBSOCKET_ACCEPT: HeaderName = HeaderName::from_static("sec-websocket-accept");

/// Whether a request asks for a WebSocket. Other upgrades are ignored, as RFC 9110 section 7.8 allows.
///
/// # Errors
/// [`Refusal::Upgrade`], for one that asks in a way that no app must see; [`Refusal::Method`] for a CONNECT
/// that is none.
pub fn is_wanted(head: &Parts, bodiless: bool) -> Result<bool, Refusal> {
    if head.method == Method::CONNECT {
        let protocol = head.extensions.get::<Protocol>().map(Protocol::as_str);
        return if protocol == Some("websocket") { Ok(true) } else { Err(Refusal::Method) };
    }
    if head.version != Version::HTTP_11 || !asks_for_websocket(&head.headers) {
        return Ok(false);
    }
    let plain = head.method == Method::GET && bodiless;
    let once = head.headers.get_all(UPGRADE).iter().count() == 1;
    if plain && once { Ok(true) } else { Err(Refusal::Upgrade) }
}

fn asks_for_websocket(headers: &HeaderMap) -> bool {
    let upgrade =
        headers.get(UPGRADE).is_some_and(|token| token.as_bytes().eq_ignore_ascii_case(b"websocket"));
    upgrade
        && headers.get_all(CONNECTION).iter().any(|field| {
            field
                .as_bytes()
                .split(|byte| *byte == b',')
                .any(|token| token.trim_ascii().eq_ignore_ascii_case(b"upgrade"))
        })
}

/// Asks the app for the WebSocket that the client wants. The head was prepared like any other.
pub fn ask(head: &mut Parts) {
    head.headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    head.headers.insert(UPGRADE, WEBSOCKET);
    if head.method == Method::CONNECT {
        head.method = Method::GET;
        head.extensions.remove::<Protocol>();
        let nonce = STANDARD.encode(token::random::<16>());
        if let Ok(key) = HeaderValue::try_from(nonce) {
            head.headers.insert(SEC_WEBSOCKET_KEY, key);
        }
    }
}

/// Whether the app agreed to a WebSocket, and to nothing else.
pub fn is_agreed(response: &Response<Incoming>) -> bool {
    let token = response.headers().get(UPGRADE);
    response.status() == StatusCode::SWITCHING_PROTOCOLS
        && token.is_some_and(|token| token.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// The client's end of a WebSocket to be.
pub struct ClientEnd {
    /// Resolves once the client was told.
    pub upgrade: OnUpgrade,
    /// Whether the client asked by extended CONNECT.
    pub by_connect: bool,
    /// What must stay as long as the tunnel does: the connection's permit, the lease of the app's.
    pub held: Vec<Box<dyn Any + Send>>,
}

/// Answers the client and carries bytes both ways from then on, until either side ends or the exchange is
/// cut.
pub fn join(
    mut response: Response<Incoming>,
    client: ClientEnd,
    exchange: &Arc<Exchange>,
    idle: Duration,
) -> Response<Body> {
    let app_side = hyper::upgrade::on(&mut response);
    // The tunnel watches its own pauses; the list only needs to know when to cut.
    let live = exchange.enter(Duration::MAX);
    let by_connect = client.by_connect;
    tokio::spawn(async move {
        let cut = live.cut().clone();
        let joined = tokio::select! {
            joined = async { tokio::try_join!(client.upgrade, app_side) } => joined,
            () = cut.cancelled() => return,
        };
        match joined {
            Ok((client_side, app_side)) => tunnel::copy(client_side, app_side, cut, idle).await,
            Err(error) => tracing::debug!(%error, "a WebSocket did not come about"),
        }
        drop((live, client.held));
    });
    let (mut head, _) = response.into_parts();
    super::response_headers::clean(&mut head.headers);
    if by_connect {
        head.status = StatusCode::OK;
        head.headers.remove(SEC_WEBSOCKET_ACCEPT);
    } else {
        head.headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        head.headers.insert(UPGRADE, WEBSOCKET);
    }
    Response::from_parts(head, Body::Own(None))
}

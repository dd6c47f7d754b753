//! Carries a prepared request to its app and the answer back, both as streams. Retries nothing that an app
//! may have acted on; a client that leaves ends the exchange.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http::{Method, Request, Response, Version};
use hyper::body::{Body as _, Incoming};
use hyper::upgrade::OnUpgrade;

use super::body::{AppBody, Body, ClientBody, RequestBody};
use super::collected::{self, CollectError, Collected};
use super::exchange::{Exchange, Watch};
use super::greet::Connection;
use super::pool::{Patience, Pool, Retry};
use super::refusal::Refusal;
use super::{response_headers, upgrade};
use crate::auth::error::AuthError;
use crate::model::upstream::PoolLimits;

/// How one request is carried.
pub struct Carriage<'a> {
    /// The app's connections.
    pub pool: &'a Arc<Pool<RequestBody>>,
    /// The exchange it belongs to.
    pub exchange: &'a Arc<Exchange>,
    /// The connection it came on.
    pub connection: &'a Arc<Connection>,
    /// Deadlines of the app's connections.
    pub limits: PoolLimits,
    /// Longest pause of a client's body.
    pub client_idle: Duration,
    /// Where long bodies are kept while they are collected.
    pub directory: &'a std::path::Path,
}

/// A request in its parts. In a box of its own, so that handing it from step to step costs nothing.
pub struct Call {
    /// The head: as the client sent it, later as the app sees it.
    pub head: Parts,
    /// The client's body, until it is taken.
    pub body: Option<Incoming>,
    /// Resolves to the client's end, where a WebSocket is wanted.
    pub websocket: Option<OnUpgrade>,
}

impl Call {
    /// A request as it came in.
    pub fn of(request: Request<Incoming>) -> Box<Self> {
        let (head, body) = request.into_parts();
        Box::new(Self { head, body: Some(body), websocket: None })
    }

    /// Takes up the WebSocket that the client asks for, if it does.
    ///
    /// # Errors
    /// As [`upgrade::is_wanted`].
    pub fn take_up_websocket(&mut self) -> Result<(), Refusal> {
        let bodiless = self.body.as_ref().is_none_or(Incoming::is_end_stream);
        if upgrade::is_wanted(&self.head, bodiless)? {
            self.websocket = Some(self.head.extensions.remove().ok_or(Refusal::Upgrade)?);
        }
        Ok(())
    }
}

/// Carries a request whose head is ready for the app.
///
/// # Errors
/// [`Refusal`], when there is no answer to give.
pub async fn forward(carriage: &Carriage<'_>, mut call: Box<Call>) -> Result<Response<Body>, Refusal> {
    let by_connect = call.head.method == Method::CONNECT;
    let body = match call.body.take() {
        Some(body) if call.websocket.is_none() && !body.is_end_stream() => {
            Box::pin(request_body(carriage, &mut call.head, body)).await?
        }
        Some(_) | None => RequestBody::Empty,
    };
    if call.websocket.is_some() {
        upgrade::ask(&mut call.head);
    }
    let exchange = carriage.exchange;
    // The pool keeps the deadline; the list only needs to know when to cut.
    let lasting = || exchange.enter(Duration::MAX);
    let deadline = exchange.route.body.response.unwrap_or(carriage.limits.response);
    let patience = Patience { deadline, lasting: Some(&lasting) };
    let Call { head, websocket, .. } = *call;
    let sent = carriage.pool.send(Request::from_parts(head, body), Retry::Idempotent, patience).await;
    let (response, lease) = match sent {
        Err(_) if exchange.is_too_long() => return Err(Refusal::TooLong),
        sent => sent?,
    };
    let idle = carriage.limits.body_idle;
    match websocket {
        Some(upgrade) if upgrade::is_agreed(&response) => {
            let held: Vec<Box<dyn Any + Send>> = vec![Box::new(carriage.connection.clone()), Box::new(lease)];
            let client = upgrade::ClientEnd { upgrade, by_connect, held };
            Ok(upgrade::join(response, client, carriage.exchange, idle))
        }
        refused => {
            let (mut head, incoming) = response.into_parts();
            response_headers::clean(&mut head.headers);
            head.version = Version::HTTP_11;
            let watch = Watch::over(carriage.exchange.clone(), idle);
            // After a refused upgrade nobody knows which protocol comes next on that connection (F2).
            let body = match refused {
                Some(_) => AppBody::last_of(incoming, watch, lease),
                None => AppBody::new(incoming, watch, lease),
            };
            Ok(Response::from_parts(head, Body::App(body)))
        }
    }
}

/// The body to send: counted against the route's limit, collected first where the route says so.
async fn request_body(
    carriage: &Carriage<'_>,
    head: &mut Parts,
    body: Incoming,
) -> Result<RequestBody, Refusal> {
    let policy = carriage.exchange.route.body;
    let declared = body.size_hint().exact();
    let limit = if policy.buffer { Some(policy.limit.unwrap_or(collected::LONGEST)) } else { policy.limit };
    if declared.zip(limit).is_some_and(|(declared, limit)| declared > limit) {
        return Err(Refusal::TooLong);
    }
    let watch = Watch::over(carriage.exchange.clone(), carriage.client_idle);
    let stream = RequestBody::Stream(Box::new(ClientBody::new(body, watch, limit)));
    if !policy.buffer || declared.is_some() {
        return Ok(stream);
    }
    head.headers.remove(CONTENT_LENGTH);
    match Collected::from(stream, carriage.directory).await {
        Ok(whole) => Ok(RequestBody::Whole(whole)),
        Err(_) if carriage.exchange.is_too_long() => Err(Refusal::TooLong),
        Err(CollectError::Body(error)) => Err(Refusal::Body(error)),
        Err(CollectError::Disk(error)) => {
            tracing::error!(%error, "a body cannot be collected");
            Err(Refusal::Auth(AuthError::Unavailable(None)))
        }
    }
}

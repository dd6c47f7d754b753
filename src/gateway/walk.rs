//! The walk: the inside of every request, one step a line. What is decided early stays decided: the host and
//! path read here are the ones that are routed, admitted and forwarded.

use std::sync::{Arc, OnceLock};

use http::header::ORIGIN;
use http::request::Parts;
use http::{Method, Response, Version};

use super::body::Body;
use super::desk::{Desk, Trail};
use super::exchange::Exchange;
use super::forward::{Call, Carriage, forward};
use super::greet::Connection;
use super::prepare::{Known, prepare};
use super::quota::QuotaVerdict;
use super::refusal::Refusal;
use super::routes::Served;
use super::trace::Trace;
use super::{Plan, cors, echo, host, own, path, request_headers};
use crate::auth::admit::{Asked, Pass, admit};
use crate::model::caller::Caller;
use crate::model::identity::Seen;
use crate::model::route::Destination;
use crate::time::Timestamp;

/// One request on its way through the house.
pub(super) struct Walk<'a> {
    /// Whose desk it came to.
    pub(super) desk: &'a Desk,
    /// The configuration that it ends on, whatever is reloaded meanwhile.
    pub(super) plan: &'a Arc<Plan>,
    /// The connection it came on.
    pub(super) connection: &'a Arc<Connection>,
    /// Who calls.
    pub(super) caller: &'a Caller,
    /// When it came.
    pub(super) now: Timestamp,
    /// The trace it belongs to.
    pub(super) trace: Option<&'a Trace>,
}

impl Walk<'_> {
    /// Takes a request to its answer.
    pub(super) async fn walk(
        &self,
        mut call: Box<Call>,
        trail: &mut Trail,
    ) -> Result<Response<Body>, Refusal> {
        request_headers::inspect(&call.head.headers)?;
        if call.head.version == Version::HTTP_2 {
            request_headers::inspect_http2(&call.head.headers, self.plan.config.limits.head_fields)?;
        }
        call.take_up_websocket()?;
        let head = &call.head;
        if head.method == Method::TRACE {
            return Err(Refusal::Method);
        }
        // Cheap copies of what the head says, which is taken apart on the way.
        let (uri, field) = (head.uri.clone(), host::field(&head.headers)?.cloned());
        let named = host::named(&uri, field.as_ref(), head.version)?;
        let host = self.connection.host(named)?;
        let normal = path::normalise(uri.path())?;
        if own::is_own(&normal, &host, self.plan) {
            return Ok(Box::pin(own::answer(&self.desk.gateway.endpoints, self.caller, &host, *call)).await);
        }
        let served = self.route(&host, &normal, head, call.websocket.is_some())?;
        trail.served = Some(served.clone());
        path::permit(&normal, &served.route.path_policy)?;
        let target = path::rewrite(&normal, &served.route.path_policy)?;
        if let Some(cors) = served.route.cors.as_ref().filter(|_| cors::is_preflight(head)) {
            return Ok(cors::preflight(cors, head));
        }
        let pass = self.admit(&served, &call.head, &host, &trail.seen).await?;
        trail.identity = pass.identity().cloned();
        let app = &self.desk.gateway.app;
        let exchange = Exchange::begin(app, self.caller, &served.route, pass);
        self.serve(Admitted { exchange, named, target: &target }, call).await
    }

    /// Finds the route; a WebSocket asked for by CONNECT is looked up as the GET that the app will see.
    fn route(&self, host: &str, path: &str, head: &Parts, websocket: bool) -> Result<Arc<Served>, Refusal> {
        let method = if websocket { &Method::GET } else { &head.method };
        let served = self.plan.table.find(host, path, method).route()?;
        if websocket && !served.route.body.websocket {
            return Err(Refusal::Upgrade);
        }
        Ok(served.clone())
    }

    /// Admission. A real preflight on a route without cross-origin rules of ours reaches the app as nobody's.
    async fn admit(
        &self,
        served: &Arc<Served>,
        head: &Parts,
        host: &str,
        seen: &OnceLock<Seen>,
    ) -> Result<Pass, Refusal> {
        let app = &self.desk.gateway.app;
        if cors::is_preflight(head) {
            return Ok(Pass::for_preflight(app, &served.route)?);
        }
        Ok(admit(app, Asked { caller: self.caller, route: &served.route, head, host, seen }).await?)
    }

    /// Counts the admitted request against its quotas and lets its destination answer.
    async fn serve(&self, admitted: Admitted<'_>, mut call: Box<Call>) -> Result<Response<Body>, Refusal> {
        let route = &admitted.exchange.route;
        let identity = admitted.exchange.pass.identity();
        let verdict = self.desk.gateway.quotas.check(route, identity.map(AsRef::as_ref), self.now);
        if let QuotaVerdict::Exceeded(..) = verdict {
            return Err(Refusal::Quota(Box::new(verdict)));
        }
        let cors = route.cors.as_ref().map(|cors| (cors, call.head.headers.get(ORIGIN).cloned()));
        prepare(&mut call.head, &self.known(&admitted));
        let mut answer = match &route.destination {
            Destination::Echo => echo::answer(&call.head),
            Destination::Upstream(index) => {
                let upstream = self.plan.upstream(*index, self.desk.worker).ok_or(Refusal::NoRoute)?;
                let carriage = Carriage {
                    pool: upstream.pool,
                    limits: upstream.limits,
                    exchange: &admitted.exchange,
                    connection: self.connection,
                    client_idle: self.plan.config.deadlines.body_idle,
                    directory: &self.plan.config.data,
                };
                forward(&carriage, call).await?
            }
        };
        let headers = answer.headers_mut();
        for (name, value) in &route.response_headers {
            headers.insert(name.clone(), value.clone());
        }
        if let Some((cors, origin)) = cors {
            cors::allow(cors, origin.as_ref(), headers);
        }
        verdict.write(headers);
        Ok(answer)
    }

    fn known<'k>(&'k self, admitted: &'k Admitted<'_>) -> Known<'k> {
        Known {
            app: &self.desk.gateway.app,
            config: &self.plan.config,
            connection: self.connection,
            caller: self.caller,
            route: &admitted.exchange.route,
            pass: &admitted.exchange.pass,
            named_host: admitted.named,
            path: admitted.target,
            now: self.now,
            trace: self.trace,
        }
    }
}

/// A request that may go on.
struct Admitted<'a> {
    exchange: Arc<Exchange>,
    named: &'a str,
    target: &'a str,
}

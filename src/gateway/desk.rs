//! The desk: one a worker. `handle` is the outside of every request (its name, its log line, its counters),
//! `walk` the inside, one step a line.

use std::sync::Arc;
use std::time::Instant;

use http::header::{HOST, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, Uri, Version};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;

use super::access_log::{Line, masked};
use super::answer::{self, Audience};
use super::body::Body;
use super::exchange::Exchange;
use super::forward::{Carriage, Ready, forward};
use super::greet::{Connection, RequestNames};
use super::prepare::{Known, prepare};
use super::quota::QuotaVerdict;
use super::refusal::{Fault, Refusal};
use super::routes::{Found, Served};
use super::upgrade::{self, ClientEnd};
use super::{Gateway, Plan, cors, echo, host, own, path, request_headers};
use crate::app::decisions::Decision;
use crate::auth::admit::{Asked, Pass, admit};
use crate::model::caller::Caller;
use crate::model::identity::Identity;
use crate::model::route::Destination;
use crate::secret::token;
use crate::telemetry::access::Writer;
use crate::telemetry::labels::MethodClass;
use crate::time::Timestamp;

/// Where the requests of one worker are handled.
pub struct Desk {
    /// What all workers share.
    pub gateway: Arc<Gateway>,
    worker: usize,
    names: RequestNames,
    log: Option<Writer>,
}

/// What `handle` must still know of a request when its answer is there.
struct Trail {
    method: Method,
    uri: Uri,
    version: Version,
    host: Option<HeaderValue>,
    served: Option<Arc<Served>>,
    identity: Option<Arc<Identity>>,
    reason: &'static str,
}

impl Desk {
    /// The desk of a worker, by its number from 0. With a writer, each request is logged.
    pub fn new(gateway: Arc<Gateway>, worker: usize, log: Option<Writer>) -> Self {
        Self { gateway, worker, names: RequestNames::drawn(token::random()), log }
    }

    /// Answers one request.
    pub async fn handle(&self, connection: &Arc<Connection>, request: Request<Incoming>) -> Response<Body> {
        let began = Instant::now();
        let plan = self.gateway.plan();
        let caller = connection.caller(request.headers(), &plan.config.listen, &self.names);
        let audience = Audience::of(&request);
        let mut trail = Trail {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            host: request.headers().get(HOST).cloned(),
            served: None,
            identity: None,
            reason: "admitted",
        };
        let walk = Walk { desk: self, plan: &plan, connection, caller: &caller };
        let answer = match walk.walk(request, &mut trail).await {
            Ok(answer) => answer,
            Err(refusal) => {
                trail.reason = refusal.reason();
                note(&refusal, &caller, &trail);
                answer::to(refusal, &audience, &caller.request_id)
            }
        };
        self.account_for(&caller, &trail, &answer, began);
        answer
    }

    /// Counts, remembers and logs what was answered.
    fn account_for(&self, caller: &Caller, trail: &Trail, answer: &Response<Body>, began: Instant) {
        let status = answer.status().as_u16();
        let now = self.gateway.app.clock.now();
        if let Some(served) = &trail.served {
            served.counters.answered(MethodClass::of(&trail.method), status);
        }
        self.gateway.app.decisions.note(Decision {
            request: caller.request_id,
            at: now,
            status,
            route: trail.served.as_ref().map(|served| served.route.name.clone()),
            reason: trail.reason,
            credential: trail.identity.as_ref().map(|identity| identity.presented),
        });
        if let Some(log) = &self.log {
            write_line(log, caller, trail, (status, now, began));
        }
    }
}

fn write_line(log: &Writer, caller: &Caller, trail: &Trail, (status, now, began): (u16, Timestamp, Instant)) {
    let host = trail.uri.authority().map(http::uri::Authority::as_str);
    let field = trail.host.as_ref().and_then(|host| host.to_str().ok());
    let line = Line {
        event: "access",
        at: now,
        request: caller.request_id.as_str(),
        client: caller.address,
        method: trail.method.as_str(),
        host: host.or(field).unwrap_or_default(),
        path: masked(trail.uri.path()),
        http: match trail.version {
            Version::HTTP_2 => "2",
            Version::HTTP_10 => "1.0",
            _ => "1.1",
        },
        route: trail.served.as_ref().map_or("-", |served| &served.route.name),
        status,
        reason: trail.reason,
        user: trail.identity.as_ref().map(|identity| identity.standing.account.user_name.as_str()),
        credential: trail.identity.as_ref().map(|identity| identity.presented),
        micros: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
    };
    let mut text = Vec::with_capacity(512);
    line.write_to(&mut text);
    log.write(&text);
}

/// Logs a refusal that somebody should look into; what callers do wrong is in the access log only.
fn note(refusal: &Refusal, caller: &Caller, trail: &Trail) {
    let route = trail.served.as_ref().map_or("-", |served| &served.route.name);
    let request = caller.request_id.as_str();
    match refusal.fault() {
        Fault::Caller => tracing::debug!(request, route, error = %refusal, "request turned away"),
        Fault::Upstream => tracing::warn!(request, route, error = %Chain(refusal), "no answer from the app"),
        Fault::Gate => tracing::error!(request, route, error = %Chain(refusal), "request not decided"),
    }
}

/// An error with its causes.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// One request on its way through the house.
struct Walk<'a> {
    desk: &'a Desk,
    plan: &'a Arc<Plan>,
    connection: &'a Arc<Connection>,
    caller: &'a Caller,
}

impl Walk<'_> {
    async fn walk(
        &self,
        mut request: Request<Incoming>,
        trail: &mut Trail,
    ) -> Result<Response<Body>, Refusal> {
        request_headers::inspect(request.headers())?;
        if request.version() == Version::HTTP_2 {
            request_headers::inspect_names(request.headers())?;
        }
        let websocket = upgrade::is_wanted(&request)?.then(|| hyper::upgrade::on(&mut request));
        let (head, body) = request.into_parts();
        if head.method == Method::TRACE {
            return Err(Refusal::Method);
        }
        let named = host::named(&head.uri, &head.headers, head.version)?.to_owned();
        let host = host::canonical(&named)?;
        if !self.connection.serves(&host) {
            return Err(Refusal::Misdirected);
        }
        let raw_path = head.uri.path().to_owned();
        let normal = path::normalise(&raw_path)?;
        if own::is_own(&normal, &host, self.plan) {
            let request = Request::from_parts(head, body);
            return Ok(Box::pin(own::answer(&self.desk.gateway.endpoints, self.caller, request)).await);
        }
        let served = self.route(&host, &normal, &head, websocket.is_some())?;
        trail.served = Some(served.clone());
        path::permit(&normal, &served.route.path_policy)?;
        let target = path::rewrite(&normal, &served.route.path_policy)?;
        if let Some(cors) = served.route.cors.as_ref().filter(|_| cors::is_preflight(&head)) {
            return Ok(cors::preflight(cors, &head));
        }
        let pass = self.admit(&served, &head, &host).await?;
        trail.identity = pass.identity().cloned();
        let admitted = Admitted { served, pass, named: &named, target: &target };
        self.serve(admitted, head, body, websocket).await
    }

    /// Finds the route; a WebSocket asked for by CONNECT is looked up as the GET that the app will see.
    fn route(&self, host: &str, path: &str, head: &Parts, websocket: bool) -> Result<Arc<Served>, Refusal> {
        let method = if websocket { &Method::GET } else { &head.method };
        match self.plan.table.find(host, path, method) {
            Found::Route(served) if websocket && !served.route.body.websocket => Err(Refusal::Upgrade),
            Found::Route(served) => Ok(served.clone()),
            Found::NoRoute => Err(Refusal::NoRoute),
            Found::NoMethod(methods) => {
                let list = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
                Err(Refusal::NoMethod(HeaderValue::try_from(list).unwrap_or(HeaderValue::from_static(""))))
            }
            Found::NoHost => Err(Refusal::Misdirected),
        }
    }

    /// Admission. A real preflight on a route without cross-origin rules of ours reaches the app as nobody's.
    async fn admit(&self, served: &Arc<Served>, head: &Parts, host: &str) -> Result<Pass, Refusal> {
        let app = &self.desk.gateway.app;
        if cors::is_preflight(head) {
            return Ok(Pass::for_preflight(app, &served.route)?);
        }
        Ok(admit(app, Asked { caller: self.caller, route: &served.route, head, host }).await?)
    }

    /// Counts the admitted request against its quotas and lets its destination answer.
    async fn serve(
        &self,
        admitted: Admitted<'_>,
        mut head: Parts,
        body: Incoming,
        websocket: Option<OnUpgrade>,
    ) -> Result<Response<Body>, Refusal> {
        let gateway = &self.desk.gateway;
        let route = &admitted.served.route;
        let identity = admitted.pass.identity();
        let verdict = gateway.quotas.check(route, identity.map(AsRef::as_ref), gateway.app.clock.now());
        if let QuotaVerdict::Exceeded(..) = verdict {
            return Err(Refusal::Quota(Box::new(verdict)));
        }
        let cors = route.cors.as_ref().map(|cors| (cors, cors::Origin::of(&head.headers)));
        prepare(&mut head, &self.known(&admitted));
        let mut answer = match &route.destination {
            Destination::Echo => echo::answer(&head),
            Destination::Upstream(index) => {
                let websocket = websocket.map(|upgrade| self.client_end(upgrade, &head));
                self.carry(&admitted, *index, Ready { head, body, websocket }).await?
            }
        };
        let headers = answer.headers_mut();
        for (name, value) in &route.response_headers {
            headers.insert(name.clone(), value.clone());
        }
        if let Some((cors, origin)) = cors {
            cors::allow(cors, &origin, headers);
        }
        verdict.write(headers);
        Ok(answer)
    }

    async fn carry(
        &self,
        admitted: &Admitted<'_>,
        index: usize,
        ready: Ready,
    ) -> Result<Response<Body>, Refusal> {
        let upstream = self.plan.upstream(index, self.desk.worker).ok_or(Refusal::NoRoute)?;
        let (app, route) = (&self.desk.gateway.app, &admitted.served.route);
        let exchange = Exchange::begin(app, self.caller, route, &admitted.pass);
        let carriage = Carriage {
            pool: upstream.pool,
            limits: upstream.limits,
            exchange: &exchange,
            client_idle: self.plan.config.deadlines.body_idle,
            directory: &self.plan.config.data,
        };
        forward(&carriage, ready).await
    }

    fn known<'k>(&'k self, admitted: &'k Admitted<'_>) -> Known<'k> {
        Known {
            app: &self.desk.gateway.app,
            config: &self.plan.config,
            connection: self.connection,
            caller: self.caller,
            route: &admitted.served.route,
            pass: &admitted.pass,
            named_host: admitted.named,
            path: admitted.target,
        }
    }

    fn client_end(&self, upgrade: OnUpgrade, head: &Parts) -> ClientEnd {
        ClientEnd {
            upgrade,
            by_connect: head.method == Method::CONNECT,
            held: vec![Box::new(self.connection.clone())],
        }
    }
}

/// A request that may go on.
struct Admitted<'a> {
    served: Arc<Served>,
    pass: Pass,
    named: &'a str,
    target: &'a str,
}

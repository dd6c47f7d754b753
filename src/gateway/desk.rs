//! The desk: one a worker. `handle` is the outside of every request: its name, its counters, its log line.
//! The inside is `walk.rs`.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use http::header::{HOST, HeaderValue};
use http::request::Parts;
use http::{Method, Response, Uri, Version};

use super::Gateway;
use super::access_log::{Line, masked};
use super::answer::{self, Audience};
use super::body::Body;
use super::forward::Call;
use super::greet::{Connection, RequestNames};
use super::pool::Chain;
use super::refusal::{Fault, Refusal};
use super::routes::Served;
use super::trace::{Outcome, SpanNames, Trace};
use super::walk::Walk;
use super::way_in;
use crate::app::decisions::Decision;
use crate::model::caller::Caller;
use crate::model::identity::{Identity, Seen};
use crate::secret::token;
use crate::telemetry::access::Writer;
use crate::telemetry::labels::MethodClass;
use crate::time::Timestamp;

/// Where the requests of one worker are handled.
pub struct Desk {
    /// What all workers share.
    pub gateway: Arc<Gateway>,
    pub(super) worker: usize,
    names: RequestNames,
    spans: SpanNames,
    log: Option<Writer>,
}

/// What the walk finds out on its way.
pub(super) struct Trail {
    /// The route, once found.
    pub(super) served: Option<Arc<Served>>,
    /// Who it is, once known.
    pub(super) identity: Option<Arc<Identity>>,
    /// The credential that was seen on a request that was turned away.
    pub(super) seen: OnceLock<Seen>,
}

/// The account of one request: counted, remembered and logged once, whether it was answered or its client
/// left before.
struct Account<'d> {
    desk: &'d Desk,
    caller: Caller,
    now: Timestamp,
    class: MethodClass,
    said: Option<(&'d Writer, Said)>,
    trail: Trail,
    trace: Option<Box<Trace>>,
    status: u16,
    reason: &'static str,
}

/// Status and reason of a request whose client left before its answer.
const CLIENT_LEFT: (u16, &str) = (499, "client-left");

/// What only the access log wants to know.
struct Said {
    method: Method,
    uri: Uri,
    version: Version,
    host: Option<HeaderValue>,
    began: Instant,
}

impl Said {
    fn by(head: &Parts) -> Self {
        Self {
            method: head.method.clone(),
            uri: head.uri.clone(),
            version: head.version,
            host: head.headers.get(HOST).cloned(),
            began: Instant::now(),
        }
    }
}

impl Desk {
    /// The desk of a worker, by its number from 0. With a writer, each request is logged.
    pub fn new(gateway: Arc<Gateway>, worker: usize, log: Option<Writer>) -> Self {
        let (names, spans) = (RequestNames::drawn(token::random()), SpanNames::drawn(token::random()));
        Self { gateway, worker, names, spans, log }
    }

    /// Answers one request.
    pub async fn handle(&self, connection: &Arc<Connection>, call: Box<Call>) -> Response<Body> {
        let now = self.gateway.app.clock.now();
        let plan = self.gateway.plan();
        let audience = Audience::of(&call.head);
        let (status, reason) = CLIENT_LEFT;
        let caller = connection.caller(&call.head.headers, &plan.config.listen, &self.names);
        let spans = (self.gateway.spans.as_ref(), &self.spans);
        let mut account = Account {
            desk: self,
            trace: Trace::of(&call.head, &caller, connection.is_trusted(), &plan.config.traces, spans),
            caller,
            now,
            class: MethodClass::of(&call.head.method),
            said: self.log.as_ref().map(|log| (log, Said::by(&call.head))),
            trail: Trail { served: None, identity: None, seen: OnceLock::new() },
            status,
            reason,
        };
        let walk = Walk {
            desk: self,
            plan: &plan,
            connection,
            caller: &account.caller,
            now,
            trace: account.trace.as_deref(),
        };
        let walked = walk.walk(call, &mut account.trail).await;
        account.reason = walked.as_ref().map_or_else(Refusal::reason, |_| "admitted");
        let answer = walked.unwrap_or_else(|refusal| account.refuse(refusal, &audience));
        account.status = answer.status().as_u16();
        answer
    }
}

impl Account<'_> {
    fn refuse(&self, refusal: Refusal, audience: &Audience) -> Response<Body> {
        note(&refusal, &self.caller, &self.trail);
        let (app, served) = (&self.desk.gateway.app, self.trail.served.as_deref());
        let wanted = audience.wanted.as_deref();
        if let Some(led) = wanted.and_then(|wanted| way_in::lead(app, &refusal, wanted, served)) {
            return led;
        }
        let cors = served.and_then(|served| served.route.cors.as_ref());
        answer::to(refusal, audience, &self.caller.request_id, cors, app)
    }

    fn write_line(&self, log: &Writer, said: &Said) {
        let host = said.uri.authority().map(http::uri::Authority::as_str);
        let field = said.host.as_ref().and_then(|host| host.to_str().ok());
        let line = Line {
            event: "access",
            at: self.now,
            request: self.caller.request_id.as_str(),
            trace: self.trace.as_ref().map(|trace| trace.id),
            client: self.caller.address,
            method: said.method.as_str(),
            host: host.or(field).unwrap_or_default(),
            path: masked(said.uri.path()),
            http: match said.version {
                Version::HTTP_2 => "2",
                Version::HTTP_10 => "1.0",
                _ => "1.1",
            },
            route: self.trail.served.as_ref().map_or("-", |served| &served.route.name),
            status: self.status,
            reason: self.reason,
            user: self.trail.identity.as_ref().map(|who| who.standing.account.user_name.as_str()),
            credential: self.trail.identity.as_ref().map(|who| who.presented),
            micros: u64::try_from(said.began.elapsed().as_micros()).unwrap_or(u64::MAX),
        };
        let mut text = Vec::with_capacity(512);
        line.write_to(&mut text);
        log.write(&text);
    }
}

impl Drop for Account<'_> {
    fn drop(&mut self) {
        let Trail { served, identity, seen } = &self.trail;
        let seen = seen.get();
        if let Some(served) = served {
            served.counters.answered(self.class, self.status);
        }
        self.desk.gateway.app.decisions.note(Decision {
            request: self.caller.request_id,
            at: self.now,
            status: self.status,
            route: served.as_ref().map(|served| served.route.name.clone()),
            reason: self.reason,
            credential: match identity {
                Some(identity) => Some(identity.presented),
                None => seen.map(|seen| seen.credential),
            },
            account: match identity {
                Some(identity) => Some(identity.standing.account.id),
                None => seen.and_then(|seen| seen.account),
            },
        });
        if let Some((log, said)) = &self.said {
            self.write_line(log, said);
        }
        if let Some(trace) = &self.trace {
            trace.end(&Outcome {
                caller: &self.caller,
                at: self.now,
                served: served.as_deref(),
                identity: identity.as_deref(),
                status: self.status,
                reason: self.reason,
            });
        }
    }
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

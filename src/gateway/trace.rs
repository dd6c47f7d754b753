//! Trace context: taken from peers that are believed, begun anew otherwise, handed on to apps with the
//! gate's own span in it. Where no spans are made, what a believed peer says is passed on as it is and
//! everything else costs nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Uri};

use super::access_log::masked;
use super::routes::Served;
use crate::config::Traces;
use crate::model::caller::Caller;
use crate::model::identity::Identity;
use crate::model::trace::{SpanId, TraceId, TraceParent};
use crate::telemetry::spans::{Span, Spans};
use crate::time::Timestamp;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Gives spans names that no other span has: random bytes drawn once, then a counter.
pub(super) struct SpanNames {
    drawn: u64,
    count: AtomicU64,
}

/// The trace of one request.
pub(super) struct Trace {
    /// Which one.
    pub(super) id: TraceId,
    /// What the app is told.
    parent: HeaderValue,
    state: Option<HeaderValue>,
    /// What a span will say, where one is recorded.
    recorded: Option<Recorded>,
}

/// What a span must still know of its request when the answer is there.
struct Recorded {
    spans: Arc<Spans>,
    span: SpanId,
    caller: Option<SpanId>,
    method: Method,
    uri: Uri,
    began: Instant,
}

/// What is known of a request once it is over.
pub(super) struct Outcome<'a> {
    pub(super) caller: &'a Caller,
    pub(super) at: Timestamp,
    pub(super) served: Option<&'a Served>,
    pub(super) identity: Option<&'a Identity>,
    pub(super) status: u16,
    pub(super) reason: &'static str,
}

impl SpanNames {
    pub(super) const fn drawn(bytes: [u8; 8]) -> Self {
        Self { drawn: u64::from_be_bytes(bytes), count: AtomicU64::new(0) }
    }

    fn next(&self) -> Option<SpanId> {
        let nth = self.count.fetch_add(1, Ordering::Relaxed);
        // An odd factor makes every count another number, and neighbours look nothing alike.
        let spread = nth.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ self.drawn;
        SpanId::of(spread.to_be_bytes()).or_else(|| SpanId::of([1; 8]))
    }
}

impl Trace {
    /// The trace of a request, if it belongs to one. `believed` is whether its peer's word counts.
    pub(super) fn of(
        head: &Parts,
        caller: &Caller,
        believed: bool,
        traces: &Traces,
        (spans, names): (Option<&Arc<Spans>>, &SpanNames),
    ) -> Option<Box<Self>> {
        let believed = believed || traces.accept_everyone;
        if spans.is_none() && !believed {
            return None;
        }
        let given = believed.then(|| given(&head.headers)).flatten();
        let state = given.and_then(|_| head.headers.get(TRACESTATE)).cloned();
        let Some(spans) = spans else {
            let parent = head.headers.get(TRACEPARENT)?.clone();
            return Some(Box::new(Self { id: given?.trace, parent, state, recorded: None }));
        };
        // The name of a request is as random as the name of a trace must be, and logs then know it by one name.
        let id = match given {
            Some(given) => given.trace,
            None => TraceId::from_hex(caller.request_id.as_str().as_bytes())?,
        };
        let sampled =
            given.map_or_else(|| id.lot() <= traces.sample && traces.sample > 0, |given| given.sampled);
        let span = names.next()?;
        let parent = TraceParent { trace: id, span, sampled }.written();
        let recorded = sampled.then(|| Recorded {
            spans: spans.clone(),
            span,
            caller: given.map(|given| given.span),
            method: head.method.clone(),
            uri: head.uri.clone(),
            began: Instant::now(),
        });
        Some(Box::new(Self { id, parent: HeaderValue::from_bytes(&parent).ok()?, state, recorded }))
    }

    /// Tells the app, in fields that were cleaned of what the client said.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        headers.insert(TRACEPARENT, self.parent.clone());
        if let Some(state) = &self.state {
            headers.insert(TRACESTATE, state.clone());
        }
    }

    /// Hands the span over, if one is recorded.
    pub(super) fn end(&self, outcome: &Outcome<'_>) {
        let Some(recorded) = &self.recorded else { return };
        let route = outcome.served.map(|served| &served.route);
        recorded.spans.take(Span {
            trace: self.id,
            span: recorded.span,
            parent: recorded.caller,
            state: self.state.clone(),
            began: outcome.at,
            took: recorded.began.elapsed(),
            request: outcome.caller.request_id,
            method: recorded.method.clone(),
            path: masked(recorded.uri.path()).into_owned(),
            route: route.map(|route| route.name.clone()),
            route_path: route.map(|route| route.path.text().into()),
            scheme: if outcome.caller.secure { "https" } else { "http" },
            status: outcome.status,
            reason: outcome.reason,
            credential: outcome.identity.map(|identity| identity.presented.method().as_str()),
        });
    }
}

/// What one good `traceparent` says; with several, or a bad one, the trace begins anew.
fn given(headers: &HeaderMap) -> Option<TraceParent> {
    let mut lines = headers.get_all(TRACEPARENT).iter();
    let only = lines.next().filter(|_| lines.next().is_none())?;
    TraceParent::parse(only.as_bytes())
}

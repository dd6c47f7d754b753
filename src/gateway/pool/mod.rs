//! Connections to upstreams, one pool per upstream and worker. [`Pool::send`] picks a target, a connection
//! of it, and says what came of it; [`Lease`] gives the connection back. Health is shared by all workers.

mod attempt;
mod check;
mod choice;
mod connect;
mod error;
mod health;
mod http1;
mod http2;
mod lease;
mod lines;
mod signs;
mod stream;
mod streams;
mod trust;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use tokio::time::Instant;

pub use self::attempt::Retry;
use self::attempt::{BoxError, Missed, Terms};
pub use self::check::watch_health;
pub use self::error::{Chain, ConnectError, Fault, SendError, UpstreamSetupError};
pub use self::health::{Reading, UpstreamHealth};
use self::health::{TargetState, UpstreamState};
pub use self::lease::Lease;
use self::lines::Lines;
pub use self::signs::Patience;
use self::signs::Watched;
use self::streams::Streams;
use crate::model::route::Routing;
use crate::model::upstream::{Protocol, Upstream};

/// Targets that one request is tried on at most.
const MOST_TARGETS: usize = 3;

/// Every upstream of one configuration as one worker sees it. `B` is the body of requests; its default is
/// the empty body.
pub struct Pools<B> {
    pools: Box<[Arc<Pool<B>>]>,
}

/// The connections of one worker to one upstream.
pub struct Pool<B> {
    targets: Box<[Arc<TargetState>]>,
    connections: Connections<B>,
    preserve_header_case: bool,
    /// How often dead and aged connections are looked for.
    sweep_every: Duration,
    sweeping: AtomicBool,
    turn: AtomicUsize,
}

/// The connections to each target, in the order of the targets.
enum Connections<B> {
    Http1(Box<[Arc<Lines<B>>]>),
    Http2(Box<[Arc<Streams<B>>]>),
}

impl<B> Pools<B> {
    /// Empty pools for the upstreams of `routing`, which `health` was made from.
    pub fn new(routing: &Routing, health: &UpstreamHealth) -> Self {
        let both = routing.upstreams.iter().zip(&health.upstreams);
        Self { pools: both.map(|(upstream, state)| Arc::new(Pool::new(upstream, state))).collect() }
    }

    /// The pool of an upstream by its index in the configuration.
    pub fn upstream(&self, index: usize) -> Option<&Arc<Pool<B>>> {
        self.pools.get(index)
    }
}

impl<B> Pool<B> {
    fn new(upstream: &Upstream, state: &UpstreamState) -> Self {
        let limits = upstream.pool;
        let each = state.targets.iter().cloned();
        let connections = match upstream.protocol {
            Protocol::Http1 => {
                Connections::Http1(each.map(|target| Arc::new(Lines::new(target, limits))).collect())
            }
            Protocol::Http2 => {
                Connections::Http2(each.map(|target| Arc::new(Streams::new(target, limits))).collect())
            }
        };
        let shortest = limits.idle.min(limits.age) / 4;
        Self {
            targets: state.targets.clone(),
            connections,
            preserve_header_case: upstream.preserve_header_case,
            sweep_every: shortest.clamp(Duration::from_millis(50), Duration::from_secs(5)),
            sweeping: AtomicBool::new(false),
            turn: AtomicUsize::new(0),
        }
    }

    /// Where looking for a target begins.
    fn turn(&self) -> usize {
        if self.targets.len() < 2 { 0 } else { self.turn.fetch_add(1, Ordering::Relaxed) }
    }

    /// Drops dead and aged connections; says how many are open.
    fn sweep(&self, now: Instant) -> usize {
        match &self.connections {
            Connections::Http1(each) => each.iter().map(|lines| lines.sweep(now)).sum(),
            Connections::Http2(each) => each.iter().map(|streams| streams.sweep(now)).sum(),
        }
    }
}

impl<B> Pool<B>
where
    B: Body<Data = Bytes> + Default + Send + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    /// Sends a request whose head is complete (target in origin form, `Host` set) and waits for the head of
    /// the answer, at most the deadline after the request or the last piece of its body was sent. What was
    /// never written is tried once more, on a new connection or another target.
    ///
    /// An answer of 101 can be upgraded with `hyper::upgrade::on` if the request asked for an upgrade.
    pub async fn send(
        self: &Arc<Self>,
        request: Request<B>,
        retry: Retry,
        patience: impl Into<Patience<'_>>,
    ) -> Result<(Response<Incoming>, Lease<B>), SendError> {
        let preserve_header_case = self.preserve_header_case;
        let mut terms = Terms { retry, patience: patience.into(), fresh: false, preserve_header_case };
        let request = request.map(Watched::unwatched);
        self.keep_swept();
        let turn = self.turn();
        // What is not the usual way is boxed, so that it does not make the usual future larger.
        let sent = match self.over_idle(request, &terms, turn) {
            Ok(sent) => sent,
            Err(request) => return Box::pin(self.over_any(*request, terms, turn)).await,
        };
        match sent.await {
            Ok(answered) => Ok(answered),
            Err(Missed { again: Some(request), .. }) => {
                terms.fresh = true;
                Box::pin(self.over_any(request, terms, turn)).await
            }
            Err(missed) => Err(missed.error),
        }
    }

    /// Sends over an idle connection, if there is one; hands the request back if there is none.
    fn over_idle<'t>(
        &self,
        request: Request<Watched<B>>,
        terms: &Terms<'t>,
        turn: usize,
    ) -> Result<impl Future<Output = http1::Outcome<B>> + Send + use<'t, B>, Box<Request<Watched<B>>>> {
        let idle = match &self.connections {
            Connections::Http1(each) => choice::choose(&self.targets, turn, &[])
                .and_then(|index| each.get(index))
                .and_then(|lines| lines.warmest(Instant::now())),
            Connections::Http2(_) => None,
        };
        match idle {
            Some((place, idle_for)) => Ok(http1::send(place, Some(idle_for), request, terms)),
            None => Err(Box::new(request)),
        }
    }

    /// Sends over whatever connection can be had, on one target after the other.
    async fn over_any(
        &self,
        mut request: Request<Watched<B>>,
        mut terms: Terms<'_>,
        mut turn: usize,
    ) -> Result<(Response<Incoming>, Lease<B>), SendError> {
        let mut tried = Vec::new();
        let mut error = SendError::NoTarget;
        while let Some(index) = choice::choose(&self.targets, turn, &tried) {
            let missed = match self.attempt(index, request, &terms).await {
                Ok(answered) => return Ok(answered),
                Err(missed) => missed,
            };
            error = missed.error;
            let Some(again) = missed.again else { break };
            request = again;
            if !missed.reused {
                tried.push(index);
            } else if terms.fresh {
                break;
            }
            terms.fresh = true;
            turn = self.turn();
            if tried.len() >= MOST_TARGETS {
                break;
            }
        }
        Err(error)
    }

    async fn attempt(
        &self,
        index: usize,
        request: Request<Watched<B>>,
        terms: &Terms<'_>,
    ) -> Result<(Response<Incoming>, Lease<B>), Missed<B>> {
        match &self.connections {
            Connections::Http1(each) => match each.get(index) {
                Some(lines) => http1::exchange(lines, request, terms).await,
                None => Err(Missed::for_good(SendError::NoTarget)),
            },
            Connections::Http2(each) => match each.get(index) {
                Some(streams) => http2::exchange(streams, request, terms).await,
                None => Err(Missed::for_good(SendError::NoTarget)),
            },
        }
    }

    /// Sees to it that aged connections are looked for while there are any.
    fn keep_swept(self: &Arc<Self>) {
        if !self.sweeping.load(Ordering::Relaxed) {
            self.sweeping.store(true, Ordering::Relaxed);
            tokio::spawn(sweep(Arc::downgrade(self), self.sweep_every));
        }
    }
}

/// The one task of a pool that looks for aged connections; it ends with the last of them.
async fn sweep<B>(pool: Weak<Pool<B>>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(pool) = pool.upgrade() else { return };
        if pool.sweep(Instant::now()) == 0 {
            pool.sweeping.store(false, Ordering::Relaxed);
            return;
        }
    }
}

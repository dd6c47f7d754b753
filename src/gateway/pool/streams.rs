//! The HTTP/2 connections of one worker to one target: a few, shared by all requests. Another is opened when
//! the streams of all are taken, and a request waits when no more may be.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::client::conn::http2::SendRequest;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::health::TargetState;
use super::signs::Watched;
use crate::model::upstream::PoolLimits;

/// The shared connections to one target.
pub(super) struct Streams<B> {
    pub(super) target: Arc<TargetState>,
    pub(super) limits: PoolLimits,
    /// A stream ended, a connection was made or not, or its bound became known.
    pub(super) changed: Arc<Notify>,
    state: Mutex<State<B>>,
}

struct State<B> {
    trunks: Vec<Arc<Trunk<B>>>,
    opening: bool,
}

/// One shared connection.
pub(super) struct Trunk<B> {
    pub(super) sender: SendRequest<Watched<B>>,
    /// Streams under way.
    taken: AtomicUsize,
    bound: Arc<Bound>,
    born: Instant,
    last_used: Mutex<Instant>,
}

/// How many streams the other side of a connection takes; its driver keeps it up to date.
#[derive(Debug)]
pub(super) struct Bound {
    most: AtomicUsize,
    /// Whether the other side has said so yet. Until then only one stream is used, and no further
    /// connection is opened for want of others.
    known: AtomicBool,
    /// Wakes the driver to look again.
    pub(super) look: Notify,
    changed: Arc<Notify>,
}

/// One stream of a shared connection.
pub(super) struct Ride<B> {
    pub(super) streams: Arc<Streams<B>>,
    pub(super) trunk: Arc<Trunk<B>>,
}

/// Leave to open a connection, alone; dropped on every way out.
pub(super) struct Opening<B> {
    streams: Arc<Streams<B>>,
}

/// What somebody who needs a stream gets.
pub(super) enum Boarding<B> {
    /// A stream.
    Ride(Ride<B>),
    /// Leave to open a connection.
    Open(Opening<B>),
    /// Neither: wait for [`Streams::changed`].
    Wait,
}

impl<B> Streams<B> {
    pub(super) fn new(target: Arc<TargetState>, limits: PoolLimits) -> Self {
        let state = Mutex::new(State { trunks: Vec::new(), opening: false });
        Self { target, limits, changed: Arc::new(Notify::new()), state }
    }

    fn state(&self) -> MutexGuard<'_, State<B>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a free stream of the first connection that has one.
    pub(super) fn board(self: &Arc<Self>, now: Instant) -> Boarding<B> {
        let mut state = self.state();
        state.trunks.retain(|trunk| !trunk.sender.is_closed() && !trunk.aged(&self.limits, now));
        if let Some(trunk) = state.trunks.iter().find(|trunk| trunk.has_room()) {
            return Boarding::Ride(self.ride(trunk));
        }
        let full = state.trunks.len() >= self.limits.connections.max(1);
        if state.opening || full || state.trunks.iter().any(|trunk| !trunk.known()) {
            state.trunks.iter().for_each(|trunk| trunk.bound.look.notify_one());
            return Boarding::Wait;
        }
        state.opening = true;
        Boarding::Open(Opening { streams: self.clone() })
    }

    fn ride(self: &Arc<Self>, trunk: &Arc<Trunk<B>>) -> Ride<B> {
        trunk.taken.fetch_add(1, Ordering::Relaxed);
        self.target.enter();
        Ride { streams: self.clone(), trunk: trunk.clone() }
    }

    /// Drops what was idle too long or grew too old; says how many connections are left.
    pub(super) fn sweep(&self, now: Instant) -> usize {
        let mut state = self.state();
        state.trunks.retain(|trunk| {
            !trunk.sender.is_closed() && !trunk.aged(&self.limits, now) && !trunk.idle(&self.limits, now)
        });
        state.trunks.len()
    }
}

impl Bound {
    pub(super) fn unknown(changed: Arc<Notify>) -> Self {
        Self { most: AtomicUsize::new(1), known: AtomicBool::new(false), look: Notify::new(), changed }
    }

    /// Something came from the other side: until its settings are known, they may be in it.
    pub(super) fn heard(&self) {
        if !self.known.load(Ordering::Relaxed) {
            self.look.notify_one();
        }
    }

    /// What the connection says now.
    pub(super) fn set(&self, most: usize) {
        let known = self.known.swap(true, Ordering::Relaxed);
        if self.most.swap(most, Ordering::Relaxed) != most || !known {
            self.changed.notify_waiters();
        }
    }

    /// The connection has ended.
    pub(super) fn end(&self) {
        self.changed.notify_waiters();
    }
}

impl<B> Trunk<B> {
    fn has_room(&self) -> bool {
        self.taken.load(Ordering::Relaxed) < self.bound.most.load(Ordering::Relaxed)
    }

    fn known(&self) -> bool {
        self.bound.known.load(Ordering::Relaxed)
    }

    fn aged(&self, limits: &PoolLimits, now: Instant) -> bool {
        now.saturating_duration_since(self.born) >= limits.age
    }

    fn idle(&self, limits: &PoolLimits, now: Instant) -> bool {
        let last_used = *self.last_used.lock().unwrap_or_else(PoisonError::into_inner);
        self.taken.load(Ordering::Relaxed) == 0 && now.saturating_duration_since(last_used) >= limits.idle
    }
}

impl<B> Opening<B> {
    /// The connection is made: its first stream goes to who made it.
    pub(super) fn opened(self, sender: SendRequest<Watched<B>>, bound: Arc<Bound>) -> Ride<B> {
        let now = Instant::now();
        let taken = AtomicUsize::new(0);
        let trunk = Arc::new(Trunk { sender, taken, bound, born: now, last_used: Mutex::new(now) });
        let ride = self.streams.ride(&trunk);
        self.streams.state().trunks.push(trunk);
        ride
    }
}

impl<B> Drop for Opening<B> {
    fn drop(&mut self) {
        self.streams.state().opening = false;
        self.streams.changed.notify_waiters();
    }
}

impl<B> Drop for Ride<B> {
    fn drop(&mut self) {
        *self.trunk.last_used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.trunk.taken.fetch_sub(1, Ordering::Relaxed);
        self.streams.target.leave();
        self.streams.changed.notify_one();
    }
}

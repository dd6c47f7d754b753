//! The HTTP/1.1 connections of one worker to one target: the idle ones in a stack (the warmest is used
//! first), a bound on how many are open, and a queue of those who wait for one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::client::conn::http1::SendRequest;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::health::TargetState;
use super::signs::{Signs, Watched};
use crate::model::upstream::PoolLimits;

/// How long more connections than may be idle are kept for the next wave of requests.
const COLD: Duration = Duration::from_secs(1);

/// The connections to one target.
pub(super) struct Lines<B> {
    pub(super) target: Arc<TargetState>,
    pub(super) limits: PoolLimits,
    state: Mutex<State<B>>,
}

struct State<B> {
    idle: Vec<Idle<B>>,
    /// Connections open, being made, idle or in use.
    open: usize,
    waiting: VecDeque<oneshot::Sender<Place<B>>>,
}

struct Idle<B> {
    line: Line<B>,
    since: Instant,
}

/// An open connection.
pub(super) struct Line<B> {
    pub(super) sender: SendRequest<Watched<B>>,
    pub(super) signs: Arc<Signs>,
    pub(super) born: Instant,
}

/// A place among the open connections of a target, and the connection that takes it, once it is made.
/// Dropping it closes that connection and gives the place to the next who waits.
pub(super) struct Place<B> {
    /// `None` only after the place was given back.
    lines: Option<Arc<Lines<B>>>,
    pub(super) line: Option<Line<B>>,
}

/// What somebody who needs a connection gets.
pub(super) enum Offer<B> {
    /// A connection, and how long it had been idle.
    Idle(Place<B>, Duration),
    /// Leave to open one; or one that still has to end its last exchange.
    Open(Place<B>),
    /// Neither: wait for somebody to give one back.
    Wait(oneshot::Receiver<Place<B>>),
}

impl<B> Lines<B> {
    pub(super) fn new(target: Arc<TargetState>, limits: PoolLimits) -> Self {
        let state = State { idle: Vec::new(), open: 0, waiting: VecDeque::new() };
        Self { target, limits, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State<B>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the warmest idle connection, if there is one, and says how long it had been idle.
    pub(super) fn warmest(self: &Arc<Self>, now: Instant) -> Option<(Place<B>, Duration)> {
        let idle = self.state().warmest(&self.limits, now)?;
        let idle_for = now.saturating_duration_since(idle.since);
        Some((self.place(Some(idle.line)), idle_for))
    }

    /// Takes the warmest idle connection, else leave to open one, else a place in the queue.
    pub(super) fn take(self: &Arc<Self>, now: Instant) -> Offer<B> {
        match self.warmest(now) {
            Some((place, idle_for)) => Offer::Idle(place, idle_for),
            None => self.open_or_wait(self.state()),
        }
    }

    /// The same without looking for an idle one.
    pub(super) fn open(self: &Arc<Self>) -> Offer<B> {
        let mut state = self.state();
        if state.open >= self.limits.connections && !state.idle.is_empty() {
            state.idle.remove(0);
            state.open -= 1;
        }
        self.open_or_wait(state)
    }

    fn open_or_wait(self: &Arc<Self>, mut state: MutexGuard<'_, State<B>>) -> Offer<B> {
        if state.open < self.limits.connections.max(1) {
            state.open += 1;
            drop(state);
            return Offer::Open(self.place(None));
        }
        if let Some(idle) = state.idle.pop() {
            drop(state);
            return Offer::Open(self.place(Some(idle.line)));
        }
        while state.waiting.front().is_some_and(oneshot::Sender::is_closed) {
            state.waiting.pop_front();
        }
        let (sender, receiver) = oneshot::channel();
        state.waiting.push_back(sender);
        Offer::Wait(receiver)
    }

    fn place(self: &Arc<Self>, line: Option<Line<B>>) -> Place<B> {
        self.target.enter();
        Place { lines: Some(self.clone()), line }
    }

    /// Closes what was idle too long or grew too old, and the coldest of more than may be idle; says how many
    /// connections are still open.
    pub(super) fn sweep(&self, now: Instant) -> usize {
        let mut state = self.state();
        let before = state.idle.len();
        state.idle.retain(|idle| idle.usable(&self.limits, now));
        let surplus = state.idle.len().saturating_sub(self.limits.idle_connections);
        let cold = state.idle.iter().take(surplus).take_while(|idle| idle.is_cold(now)).count();
        state.idle.drain(..cold);
        state.open -= before - state.idle.len();
        state.open
    }
}

impl<B> State<B> {
    /// Takes the last connection that can be used at once, dropping dead and aged ones on the way.
    fn warmest(&mut self, limits: &PoolLimits, now: Instant) -> Option<Idle<B>> {
        let mut at = self.idle.len();
        while let Some(below) = at.checked_sub(1) {
            at = below;
            let idle = self.idle.get(at)?;
            if !idle.usable(limits, now) {
                self.idle.remove(at);
                self.open -= 1;
            } else if idle.line.sender.is_ready() {
                return Some(self.idle.remove(at));
            }
        }
        None
    }

    fn next_in_queue(&mut self) -> Option<oneshot::Sender<Place<B>>> {
        std::iter::from_fn(|| self.waiting.pop_front()).find(|waiting| !waiting.is_closed())
    }
}

impl<B> Idle<B> {
    /// Whether it was not missed for a while: a wave of requests that ebbs and comes again must not close its
    /// connections each time.
    fn is_cold(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= COLD
    }

    fn usable(&self, limits: &PoolLimits, now: Instant) -> bool {
        !self.line.sender.is_closed()
            && now.saturating_duration_since(self.since) < limits.idle
            && now.saturating_duration_since(self.line.born) < limits.age
    }
}

impl<B> Place<B> {
    /// Whose place it is.
    pub(super) fn lines(&self) -> Option<&Arc<Lines<B>>> {
        self.lines.as_ref()
    }

    /// Notes an answer.
    pub(super) fn succeed(&self) {
        if let Some(lines) = &self.lines {
            lines.target.succeeded();
        }
    }

    /// Notes that there was none; the connection closes.
    pub(super) fn fail(self, why: &dyn std::error::Error) {
        if let Some(lines) = &self.lines {
            lines.target.failed(Instant::now(), why);
        }
    }

    /// Gives the connection to the next who waits, or to the idle stack.
    pub(super) fn give_back(mut self, now: Instant) {
        if self.line.as_ref().is_none_or(|line| line.sender.is_closed()) {
            return;
        }
        let Some(lines) = self.lines.take() else { return };
        let mut state = lines.state();
        if let Some(next) = state.next_in_queue() {
            drop(state);
            self.lines = Some(lines);
            drop(next.send(self));
            return;
        }
        match self.line.take() {
            Some(line) => state.idle.push(Idle { line, since: now }),
            None => state.open -= 1,
        }
        drop(state);
        lines.target.leave();
    }
}

impl<B> Drop for Place<B> {
    fn drop(&mut self) {
        let Some(lines) = self.lines.take() else { return };
        drop(self.line.take());
        let mut state = lines.state();
        if let Some(next) = state.next_in_queue() {
            drop(state);
            drop(next.send(Self { lines: Some(lines), line: None }));
            return;
        }
        state.open -= 1;
        drop(state);
        lines.target.leave();
    }
}

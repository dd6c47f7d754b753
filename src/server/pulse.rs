//! The pulse of a connection: whether it still does what it must keep doing. Touching it costs a store; the
//! rounds look at it now and then, so that no request reads a clock or sets a timer.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::orders::Orders;
use super::stream::Stream;
use super::taken::Taken;
use crate::config::Deadlines;
use crate::gateway::body::Body;

/// What is spoken on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoken {
    /// HTTP/1.1: bytes between answers begin the head of a request.
    Http1,
    /// HTTP/2: they may be frames of any kind.
    Http2,
}

/// What is known of a connection's progress. Requests only count turns; the clock is read by whoever
/// looks at the pulse now and then, and sees whether anything has turned since the last look.
#[derive(Debug)]
pub struct Pulse {
    spoken: Spoken,
    /// Requests whose answers are not out yet.
    in_flight: AtomicU32,
    /// Counts beginnings and ends of requests, and beginnings of heads.
    turns: AtomicU32,
    /// Whether the head of a request is coming in.
    in_head: AtomicBool,
    /// Whether the client takes nothing of what is written.
    stuck: AtomicBool,
    /// Counts writes that went on after being stuck.
    freed: AtomicU32,
    /// Whether what came in last belongs to a request that is not all there.
    amid: AtomicBool,
    /// Whether the stream is held without the HTTP machinery.
    resting: AtomicBool,
    /// What the connection is told.
    pub orders: Orders,
}

/// Why a connection is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// Nothing was asked for too long.
    Idle,
    /// The head of a request took too long.
    Head,
    /// The client stopped reading.
    Stuck,
}

impl Pulse {
    /// Of a connection that begins now.
    pub fn begin(spoken: Spoken) -> Arc<Self> {
        Arc::new(Self {
            spoken,
            in_flight: AtomicU32::new(0),
            turns: AtomicU32::new(0),
            in_head: AtomicBool::new(false),
            stuck: AtomicBool::new(false),
            freed: AtomicU32::new(0),
            amid: AtomicBool::new(false),
            resting: AtomicBool::new(false),
            orders: Orders::default(),
        })
    }

    /// Whether nothing is under way on an HTTP/1.1 connection, so that the machinery would not be missed.
    pub fn may_rest(&self) -> bool {
        let busy = [&self.in_head, &self.stuck, &self.amid, &self.resting];
        self.spoken == Spoken::Http1
            && self.in_flight.load(Ordering::Relaxed) == 0
            && busy.iter().all(|sign| !sign.load(Ordering::Relaxed))
    }

    /// Notes that the machinery is gone, or there again.
    pub fn rests(&self, resting: bool) {
        self.resting.store(resting, Ordering::Relaxed);
    }

    /// Notes whether a request that began to come in is still to be completed.
    pub fn is_amid(&self, amid: bool) {
        self.amid.store(amid, Ordering::Relaxed);
    }

    fn turn(&self) {
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    /// Bytes came in.
    fn came_in(&self) {
        let between = self.spoken == Spoken::Http1 && self.in_flight.load(Ordering::Relaxed) == 0;
        if between && !self.in_head.load(Ordering::Relaxed) {
            self.in_head.store(true, Ordering::Relaxed);
            self.turn();
        }
    }

    /// A write had to wait (`Pending`), or went on.
    fn wrote<T>(&self, outcome: &Poll<T>) {
        let stuck = self.stuck.load(Ordering::Relaxed);
        if outcome.is_pending() != stuck {
            self.stuck.store(outcome.is_pending(), Ordering::Relaxed);
            self.freed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A request is complete in its head; the guard goes with its answer.
    pub fn asked(self: &Arc<Self>) -> Asked {
        self.in_head.store(false, Ordering::Relaxed);
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Asked(self.clone())
    }
}

/// A request under way.
#[derive(Debug)]
pub struct Asked(Arc<Pulse>);

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.turn();
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Somebody who looks at a pulse again and again.
#[derive(Debug)]
pub struct Look {
    turns: (u32, Instant),
    freed: (u32, Instant),
}

impl Look {
    /// The first look.
    pub fn at(pulse: &Pulse, now: Instant) -> Self {
        let (turns, freed) = (pulse.turns.load(Ordering::Relaxed), pulse.freed.load(Ordering::Relaxed));
        Self { turns: (turns, now), freed: (freed, now) }
    }

    /// Whether nothing has turned since the last look.
    pub fn is_quiet(&self, pulse: &Pulse) -> bool {
        self.turns.0 == pulse.turns.load(Ordering::Relaxed)
    }

    /// The next look: what is overdue by these deadlines. Something is found overdue at the first look after
    /// its deadline has passed since the look that saw it begin.
    pub fn again(&mut self, pulse: &Pulse, now: Instant, deadlines: &Deadlines) -> Option<Overdue> {
        let resting = since(&mut self.turns, pulse.turns.load(Ordering::Relaxed), now);
        let held = since(&mut self.freed, pulse.freed.load(Ordering::Relaxed), now);
        if pulse.stuck.load(Ordering::Relaxed) && held > deadlines.body_idle {
            Some(Overdue::Stuck)
        } else if pulse.in_flight.load(Ordering::Relaxed) > 0 {
            None
        } else if pulse.in_head.load(Ordering::Relaxed) {
            (resting > deadlines.head).then_some(Overdue::Head)
        } else {
            (resting > deadlines.idle).then_some(Overdue::Idle)
        }
    }
}

/// How long a count has stood still; it is remembered anew when it has moved.
fn since(remembered: &mut (u32, Instant), count: u32, now: Instant) -> Duration {
    if remembered.0 != count {
        *remembered = (count, now);
    }
    now.saturating_duration_since(remembered.1)
}

/// A connection that feels its pulse.
#[derive(Debug)]
pub struct Felt {
    stream: Stream,
    pulse: Arc<Pulse>,
}

impl Felt {
    /// Joins the two.
    pub const fn new(stream: Stream, pulse: Arc<Pulse>) -> Self {
        Self { stream, pulse }
    }

    /// Its pulse.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Ready when something may be read, or the connection has ended.
    pub fn poll_comes(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.stream.poll_comes(cx)
    }
}

impl AsyncRead for Felt {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_ready() {
            self.pulse.came_in();
        }
        read
    }
}

impl AsyncWrite for Felt {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.pulse.wrote(&wrote);
        wrote
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.pulse.wrote(&wrote);
        wrote
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.pulse.wrote(&flushed);
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The body of an answer; while it lives its request counts as under way.
pub struct Counted {
    body: Body,
    taken: Option<Arc<Taken>>,
    _asked: Asked,
}

impl Counted {
    /// Joins the two.
    pub fn new(body: Body, asked: Asked, taken: Option<Arc<Taken>>) -> Self {
        if let Some(taken) = &taken {
            taken.offered();
        }
        Self { body, taken, _asked: asked }
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Some(taken) = &self.taken {
            if matches!(frame, Poll::Ready(Some(_))) { taken.offered() } else { taken.took() }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deadlines(millis: u64) -> Deadlines {
        let each = Duration::from_millis(millis);
        Deadlines {
            handshake: each,
            head: each,
            body_idle: each,
            idle: each,
            age: each,
            drain_delay: each,
            drain: each,
        }
    }

    /// What is seen a minute after the first look, and what happened before it.
    fn after_a_minute(pulse: &Pulse, before: impl Fn()) -> Option<Overdue> {
        let now = Instant::now();
        let mut look = Look::at(pulse, now);
        before();
        look.again(pulse, now, &deadlines(600_000));
        look.again(pulse, now + Duration::from_secs(60), &deadlines(1000))
    }

    /// Section 6.1: idle, slow heads and readers that stopped are told apart, and a request under way is none.
    #[test]
    fn what_is_overdue_is_told_apart() {
        let pulse = Pulse::begin(Spoken::Http1);
        assert_eq!(after_a_minute(&pulse, || {}), Some(Overdue::Idle));
        assert_eq!(after_a_minute(&pulse, || pulse.came_in()), Some(Overdue::Head));
        let asked = pulse.asked();
        assert_eq!(after_a_minute(&pulse, || pulse.came_in()), None);
        assert_eq!(after_a_minute(&pulse, || pulse.wrote::<()>(&Poll::Pending)), Some(Overdue::Stuck));
        assert_eq!(after_a_minute(&pulse, || pulse.wrote(&Poll::Ready(()))), None);
        drop(asked);
        assert_eq!(after_a_minute(&pulse, || {}), Some(Overdue::Idle));
    }

    #[test]
    fn whatever_turns_begins_the_wait_anew() {
        let (pulse, began) = (Pulse::begin(Spoken::Http1), Instant::now());
        let mut look = Look::at(&pulse, began);
        let later = began + Duration::from_secs(60);
        drop(pulse.asked());
        assert_eq!(look.again(&pulse, later, &deadlines(1000)), None);
        assert_eq!(look.again(&pulse, later + Duration::from_secs(2), &deadlines(1000)), Some(Overdue::Idle));
    }

    #[test]
    fn frames_between_requests_are_no_heads_on_http2() {
        let pulse = Pulse::begin(Spoken::Http2);
        pulse.came_in();
        assert!(!pulse.in_head.load(Ordering::Relaxed));
    }
}

//! The pulse of a connection: when it last did what it must keep doing. Touching it costs a store; one slow
//! timer a connection reads it, so that no request sets or clears a timer.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::stream::Stream;
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

/// What is known of a connection's progress. Times are milliseconds since it began; 0 is "not now".
#[derive(Debug)]
pub struct Pulse {
    began: Instant,
    spoken: Spoken,
    /// Requests whose answers are not out yet.
    in_flight: AtomicU32,
    /// Since when nothing has been asked.
    idle_since: AtomicU64,
    /// Since when the head of a request has been coming in.
    head_since: AtomicU64,
    /// Since when the client has taken nothing of what is written.
    stuck_since: AtomicU64,
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
            began: Instant::now(),
            spoken,
            in_flight: AtomicU32::new(0),
            idle_since: AtomicU64::new(1),
            head_since: AtomicU64::new(0),
            stuck_since: AtomicU64::new(0),
        })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Bytes came in.
    fn came_in(&self) {
        let heads = self.spoken == Spoken::Http1 && self.in_flight.load(Ordering::Relaxed) == 0;
        if heads && self.head_since.load(Ordering::Relaxed) == 0 {
            self.head_since.store(self.now(), Ordering::Relaxed);
        }
    }

    /// A write had to wait (`Pending`), or went on.
    fn wrote<T>(&self, outcome: &Poll<T>) {
        let stuck = self.stuck_since.load(Ordering::Relaxed);
        match outcome {
            Poll::Pending if stuck == 0 => self.stuck_since.store(self.now(), Ordering::Relaxed),
            Poll::Ready(_) if stuck != 0 => self.stuck_since.store(0, Ordering::Relaxed),
            Poll::Pending | Poll::Ready(_) => {}
        }
    }

    /// A request is complete in its head; the guard goes with its answer.
    pub fn asked(self: &Arc<Self>) -> Asked {
        self.head_since.store(0, Ordering::Relaxed);
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Asked(self.clone())
    }

    /// What is overdue by these deadlines.
    pub fn overdue(&self, deadlines: &Deadlines) -> Option<Overdue> {
        let longer_than = |since: &AtomicU64, longest: Duration| {
            let since = since.load(Ordering::Relaxed);
            since != 0 && u128::from(self.now().saturating_sub(since)) > longest.as_millis()
        };
        if longer_than(&self.stuck_since, deadlines.body_idle) {
            return Some(Overdue::Stuck);
        }
        if self.in_flight.load(Ordering::Relaxed) > 0 {
            return None;
        }
        if longer_than(&self.head_since, deadlines.head) {
            return Some(Overdue::Head);
        }
        let idle =
            self.head_since.load(Ordering::Relaxed) == 0 && longer_than(&self.idle_since, deadlines.idle);
        idle.then_some(Overdue::Idle)
    }

    /// How old the connection is.
    pub fn age(&self) -> Duration {
        self.began.elapsed()
    }
}

/// A request under way.
#[derive(Debug)]
pub struct Asked(Arc<Pulse>);

impl Drop for Asked {
    fn drop(&mut self) {
        if self.0.in_flight.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.idle_since.store(self.0.now(), Ordering::Relaxed);
        }
    }
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
    _asked: Asked,
}

impl Counted {
    /// Joins the two.
    pub const fn new(body: Body, asked: Asked) -> Self {
        Self { body, _asked: asked }
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
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

    fn aged(spoken: Spoken) -> Pulse {
        let pulse = Arc::into_inner(Pulse::begin(spoken)).unwrap();
        Pulse { began: Instant::now().checked_sub(Duration::from_secs(60)).unwrap(), ..pulse }
    }

    /// Section 6.1: idle, slow heads and readers that stopped are told apart, and a request under way is none.
    #[test]
    fn what_is_overdue_is_told_apart() {
        let idle = aged(Spoken::Http1);
        assert_eq!(idle.overdue(&deadlines(1000)), Some(Overdue::Idle));
        assert_eq!(idle.overdue(&deadlines(600_000)), None);
        let head = Pulse { head_since: AtomicU64::new(1), ..aged(Spoken::Http1) };
        assert_eq!(head.overdue(&deadlines(1000)), Some(Overdue::Head));
        let stuck =
            Pulse { stuck_since: AtomicU64::new(1), in_flight: AtomicU32::new(1), ..aged(Spoken::Http2) };
        assert_eq!(stuck.overdue(&deadlines(1000)), Some(Overdue::Stuck));
        let busy = Pulse { in_flight: AtomicU32::new(1), ..aged(Spoken::Http2) };
        assert_eq!(busy.overdue(&deadlines(1000)), None);
    }

    #[test]
    fn frames_between_requests_are_no_heads_on_http2() {
        let pulse = Pulse::begin(Spoken::Http2);
        pulse.came_in();
        assert_eq!(pulse.head_since.load(Ordering::Relaxed), 0);
        let pulse = Pulse::begin(Spoken::Http1);
        pulse.came_in();
        assert_ne!(pulse.head_since.load(Ordering::Relaxed), 0);
        drop(pulse.asked());
        assert_eq!(pulse.head_since.load(Ordering::Relaxed), 0);
    }
}

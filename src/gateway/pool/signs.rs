//! What a connection and the request on it tell each other: how much was heard since the request went out,
//! and when the last piece of its body did. Plain loads and stores; both sides run on one worker.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;

use crate::app::live::LiveStream;

/// Bytes that may come between a request and the head of its answer, interim answers included
/// (a flood of 1xx). hyper bounds one head; this bounds all of them.
pub(super) const LONGEST_PRELUDE: u64 = 256 * 1024;

/// An answer that takes longer than this belongs to an exchange that lasts.
const AT_ONCE: Duration = Duration::from_secs(1);

/// How long an answer is waited for.
#[derive(Clone, Copy)]
pub struct Patience<'a> {
    /// From the last piece of the request to the head of the answer.
    pub deadline: Duration,
    /// Lists the exchange as one that lasts, so that it can be cut while it waits.
    pub lasting: Option<&'a (dyn Fn() -> LiveStream + Send + Sync)>,
}

impl From<Duration> for Patience<'_> {
    fn from(deadline: Duration) -> Self {
        Self { deadline, lasting: None }
    }
}

/// What came of waiting.
pub(super) enum Waited<T> {
    /// The answer.
    Answer(T),
    /// The deadline passed.
    TooLong,
    /// The exchange was cut.
    Cut,
}

/// The signs of one connection.
#[derive(Debug)]
pub(super) struct Signs {
    born: Instant,
    waiting: AtomicBool,
    heard: AtomicU64,
    /// Microseconds from `born` to the last piece of the request's body.
    last_piece: AtomicU64,
}

impl Signs {
    pub(super) fn new(born: Instant) -> Self {
        Self {
            born,
            waiting: AtomicBool::new(false),
            heard: AtomicU64::new(0),
            last_piece: AtomicU64::new(0),
        }
    }

    /// A request goes out: its answer is waited for from now on.
    pub(super) fn asked(&self) {
        self.heard.store(0, Ordering::Relaxed);
        self.waiting.store(true, Ordering::Relaxed);
    }

    /// The head of its answer is there.
    pub(super) fn answered(&self) {
        self.waiting.store(false, Ordering::Relaxed);
    }

    /// Whether anything came back since the request went out.
    pub(super) fn silent(&self) -> bool {
        self.heard.load(Ordering::Relaxed) == 0
    }

    /// Notes bytes from the upstream.
    pub(super) fn heard(&self, bytes: usize) -> io::Result<()> {
        let heard = self.heard.load(Ordering::Relaxed).saturating_add(bytes as u64);
        self.heard.store(heard, Ordering::Relaxed);
        if heard > LONGEST_PRELUDE && self.waiting.load(Ordering::Relaxed) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "too much before the answer"));
        }
        Ok(())
    }

    fn piece(&self) {
        let since = u64::try_from(self.born.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.last_piece.store(since, Ordering::Relaxed);
    }

    /// When the last piece of the request's body went out.
    fn last_piece(&self) -> Instant {
        self.born + Duration::from_micros(self.last_piece.load(Ordering::Relaxed))
    }

    /// Waits for an answer, at most the deadline after the last piece of the request's body. One timer
    /// serves both the first moment and the deadline.
    pub(super) async fn within<F: Future>(
        &self,
        patience: &Patience<'_>,
        mut answer: Pin<&mut F>,
    ) -> Waited<F::Output> {
        let began = Instant::now();
        let first = began + patience.deadline.min(AT_ONCE);
        if let Ok(output) = tokio::time::timeout_at(first, answer.as_mut()).await {
            return Waited::Answer(output);
        }
        Box::pin(self.within_lasting(patience, began, answer)).await
    }

    /// The same for an answer that takes longer, whose exchange is listed and can be cut.
    async fn within_lasting<F: Future>(
        &self,
        patience: &Patience<'_>,
        began: Instant,
        answer: Pin<&mut F>,
    ) -> Waited<F::Output> {
        let lasting = patience.lasting.map(|begin| begin());
        let cut = async {
            match &lasting {
                Some(lasting) => lasting.cut().cancelled().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            output = answer => Waited::Answer(output),
            () = self.silence(began, patience.deadline) => Waited::TooLong,
            () = cut => Waited::Cut,
        }
    }

    /// Returns when `deadline` has passed since the beginning and since the last piece of the body.
    async fn silence(&self, began: Instant, deadline: Duration) {
        let mut until = began + deadline;
        loop {
            tokio::time::sleep_until(until).await;
            let later = self.last_piece() + deadline;
            if later <= until {
                return;
            }
            until = later;
        }
    }
}

/// A request body that leaves a sign with each piece; without signs it is only passed through.
#[derive(Debug)]
pub(super) struct Watched<B> {
    pub(super) body: B,
    pub(super) signs: Option<Arc<Signs>>,
}

impl<B> Watched<B> {
    pub(super) const fn unwatched(body: B) -> Self {
        Self { body, signs: None }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Watched<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.body).poll_frame(cx);
        if let (Poll::Ready(_), Some(signs)) = (&frame, &this.signs) {
            signs.piece();
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

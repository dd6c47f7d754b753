//! Spans of requests on their way to a collector: workers put them into a queue of bounded length, one task
//! takes them out in batches. What does not fit or cannot be sent is dropped and counted, and costs nobody
//! any time.

mod encode;
mod send;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderValue, Method};

pub use self::send::SendError;
use self::send::Sender;
use super::metrics::Metrics;
use crate::config::Collector;
use crate::model::caller::RequestId;
use crate::model::trace::{SpanId, TraceId};
use crate::time::Timestamp;

/// Spans that may wait.
const MOST: usize = 4096;

/// Spans sent at once.
const BATCH: usize = 512;

/// A request that is over.
#[derive(Debug, Clone)]
pub struct Span {
    /// The trace it belongs to.
    pub trace: TraceId,
    /// This span.
    pub span: SpanId,
    /// The span that called.
    pub parent: Option<SpanId>,
    /// What vendors say of the trace.
    pub state: Option<HeaderValue>,
    /// When it began.
    pub began: Timestamp,
    /// How long until the head of its answer.
    pub took: Duration,
    /// Its name.
    pub request: RequestId,
    /// Method.
    pub method: Method,
    /// Path as sent, without query; key-shaped text masked.
    pub path: String,
    /// Route by name.
    pub route: Option<Arc<str>>,
    /// Path of the route.
    pub route_path: Option<Arc<str>>,
    /// `https` or `http`.
    pub scheme: &'static str,
    /// Status answered.
    pub status: u16,
    /// `admitted`, or why not.
    pub reason: &'static str,
    /// `session`, `key` or nothing.
    pub credential: Option<&'static str>,
}

/// Spans that wait for the next batch.
pub struct Spans {
    queue: Mutex<Vec<Span>>,
    sender: Sender,
    metrics: Arc<Metrics>,
}

impl Spans {
    /// An empty queue in front of a collector.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn towards(collector: Arc<Collector>, metrics: Arc<Metrics>) -> Result<Self, SendError> {
        Ok(Self { queue: Mutex::default(), sender: Sender::to(collector)?, metrics })
    }

    /// Takes a span in, if there is room.
    pub fn take(&self, span: Span) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.len() < MOST {
            queue.push(span);
        } else {
            drop(queue);
            self.metrics.spans_dropped.inc();
        }
    }

    /// Sends what waits.
    ///
    /// # Errors
    /// [`SendError`]; what was in that batch is dropped and counted, what waits behind it stays.
    pub async fn flush(&self) -> Result<(), SendError> {
        loop {
            let batch = self.batch();
            if batch.is_empty() {
                return Ok(());
            }
            let count = batch.len() as u64;
            let sent = self.sender.send(encode::document(&batch, self.sender.service())).await;
            match &sent {
                Ok(()) => self.metrics.spans_sent.inc_by(count),
                Err(_) => self.metrics.spans_dropped.inc_by(count),
            };
            sent?;
        }
    }

    fn batch(&self) -> Vec<Span> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let count = queue.len().min(BATCH);
        let rest = queue.split_off(count);
        std::mem::replace(&mut *queue, rest)
    }
}

impl std::fmt::Debug for Spans {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Spans")
    }
}

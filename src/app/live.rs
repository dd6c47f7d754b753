//! Exchanges that last: bodies still flowing, event streams, WebSockets. Each is listed with the pass it
//! runs under, so that it can be cut when that pass would no longer be given.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

/// Everything of kind `P` (the pass of floor 5) that is under way and may have to be cut.
#[derive(Debug)]
pub struct LiveStreams<P> {
    next: AtomicU64,
    open: Mutex<HashMap<u64, Listed<P>>>,
}

#[derive(Debug)]
struct Listed<P> {
    pass: Arc<P>,
    cut: CancellationToken,
}

impl<P> Default for LiveStreams<P> {
    fn default() -> Self {
        Self { next: AtomicU64::new(0), open: Mutex::default() }
    }
}

/// Keeps an exchange listed; dropping it takes it off the list.
#[derive(Debug)]
pub struct LiveStream<P> {
    streams: Arc<LiveStreams<P>>,
    number: u64,
    cut: CancellationToken,
}

impl<P> LiveStreams<P> {
    /// Lists an exchange that runs under `pass`.
    pub fn enter(self: &Arc<Self>, pass: Arc<P>) -> LiveStream<P> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let cut = CancellationToken::new();
        let listed = Listed { pass, cut: cut.clone() };
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(number, listed);
        LiveStream { streams: self.clone(), number, cut }
    }

    /// The passes under way now, each with the token that cuts its exchange.
    pub fn under_way(&self) -> Vec<(Arc<P>, CancellationToken)> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.values().map(|listed| (listed.pass.clone(), listed.cut.clone())).collect()
    }
}

impl<P> LiveStream<P> {
    /// Fires when the exchange must end now.
    pub const fn cut(&self) -> &CancellationToken {
        &self.cut
    }
}

impl<P> Drop for LiveStream<P> {
    fn drop(&mut self) {
        self.streams.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

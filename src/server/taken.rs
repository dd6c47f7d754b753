//! Answers on their way to an HTTP/2 client. hyper asks a body for nothing while the client's window is
//! shut, so nobody would notice a client that takes an answer and never reads it: it is noticed here.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;

/// One stream: whose turn it is, and how it is ended.
#[derive(Debug)]
pub struct Taken {
    began: Instant,
    /// Milliseconds from `began` since when the client has had a piece to take; 0 is the app's turn.
    since: AtomicU64,
    task: OnceLock<AbortHandle>,
}

/// The streams of one connection; also what hyper gives their tasks to.
#[derive(Debug, Clone, Default)]
pub struct Streams(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The stream whose task comes next: hyper calls the service and hands over the task in one go.
    next: Option<Arc<Taken>>,
    open: Vec<Weak<Taken>>,
}

impl Taken {
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }

    /// The client has something to take from now on.
    pub fn offered(&self) {
        self.since.store(self.now(), Ordering::Relaxed);
    }

    /// It has taken all there was.
    pub fn took(&self) {
        self.since.store(0, Ordering::Relaxed);
    }

    fn stands_still(&self, longest: Duration) -> bool {
        let since = self.since.load(Ordering::Relaxed);
        since != 0 && u128::from(self.now().saturating_sub(since)) > longest.as_millis()
    }
}

impl Streams {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request came in on a new stream.
    pub fn asked(&self) -> Arc<Taken> {
        let taken =
            Arc::new(Taken { began: Instant::now(), since: AtomicU64::new(0), task: OnceLock::new() });
        let mut state = self.state();
        if state.open.len() == state.open.capacity() {
            state.open.retain(|taken| taken.strong_count() > 0);
        }
        state.open.push(Arc::downgrade(&taken));
        state.next = Some(taken.clone());
        taken
    }

    /// Resets each stream whose client has taken nothing for longer than this.
    pub fn end_stalled(&self, longest: Duration) {
        self.state().open.retain(|taken| {
            let Some(taken) = taken.upgrade() else { return false };
            if taken.stands_still(longest)
                && let Some(task) = taken.task.get()
            {
                task.abort();
            }
            true
        });
    }
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let taken = self.state().next.take();
        let task = tokio::spawn(stream).abort_handle();
        if let Some(taken) = taken {
            let _ = taken.task.set(task);
        }
    }
}

#[cfg(test)]
mod tests {
    use hyper::rt::Executor as _;

    use super::*;

    /// F6, F8: only a stream whose client takes nothing is ended, and its body with it.
    #[tokio::test]
    async fn only_a_client_that_takes_nothing_is_stalled() {
        let (streams, held) = (Streams::default(), Arc::new(()));
        let (stalled, waiting) = (streams.asked(), held.clone());
        streams.execute(async move {
            let _held = waiting;
            std::future::pending::<()>().await;
        });
        tokio::task::yield_now().await;
        stalled.offered();
        stalled.since.store(1, Ordering::Relaxed);
        streams.end_stalled(Duration::from_secs(60));
        tokio::task::yield_now().await;
        assert_eq!(Arc::strong_count(&held), 2);
        while stalled.now() < 3 {
            tokio::task::yield_now().await;
        }
        streams.end_stalled(Duration::ZERO);
        tokio::task::yield_now().await;
        assert_eq!(Arc::strong_count(&held), 1);
    }
}

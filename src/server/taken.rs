//! Answers on their way to an HTTP/2 client. hyper asks a body for nothing while the client's window is
//! shut, so nobody would notice a client that takes an answer and never reads it: it is noticed here.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;

/// One stream: whose turn it is, and how it is ended.
#[derive(Debug, Default)]
pub struct Taken {
    /// Counts turns. Odd while the client has a piece to take; even while it is the app's turn.
    turns: AtomicU32,
    task: OnceLock<AbortHandle>,
}

/// The streams of one connection; also what hyper gives their tasks to.
#[derive(Debug, Clone, Default)]
pub struct Streams(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The stream whose task comes next: hyper calls the service and hands over the task in one go.
    next: Option<Arc<Taken>>,
    open: Vec<Open>,
}

/// A stream as it was seen last. Requests read no clock for it.
#[derive(Debug)]
struct Open {
    taken: Weak<Taken>,
    turns: u32,
    since: Option<Instant>,
}

impl Taken {
    /// The client has something to take from now on.
    pub fn offered(&self) {
        let turns = self.turns.load(Ordering::Relaxed);
        self.turns.store((turns | 1).wrapping_add(2), Ordering::Relaxed);
    }

    /// It has taken all there was.
    pub fn took(&self) {
        let turns = self.turns.load(Ordering::Relaxed);
        self.turns.store((turns | 1).wrapping_add(1), Ordering::Relaxed);
    }
}

impl Open {
    /// Whether the client has left the same piece for longer than this.
    fn stands_still(&mut self, turns: u32, now: Instant, longest: Duration) -> bool {
        let moved = self.turns != turns;
        self.turns = turns;
        let since = *if moved { self.since.insert(now) } else { self.since.get_or_insert(now) };
        turns % 2 == 1 && now.saturating_duration_since(since) > longest
    }
}

impl Streams {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request came in on a new stream.
    pub fn asked(&self) -> Arc<Taken> {
        let taken = Arc::new(Taken::default());
        let mut state = self.state();
        if state.open.len() == state.open.capacity() {
            state.open.retain(|open| open.taken.strong_count() > 0);
        }
        state.open.push(Open { taken: Arc::downgrade(&taken), turns: 0, since: None });
        state.next = Some(taken.clone());
        taken
    }

    /// Resets each stream whose client has taken nothing for longer than this.
    pub fn end_stalled(&self, now: Instant, longest: Duration) {
        self.state().open.retain_mut(|open| {
            let Some(taken) = open.taken.upgrade() else { return false };
            if open.stands_still(taken.turns.load(Ordering::Relaxed), now, longest)
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
        let (began, longest) = (Instant::now(), Duration::from_secs(60));
        stalled.offered();
        streams.end_stalled(began, longest);
        stalled.took();
        stalled.offered();
        streams.end_stalled(began + 2 * longest, longest);
        tokio::task::yield_now().await;
        assert_eq!(Arc::strong_count(&held), 2);
        stalled.took();
        streams.end_stalled(began + 4 * longest, longest);
        streams.end_stalled(began + 6 * longest, longest);
        tokio::task::yield_now().await;
        assert_eq!(Arc::strong_count(&held), 2);
        stalled.offered();
        streams.end_stalled(began + 8 * longest, longest);
        streams.end_stalled(began + 10 * longest, longest);
        tokio::task::yield_now().await;
        assert_eq!(Arc::strong_count(&held), 1);
    }
}

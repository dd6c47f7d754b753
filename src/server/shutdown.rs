//! How it ends: not ready at once, still serving while load balancers notice, then no new connections,
//! requests in flight are finished, and what still lasts at the deadline is cut.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::permits::Permits;
use crate::config::Deadlines;

/// How long cut exchanges may take to close.
const CUT_TIME: Duration = Duration::from_secs(1);
/// How often open connections are counted while they leave.
const COUNT_INTERVAL: Duration = Duration::from_millis(10);

/// Where the program is on its way out. Later phases are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Business as usual.
    Serving,
    /// Not ready any more, but everything is still served.
    Leaving,
    /// No new connections; those that stand end after their request (HTTP/1.1 `close`, HTTP/2 GOAWAY).
    Draining,
    /// Streams, WebSockets and bodies are cut.
    Cutting,
    /// Nothing goes on.
    Ended,
}

/// Everybody's view of the way out.
#[derive(Debug, Clone)]
pub struct Shutdown {
    phase: Arc<watch::Sender<Phase>>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { phase: Arc::new(watch::Sender::new(Phase::Serving)) }
    }
}

impl Shutdown {
    /// The phase now.
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Waits until `phase` or a later one is reached.
    pub async fn reached(&self, phase: Phase) {
        let mut view = self.phase.subscribe();
        let _ = view.wait_for(|now| *now >= phase).await;
    }

    /// Goes on to `phase`, never back.
    pub fn advance(&self, phase: Phase) {
        self.phase.send_if_modified(|now| {
            let later = phase > *now;
            *now = phase.max(*now);
            later
        });
    }

    /// Goes through all phases. Ends early when nothing is open any more or somebody else advances.
    pub async fn drain(&self, deadlines: Deadlines, permits: &Permits) {
        self.advance(Phase::Leaving);
        let _ = timeout(deadlines.drain_delay, self.reached(Phase::Draining)).await;
        self.advance(Phase::Draining);
        self.emptied(permits, deadlines.drain, Phase::Cutting).await;
        self.advance(Phase::Cutting);
        self.emptied(permits, CUT_TIME, Phase::Ended).await;
        self.advance(Phase::Ended);
    }

    async fn emptied(&self, permits: &Permits, longest: Duration, next: Phase) {
        let end = Instant::now() + longest;
        while permits.open() > 0 && self.phase() < next && Instant::now() < end {
            sleep(COUNT_INTERVAL).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConnectionLimits;

    const LIMITS: ConnectionLimits = ConnectionLimits {
        connections: 10,
        connections_per_source: 10,
        head_bytes: 0,
        head_fields: 0,
        streams: 0,
        resets: 0,
    };

    fn deadlines(drain_delay: u64, drain: u64) -> Deadlines {
        let any = Duration::from_secs(1);
        Deadlines {
            handshake: any,
            head: any,
            body_idle: any,
            idle: any,
            age: any,
            drain_delay: Duration::from_millis(drain_delay),
            drain: Duration::from_millis(drain),
        }
    }

    #[tokio::test]
    async fn requests_in_flight_are_waited_for_and_then_cut() {
        let (shutdown, permits) = (Shutdown::default(), Permits::new(&LIMITS));
        let open = permits.enter().unwrap();
        let begin = Instant::now();
        let leaving = tokio::spawn({
            let (shutdown, permits) = (shutdown.clone(), Arc::clone(&permits));
            async move { shutdown.drain(deadlines(30, 60), &permits).await }
        });
        shutdown.reached(Phase::Draining).await;
        assert!(begin.elapsed() >= Duration::from_millis(30));
        shutdown.reached(Phase::Cutting).await;
        assert!(begin.elapsed() >= Duration::from_millis(90));
        drop(open);
        leaving.await.unwrap();
        assert_eq!(shutdown.phase(), Phase::Ended);
    }

    #[tokio::test]
    async fn nobody_there_means_no_waiting_and_a_second_signal_neither() {
        let (shutdown, permits) = (Shutdown::default(), Permits::new(&LIMITS));
        let begin = Instant::now();
        shutdown.drain(deadlines(0, 60_000), &permits).await;
        let (shutdown, _open) = (Shutdown::default(), permits.enter().unwrap());
        let second = shutdown.clone();
        tokio::spawn(async move {
            second.reached(Phase::Leaving).await;
            second.advance(Phase::Ended);
        });
        shutdown.drain(deadlines(60_000, 60_000), &permits).await;
        assert!(begin.elapsed() < Duration::from_secs(30));
    }
}

//! The rounds of a worker: one task looks at all its connections a few times a second and tells them what has
//! come to be time: to rest, to finish, to leave. Connections keep no timers of their own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::orders::Order;
use super::pulse::{Look, Pulse, Spoken};
use super::shutdown::{Phase, Shutdown};
use super::taken::Streams;
use crate::app::App;
use crate::config::{Config, Deadlines};

/// How many pauses a client of HTTP/2 may take over one piece of a body: it may be long, and the line slow.
const STALLED: u32 = 4;

/// Longest and shortest time between two rounds.
const SELDOM: Duration = Duration::from_millis(250);
const OFTEN: Duration = Duration::from_millis(20);

/// The connections of one worker.
#[derive(Default)]
pub struct Rounds {
    watched: Mutex<Vec<Watched>>,
    draining: AtomicBool,
}

/// A connection that is looked at.
struct Watched {
    pulse: Weak<Pulse>,
    record: Record,
    /// The configuration that it began under.
    config: Arc<Config>,
}

/// What is remembered of a connection from round to round.
struct Record {
    look: Look,
    born: Instant,
    streams: Option<Streams>,
}

impl Rounds {
    fn watched(&self) -> MutexGuard<'_, Vec<Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pulse of a connection that begins now, looked at from now on for as long as somebody holds it.
    pub fn join(&self, spoken: Spoken, streams: Option<Streams>, config: Arc<Config>) -> Arc<Pulse> {
        let (pulse, born) = (Pulse::begin(spoken), Instant::now());
        let record = Record { look: Look::at(&pulse, born), born, streams };
        self.watched().push(Watched { pulse: Arc::downgrade(&pulse), record, config });
        if self.draining.load(Ordering::Acquire) {
            pulse.orders.tell(Order::Finish);
        }
        pulse
    }

    /// Goes round until the program ends.
    pub async fn walk(&self, app: &App, shutdown: &Shutdown) {
        let mut draining = std::pin::pin!(shutdown.reached(Phase::Draining));
        loop {
            let seen = self.draining.load(Ordering::Acquire);
            tokio::select! {
                () = &mut draining, if !seen => self.draining.store(true, Ordering::Release),
                () = sleep(pause(&app.config.load().deadlines)) => {}
            }
            self.go_round(Instant::now());
        }
    }

    fn go_round(&self, now: Instant) {
        let draining = self.draining.load(Ordering::Acquire);
        self.watched().retain_mut(|watched| {
            let Some(pulse) = watched.pulse.upgrade() else { return false };
            watched.record.judge(&pulse, now, &watched.config.deadlines);
            if draining {
                pulse.orders.tell(Order::Finish);
            }
            true
        });
    }
}

impl Record {
    /// Tells a connection what has come to be time since the last round.
    fn judge(&mut self, pulse: &Pulse, now: Instant, deadlines: &Deadlines) {
        if let Some(streams) = &self.streams {
            streams.end_stalled(now, deadlines.body_idle.saturating_mul(STALLED));
        }
        let quiet = self.look.is_quiet(pulse);
        if let Some(overdue) = self.look.again(pulse, now, deadlines) {
            tracing::debug!(?overdue, "connection ended");
            pulse.orders.tell(Order::Leave);
        } else if now.saturating_duration_since(self.born) > deadlines.age {
            pulse.orders.tell(Order::Finish);
        } else if quiet && pulse.may_rest() {
            pulse.orders.tell(Order::Rest);
        }
    }
}

/// A few rounds within the shortest deadline.
fn pause(deadlines: &Deadlines) -> Duration {
    let shortest = deadlines.head.min(deadlines.idle).min(deadlines.body_idle).min(deadlines.age);
    (shortest / 4).clamp(OFTEN, SELDOM)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_secs(60);
    const AGE: Duration = Duration::from_secs(600);

    fn deadlines() -> Deadlines {
        let each = IDLE;
        Deadlines {
            handshake: each,
            head: each,
            body_idle: each,
            idle: IDLE,
            age: AGE,
            drain_delay: each,
            drain: each,
        }
    }

    /// What a connection of this kind is told, after so long, when nothing has happened since the last round.
    fn told(spoken: Spoken, after: Duration, happened: impl Fn(&Arc<Pulse>)) -> Order {
        let (pulse, born) = (Pulse::begin(spoken), Instant::now());
        let mut record = Record { look: Look::at(&pulse, born), born, streams: None };
        happened(&pulse);
        record.judge(&pulse, born + after - Duration::from_millis(10), &deadlines());
        record.judge(&pulse, born + after, &deadlines());
        pulse.orders.heard()
    }

    #[test]
    fn what_does_nothing_rests_and_ends_in_the_end() {
        let soon = Duration::from_secs(1);
        assert_eq!(told(Spoken::Http1, soon, |_| {}), Order::Rest);
        assert_eq!(told(Spoken::Http1, 2 * IDLE, |_| {}), Order::Leave);
        assert_eq!(told(Spoken::Http2, soon, |_| {}), Order::Stay);
    }

    #[test]
    fn what_is_under_way_does_not_rest() {
        let soon = Duration::from_secs(1);
        assert_eq!(told(Spoken::Http1, soon, |pulse| std::mem::forget(pulse.asked())), Order::Stay);
        assert_eq!(told(Spoken::Http1, soon, |pulse| pulse.is_amid(true)), Order::Stay);
        assert_eq!(told(Spoken::Http1, soon, |pulse| pulse.rests(true)), Order::Stay);
        assert_eq!(told(Spoken::Http1, 2 * AGE, |pulse| std::mem::forget(pulse.asked())), Order::Finish);
    }
}

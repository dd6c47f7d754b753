//! How the targets of every upstream are doing, for all workers of the process: what is open, what failed,
//! who is left out. Plain atomics; an answer from a target in good health writes nothing.

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::connect::Connector;
use super::error::{Chain, UpstreamSetupError};
use super::trust::Greeting;
use crate::model::route::Routing;
use crate::model::upstream::{Ejection, HealthCheck, Target, Upstream};

/// All upstreams of one configuration, shared by all workers.
#[derive(Debug)]
pub struct UpstreamHealth {
    pub(super) upstreams: Box<[UpstreamState]>,
}

/// The targets of one upstream.
#[derive(Debug)]
pub(super) struct UpstreamState {
    pub(super) name: Arc<str>,
    pub(super) targets: Box<[Arc<TargetState>]>,
    pub(super) check: Option<HealthCheck>,
}

/// One target: how to reach it and how it is doing.
#[derive(Debug)]
pub(super) struct TargetState {
    pub(super) connector: Connector,
    ejection: Ejection,
    epoch: Instant,
    /// Exchanges under way, connections being made included.
    in_flight: AtomicUsize,
    /// Failures since the last success.
    failures: AtomicU32,
    /// Milliseconds from `epoch` to the end of its pause; 0 is no pause.
    out_until: AtomicU64,
    /// What the last active check found.
    sick: AtomicBool,
    connections: AtomicU64,
    failed: AtomicU64,
    last: Mutex<Option<Failure>>,
}

/// What a target did wrong last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// In words, with what lies behind it.
    pub what: String,
    /// How long ago.
    pub ago: Duration,
    at: Instant,
}

/// The state of one target at one moment, for metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<'h> {
    /// Name of the upstream.
    pub upstream: &'h str,
    /// The target.
    pub target: &'h Target,
    /// Exchanges under way.
    pub in_flight: usize,
    /// Connections made so far.
    pub connections: u64,
    /// Failures so far: not connected, not answered, broken answers.
    pub failed: u64,
    /// Whether requests are given to it.
    pub usable: bool,
    /// How long it is left out after failures in a row.
    pub out_for: Duration,
    /// Whether the last active check found it ill.
    pub sick: bool,
    /// The last failure.
    pub last: Option<Failure>,
}

impl UpstreamHealth {
    /// Sets up every upstream; reads the files of private authorities.
    pub fn new(routing: &Routing) -> Result<Self, UpstreamSetupError> {
        let upstreams: Result<Box<[_]>, _> = routing.upstreams.iter().map(UpstreamState::of).collect();
        Ok(Self { upstreams: upstreams? })
    }

    /// The same for a new configuration; targets that stay keep their state.
    pub fn renewed(&self, routing: &Routing) -> Result<Self, UpstreamSetupError> {
        let fresh = Self::new(routing)?;
        for upstream in &fresh.upstreams {
            let Some(old) = self.upstreams.iter().find(|old| old.name == upstream.name) else { continue };
            for target in &upstream.targets {
                let same = |old: &&Arc<TargetState>| old.connector.target == target.connector.target;
                if let Some(old) = old.targets.iter().find(same) {
                    target.take_over(old);
                }
            }
        }
        Ok(fresh)
    }

    /// Every target as it is now.
    pub fn readings(&self) -> impl Iterator<Item = Reading<'_>> {
        let now = Instant::now();
        self.upstreams.iter().flat_map(move |upstream| {
            upstream.targets.iter().map(move |target| target.reading(&upstream.name, now))
        })
    }
}

impl UpstreamState {
    fn of(upstream: &Upstream) -> Result<Self, UpstreamSetupError> {
        let tls = Greeting::of(upstream)?;
        let target = |target: &Target| {
            let connector = Connector {
                target: target.clone(),
                protocol: upstream.protocol,
                tls: tls.clone(),
                deadline: upstream.pool.connect,
            };
            Arc::new(TargetState::new(connector, upstream.ejection))
        };
        Ok(Self {
            name: upstream.name.clone(),
            targets: upstream.targets.iter().map(target).collect(),
            check: upstream.health.clone(),
        })
    }
}

impl TargetState {
    pub(super) fn new(connector: Connector, ejection: Ejection) -> Self {
        Self {
            connector,
            ejection,
            epoch: Instant::now(),
            in_flight: AtomicUsize::new(0),
            failures: AtomicU32::new(0),
            out_until: AtomicU64::new(0),
            sick: AtomicBool::new(false),
            connections: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            last: Mutex::default(),
        }
    }

    fn take_over(&self, old: &Self) {
        self.failures.store(old.failures.load(Ordering::Relaxed), Ordering::Relaxed);
        self.sick.store(old.sick.load(Ordering::Relaxed), Ordering::Relaxed);
        self.connections.store(old.connections.load(Ordering::Relaxed), Ordering::Relaxed);
        self.failed.store(old.failed.load(Ordering::Relaxed), Ordering::Relaxed);
        *self.last() = old.last().clone();
        let out_until = old.epoch + Duration::from_millis(old.out_until.load(Ordering::Relaxed));
        let left = out_until.saturating_duration_since(self.epoch);
        self.out_until.store(millis(left), Ordering::Relaxed);
    }

    pub(super) fn enter(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn leave(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// An answer came.
    pub(super) fn succeeded(&self) {
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
            self.out_until.store(0, Ordering::Relaxed);
        }
    }

    /// It did not connect, did not answer, or answered rubbish; it is left out once that happened too
    /// often in a row. After the pause one more failure is enough.
    pub(super) fn failed(&self, now: Instant, why: &dyn Error) {
        *self.last() = Some(Failure { what: Chain(why).to_string(), ago: Duration::ZERO, at: now });
        self.failed.fetch_add(1, Ordering::Relaxed);
        let row = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if row >= self.ejection.failures.max(1) {
            let until = now.saturating_duration_since(self.epoch) + self.ejection.pause;
            self.out_until.store(millis(until), Ordering::Relaxed);
        }
    }

    /// What an active check found; a good answer also ends a pause.
    pub(super) fn checked(&self, healthy: bool) {
        self.sick.store(!healthy, Ordering::Relaxed);
        if healthy {
            self.succeeded();
        }
    }

    /// How long it is still left out; `Duration::MAX` while active checks fail.
    pub(super) fn out_for(&self, now: Instant) -> Duration {
        if self.sick.load(Ordering::Relaxed) {
            return Duration::MAX;
        }
        self.paused_for(now)
    }

    fn paused_for(&self, now: Instant) -> Duration {
        let out_until = self.out_until.load(Ordering::Relaxed);
        if out_until == 0 {
            return Duration::ZERO;
        }
        let out_until = self.epoch + Duration::from_millis(out_until);
        out_until.saturating_duration_since(now)
    }

    fn reading<'h>(&'h self, upstream: &'h str, now: Instant) -> Reading<'h> {
        Reading {
            upstream,
            target: &self.connector.target,
            in_flight: self.in_flight(),
            connections: self.connections.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            usable: self.out_for(now).is_zero(),
            out_for: self.paused_for(now),
            sick: self.sick.load(Ordering::Relaxed),
            last: self
                .last()
                .clone()
                .map(|last| Failure { ago: now.saturating_duration_since(last.at), ..last }),
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<Failure>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A target that nobody listens on.
#[cfg(test)]
pub(super) fn test_target(failures: u32, pause: Duration) -> TargetState {
    let connector = Connector {
        target: Target::Unix("/nowhere".into()),
        protocol: crate::model::upstream::Protocol::Http1,
        tls: None,
        deadline: Duration::ZERO,
    };
    TargetState::new(connector, Ejection { failures, pause })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(30);

    #[test]
    fn failures_in_a_row_leave_a_target_out_for_the_pause() {
        let target = test_target(3, PAUSE);
        let now = Instant::now();
        target.failed(now, &std::fmt::Error);
        target.failed(now, &std::fmt::Error);
        target.succeeded();
        target.failed(now, &std::fmt::Error);
        target.failed(now, &std::fmt::Error);
        assert_eq!(target.out_for(now), Duration::ZERO);
        target.failed(now, &std::fmt::Error);
        assert!(target.out_for(now) > PAUSE - Duration::from_secs(1));
        assert_eq!(target.out_for(now + PAUSE), Duration::ZERO);
    }

    #[test]
    fn after_the_pause_one_failure_is_enough_and_one_success_forgives_all() {
        let target = test_target(3, PAUSE);
        let now = Instant::now();
        (0..3).for_each(|_| target.failed(now, &std::fmt::Error));
        let later = now + PAUSE;
        target.failed(later, &std::fmt::Error);
        assert!(!target.out_for(later).is_zero());
        target.succeeded();
        assert!(target.out_for(later).is_zero());
        target.failed(later, &std::fmt::Error);
        assert!(target.out_for(later).is_zero());
    }

    #[test]
    fn a_failed_check_leaves_a_target_out_until_one_passes() {
        let target = test_target(3, PAUSE);
        let now = Instant::now();
        target.checked(false);
        assert_eq!(target.out_for(now), Duration::MAX);
        target.succeeded();
        assert_eq!(target.out_for(now), Duration::MAX);
        target.checked(true);
        assert_eq!(target.out_for(now), Duration::ZERO);
    }

    #[test]
    fn a_target_that_stays_keeps_its_pause() {
        let (old, new) = (test_target(1, PAUSE), test_target(1, PAUSE));
        let now = Instant::now();
        old.failed(now, &std::fmt::Error);
        new.take_over(&old);
        assert!(new.out_for(now) > PAUSE - Duration::from_secs(1));
        assert!(new.out_for(now + PAUSE).is_zero());
    }
}

//! Counting within one process: governor's algorithm (GCRA) on slots of tables that never grow.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota as Pace, RateLimiter};

use super::limiter::Limiter;
use super::table::{Crowd, Table};
use crate::model::quota::{Bucket, Party, Quota, Verdict};
use crate::time::Timestamp;

/// Slots of each table: 16 bytes each.
const SLOTS: usize = 1 << 16;

/// Longest time a budget is counted over; governor counts nanoseconds in 64 bits.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Counts of this process. Failures by source, failures by subject and requests stand apart, so that a
/// flood of one kind crowds nobody out of another.
pub struct Local {
    sources: Table,
    subjects: Table,
    requests: Table,
}

impl Default for Local {
    fn default() -> Self {
        Self {
            sources: Table::with_slots(SLOTS, Crowd::Shares),
            subjects: Table::with_slots(SLOTS, Crowd::Shares),
            requests: Table::with_slots(SLOTS, Crowd::PushesOut),
        }
    }
}

impl Local {
    const fn table(&self, bucket: &Bucket<'_>) -> &Table {
        match bucket {
            Bucket::Failures(Party::Source(_)) => &self.sources,
            Bucket::Failures(Party::Subject(_)) => &self.subjects,
            Bucket::Requests(..) | Bucket::Wishes(..) => &self.requests,
        }
    }
}

impl Limiter for Local {
    fn peek(&self, bucket: &Bucket<'_>, quota: Quota, now: Timestamp) -> Verdict {
        let now = nanos(now);
        let untouched = AtomicU64::new(0);
        let full_at = self.table(bucket).find(bucket, now).unwrap_or(&untouched);
        ask(Question { full_at, now, quota, effect: Effect::None, ahead: Cell::new(0) })
    }

    fn charge(&self, bucket: &Bucket<'_>, quota: Quota, now: Timestamp) -> Verdict {
        let now = nanos(now);
        let full_at = self.table(bucket).claim(bucket, now);
        ask(Question { full_at, now, quota, effect: Effect::Count, ahead: Cell::new(0) })
    }

    fn forget(&self, bucket: &Bucket<'_>, now: Timestamp) -> bool {
        let now = nanos(now);
        let found = self.table(bucket).find(bucket, now);
        found.is_some_and(|full_at| full_at.swap(0, Ordering::AcqRel) > now)
    }
}

/// Nanoseconds since 1970: GCRA divides a second finer than our clock does.
fn nanos(now: Timestamp) -> u64 {
    u64::try_from(now.millis()).unwrap_or(0).saturating_mul(1_000_000)
}

/// One attempt as put to governor.
struct Question<'a> {
    /// When the budget will be whole again, in nanoseconds since 1970.
    full_at: &'a AtomicU64,
    now: u64,
    quota: Quota,
    effect: Effect,
    /// How far in the future `full_at` lay, or lies now if the attempt was counted.
    ahead: Cell<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    None,
    Count,
}

/// Each question has a time axis of its own that begins at the present moment.
struct Present;

impl Clock for Present {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(0)
    }
}

impl StateStore for Question<'_> {
    type Key = NotKeyed;

    /// A budget is at most empty, which takes `per` to fill: a later `full_at` was written before wall
    /// time was put back, and is mended.
    fn measure_and_replace<T, F, E>(&self, _: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let longest = u64::try_from(self.quota.per.as_nanos()).unwrap_or(u64::MAX);
        loop {
            let held = self.full_at.load(Ordering::Acquire);
            let ahead = held.saturating_sub(self.now);
            if ahead > longest {
                let mended = self.now.saturating_add(longest);
                let _ = self.full_at.compare_exchange(held, mended, Ordering::AcqRel, Ordering::Acquire);
                continue;
            }
            self.ahead.set(ahead);
            let (answer, next) = decide(Some(Nanos::new(ahead)))?;
            if self.effect == Effect::None {
                return Ok(answer);
            }
            let new = self.now.saturating_add(next.as_u64());
            if self.full_at.compare_exchange(held, new, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                self.ahead.set(next.as_u64());
                return Ok(answer);
            }
        }
    }
}

fn ask(mut question: Question<'_>) -> Verdict {
    question.quota.per = question.quota.per.min(LONGEST);
    let Quota { amount, per } = question.quota;
    let counted = u32::from(question.effect == Effect::Count);
    let one = (per / amount.get()).max(Duration::from_nanos(1));
    let Some(pace) = Pace::with_period(one) else {
        return Verdict::Wait(per);
    };
    let limiter: RateLimiter<_, _, _, StateInformationMiddleware> =
        RateLimiter::new(pace.allow_burst(amount), question, Present);
    match limiter.check() {
        Ok(state) => Verdict::Allowed {
            remaining: state.remaining_burst_capacity().saturating_add(1 - counted),
            full_in: Duration::from_nanos(limiter.into_state_store().ahead.get()),
        },
        Err(refused) => Verdict::Wait(refused.wait_time_from(Nanos::new(0))),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use proptest::prelude::*;

    use super::*;
    use crate::model::quota::{Source, Subject};

    const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn quota(amount: u32, seconds: u64) -> Quota {
        Quota { amount: NonZeroU32::new(amount).unwrap(), per: Duration::from_secs(seconds) }
    }

    fn source(number: u32) -> Bucket<'static> {
        Bucket::Failures(Party::Source(Source::Four(number)))
    }

    fn charge(local: &Local, number: u32, now: Timestamp) -> bool {
        local.charge(&source(number), quota(3, 60), now).wait().is_none()
    }

    #[test]
    fn a_burst_is_allowed_then_the_budget_refills_evenly() {
        let local = Local::default();
        let left = |expected| Verdict::Allowed {
            remaining: expected,
            full_in: Duration::from_secs(60 - 20 * u64::from(expected)),
        };
        for remaining in [2, 1, 0] {
            assert_eq!(local.charge(&source(1), quota(3, 60), START), left(remaining));
        }
        let wait = Verdict::Wait(Duration::from_secs(20));
        assert_eq!(local.charge(&source(1), quota(3, 60), START), wait);
        assert_eq!(local.peek(&source(1), quota(3, 60), START), wait);
        let later = START.plus(Duration::from_secs(20));
        assert_eq!(local.peek(&source(1), quota(3, 60), later), {
            Verdict::Allowed { remaining: 1, full_in: Duration::from_secs(40) }
        });
        assert!(charge(&local, 1, later) && !charge(&local, 1, later));
        assert!(charge(&local, 2, START), "another source has its own budget");
    }

    #[test]
    fn looking_counts_nothing_and_forgetting_gives_all_back() {
        let local = Local::default();
        for _ in 0..100 {
            let whole = Verdict::Allowed { remaining: 3, full_in: Duration::ZERO };
            assert_eq!(local.peek(&source(1), quota(3, 60), START), whole);
        }
        assert!(!local.forget(&source(1), START));
        while charge(&local, 1, START) {}
        assert!(local.forget(&source(1), START));
        assert!(charge(&local, 1, START));
    }

    #[test]
    fn wall_time_put_back_makes_nobody_wait_longer_than_a_whole_budget() {
        let local = Local::default();
        while charge(&local, 1, START) {}
        let earlier = START.minus(Duration::from_secs(86_400));
        let wait = local.peek(&source(1), quota(3, 60), earlier).wait().unwrap();
        assert_eq!(wait, Duration::from_secs(20));
        assert!(charge(&local, 1, earlier.plus(Duration::from_secs(60))));
    }

    /// Memory is that of the tables, which are made once; what is shown here is that counting goes on
    /// when they are full, and that nobody escapes it.
    #[test]
    fn a_million_sources_find_a_table_of_the_same_size_and_are_still_counted() {
        let local = Local::default();
        while charge(&local, u32::MAX, START) {}
        for number in 0..1_000_000 {
            charge(&local, number, START);
        }
        assert!(!charge(&local, u32::MAX, START), "a flood frees nobody who was exhausted before");
        let allowed = (2_000_000..3_000_000).filter(|number| charge(&local, *number, START)).count();
        assert!(allowed < SLOTS, "{allowed} of a million newcomers were counted by themselves");
        let later = START.plus(Duration::from_secs(61));
        assert!((0..10_000).all(|number| charge(&local, number, later)), "and then it is over");
    }

    #[test]
    fn known_parties_are_never_counted_together() {
        let local = Local::default();
        let named =
            |number: u32| crate::model::api_key::KeyId::from_ascii(format!("{number:012}").as_bytes());
        for number in 0..100_000 {
            let bucket = Bucket::Requests("all", named(number).map(Subject::Key));
            assert!(local.charge(&bucket, quota(1, 60), START).wait().is_none());
        }
    }

    #[test]
    fn quotas_of_any_size_can_be_counted() {
        let local = Local::default();
        for (amount, per) in
            [(1, Duration::MAX), (u32::MAX, Duration::MAX), (u32::MAX, Duration::from_nanos(1))]
        {
            let quota = Quota { amount: NonZeroU32::new(amount).unwrap(), per };
            for _ in 0..3 {
                local.charge(&source(amount), quota, START);
                local.peek(&source(amount), quota, START);
            }
        }
    }

    #[test]
    fn many_threads_are_allowed_exactly_what_one_would_be() {
        let local = Local::default();
        let allowed = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        let verdict = local.charge(&source(1), quota(100, 60), START);
                        allowed.fetch_add(usize::from(verdict.wait().is_none()), Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(allowed.into_inner(), 100);
    }

    proptest! {
        #[test]
        fn within_any_window_of_its_length_a_quota_lets_through_at_most_twice_its_amount(
            amount in 1u32..50,
            seconds in 1u64..100,
            pauses in proptest::collection::vec(0u64..5_000, 1..300),
        ) {
            let (local, quota) = (Local::default(), quota(amount, seconds));
            let (mut now, mut passed) = (START, Vec::new());
            for pause in pauses {
                now = now.plus(Duration::from_millis(pause));
                if local.charge(&source(1), quota, now).wait().is_none() {
                    passed.push(now);
                }
            }
            for (index, first) in passed.iter().enumerate() {
                let within = passed.iter().skip(index).filter(|at| at.since(*first) < quota.per).count();
                prop_assert!(within <= 2 * amount as usize);
                let at_once = passed.iter().skip(index).filter(|at| *at == first).count();
                prop_assert!(at_once <= amount as usize);
            }
        }
    }
}

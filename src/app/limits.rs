//! Failure budgets: what a source, an account or a key id may get wrong before it must wait. All doors ask
//! here and count here. Whoever proves who they are is never asked to wait, and success costs nothing.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::failures::Tally;
use crate::cluster::limiter::Limiter;
use crate::config::Failures;
use crate::model::quota::{Bucket, Party, Quota, Source, Subject, Verdict};
use crate::telemetry::metrics::Metrics;
use crate::time::Timestamp;

/// Parties remembered by name because their budget ran out. Counting does not depend on it.
const NAMED: usize = 4096;

/// The failure budgets of one process.
pub struct Limits {
    limiter: Arc<dyn Limiter>,
    budgets: ArcSwap<Failures>,
    named: Mutex<HashSet<Party>>,
    /// Failed attempts on their way to the audit trail.
    pub tally: Tally,
    metrics: Arc<Metrics>,
}

/// A party whose budget has run out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ban {
    /// Who must wait.
    pub party: Party,
    /// How long until one more attempt is allowed.
    pub left: Duration,
}

impl Limits {
    /// Budgets as configured, counted by `limiter`.
    pub fn new(limiter: Arc<dyn Limiter>, budgets: Failures, metrics: Arc<Metrics>) -> Self {
        Self {
            limiter,
            budgets: ArcSwap::from_pointee(budgets),
            named: Mutex::default(),
            tally: Tally::default(),
            metrics,
        }
    }

    /// Takes other budgets from now on; the part that was spent stays spent.
    pub fn follow(&self, budgets: Failures) {
        self.budgets.store(Arc::new(budgets));
    }

    /// Whether work may be spent on a credential that is not known to be good: asked before hashing it
    /// slowly, looking it up, or saying that it is wrong. Never asked about one that verifies.
    pub fn before_unknown(&self, source: IpAddr, subject: Option<Subject>, now: Timestamp) -> Verdict {
        let verdict = self.budgets_of(source, subject).fold(None, |worst, (party, budget)| {
            let verdict = self.limiter.peek(&Bucket::Failures(party), budget, now);
            Some(worst.map_or(verdict, |worst| stricter(worst, verdict)))
        });
        let verdict = verdict.unwrap_or(Verdict::Wait(Duration::from_secs(1)));
        if verdict.wait().is_some() {
            self.metrics.held_attempts.inc();
        }
        verdict
    }

    /// Counts a failed attempt on its source and on what it was made on.
    pub fn failed(&self, source: IpAddr, subject: Option<Subject>, now: Timestamp) {
        self.metrics.failed_attempts.inc();
        for (party, budget) in self.budgets_of(source, subject) {
            let verdict = self.limiter.charge(&Bucket::Failures(party), budget, now);
            if matches!(verdict, Verdict::Allowed { remaining: 0, .. }) {
                self.metrics.budgets_exhausted.inc();
                self.name(party);
            }
        }
        self.tally.count(Source::of(source), subject, now);
    }

    /// Who must wait now, longest first. Of more than a few thousand not all are listed; strangers who
    /// are counted together for want of room are not.
    pub fn bans(&self, now: Timestamp) -> Vec<Ban> {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bans = Vec::new();
        named.retain(|party| match self.left(*party, now) {
            Some(left) => {
                bans.push(Ban { party: *party, left });
                true
            }
            None => false,
        });
        drop(named);
        bans.sort_by_key(|ban| std::cmp::Reverse(ban.left));
        bans
    }

    /// Gives a party its whole budget back; false when it had not run out.
    pub fn lift(&self, party: Party, now: Timestamp) -> bool {
        let banned = self.left(party, now).is_some();
        self.limiter.forget(&Bucket::Failures(party), now);
        self.named.lock().unwrap_or_else(PoisonError::into_inner).remove(&party);
        banned
    }

    /// The budget of a party and what is left of it. Looking spends nothing.
    pub fn left_of(&self, party: Party, now: Timestamp) -> (Quota, Verdict) {
        let budgets = self.budgets.load();
        let budget = match party {
            Party::Source(_) => budgets.per_source,
            Party::Subject(_) => budgets.per_subject,
        };
        (budget, self.limiter.peek(&Bucket::Failures(party), budget, now))
    }

    fn left(&self, party: Party, now: Timestamp) -> Option<Duration> {
        self.left_of(party, now).1.wait()
    }

    /// Both sides of an attempt with what each may get wrong.
    fn budgets_of(&self, source: IpAddr, subject: Option<Subject>) -> impl Iterator<Item = (Party, Quota)> {
        let budgets = self.budgets.load();
        let source = (Party::Source(Source::of(source)), budgets.per_source);
        let subject = subject.map(|subject| (Party::Subject(subject), budgets.per_subject));
        std::iter::once(source).chain(subject)
    }

    fn name(&self, party: Party) {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if named.len() == NAMED && !named.contains(&party) {
            let any = named.iter().next().copied();
            any.map(|any| named.remove(&any));
        }
        named.insert(party);
    }
}

/// The verdict that lets less through.
fn stricter(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Wait(one), Verdict::Wait(other)) => Verdict::Wait(one.max(other)),
        (wait @ Verdict::Wait(_), Verdict::Allowed { .. })
        | (Verdict::Allowed { .. }, wait @ Verdict::Wait(_)) => wait,
        (Verdict::Allowed { remaining: a, .. }, Verdict::Allowed { remaining: b, .. }) => {
            if a <= b {
                one
            } else {
                other
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::cluster::local::Local;
    use crate::model::id::AccountId;

    const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    const MINUTE: Duration = Duration::from_secs(60);

    fn limits() -> Limits {
        let quota = |amount| Quota { amount: NonZeroU32::new(amount).unwrap(), per: MINUTE };
        let budgets = Failures { per_source: quota(30), per_subject: quota(10) };
        Limits::new(Arc::new(Local::default()), budgets, Arc::default())
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn party(address: IpAddr) -> Party {
        Party::Source(Source::of(address))
    }

    #[test]
    fn a_source_may_fail_thirty_times_a_minute() {
        let limits = limits();
        for _ in 0..30 {
            assert!(limits.before_unknown(address(1), None, START).wait().is_none());
            limits.failed(address(1), None, START);
        }
        assert_eq!(limits.before_unknown(address(1), None, START).wait(), Some(Duration::from_secs(2)));
        assert!(limits.before_unknown(address(2), None, START).wait().is_none());
        assert!(limits.before_unknown(address(1), None, START.plus(MINUTE)).wait().is_none());
    }

    /// K5: one budget per account, from wherever and at whichever door.
    #[test]
    fn an_account_may_be_failed_on_ten_times_a_minute_from_everywhere_together() {
        let limits = limits();
        let subject = Some(Subject::Account(AccountId::mint()));
        for last in 0..10 {
            limits.failed(address(last), subject, START);
        }
        assert!(limits.before_unknown(address(99), subject, START).wait().is_some());
        assert!(limits.before_unknown(address(99), None, START).wait().is_none());
    }

    /// K5: a neighbour in the same /64 is the same source; the next /64 is not.
    #[test]
    fn another_address_of_the_same_64_is_no_way_out() {
        let limits = limits();
        let six = |text: &str| text.parse::<IpAddr>().unwrap();
        for last in 0..30 {
            limits.failed(six(&format!("2001:db8::{last}")), None, START);
        }
        assert!(limits.before_unknown(six("2001:db8::ffff"), None, START).wait().is_some());
        assert!(limits.before_unknown(six("2001:db8:0:1::1"), None, START).wait().is_none());
    }

    #[test]
    fn bans_are_listed_until_they_end_or_are_lifted() {
        let limits = limits();
        (0..30).for_each(|_| limits.failed(address(1), None, START));
        (0..30).for_each(|_| limits.failed(address(2), None, START));
        limits.failed(address(3), None, START);
        let bans = limits.bans(START);
        assert_eq!(bans.len(), 2);
        assert!(bans.iter().all(|ban| ban.left == Duration::from_secs(2)));
        assert!(limits.lift(party(address(1)), START));
        assert!(!limits.lift(party(address(3)), START));
        assert!(limits.before_unknown(address(1), None, START).wait().is_none());
        assert_eq!(limits.bans(START), [Ban { party: party(address(2)), left: Duration::from_secs(2) }]);
        assert!(limits.bans(START.plus(MINUTE)).is_empty());
    }

    #[test]
    fn names_of_the_banned_are_kept_in_bounded_number() {
        let limits = limits();
        for number in 0..6000_u32 {
            let source = Source::Four(number).address();
            (0..30).for_each(|_| limits.failed(source, None, START));
        }
        assert_eq!(limits.bans(START).len(), NAMED);
    }

    #[test]
    fn a_new_budget_is_spent_by_the_same_part_as_the_old_one() {
        let limits = limits();
        (0..25).for_each(|_| limits.failed(address(1), None, START));
        let tight = Quota { amount: NonZeroU32::new(5).unwrap(), per: MINUTE };
        limits.follow(Failures { per_source: tight, per_subject: tight });
        assert!(limits.before_unknown(address(1), None, START).wait().is_some());
    }
}

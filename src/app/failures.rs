//! Failed attempts on their way to the audit trail: counted per source, subject and minute, so that a
//! flood leaves a bounded number of entries. A periodic task calls [`write()`].

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::model::audit::{AuditActor, AuditEntry};
use crate::model::quota::{Source, Subject};
use crate::store::{self, Store};
use crate::time::Timestamp;

/// How often the periodic task should write.
pub const WRITTEN_EVERY: Duration = Duration::from_secs(15);

const SHARDS: usize = 16;

/// Lines kept per shard. What comes beyond is counted in a line of its minute that names nobody.
const LINES: usize = 32;

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Line {
    minute: i64,
    /// `None` stands for all that found no line of their own.
    source: Option<Source>,
    subject: Option<Subject>,
}

type Counts = HashMap<Line, u64>;

/// Failed attempts not yet written.
#[derive(Debug)]
pub struct Tally {
    shards: [Mutex<Counts>; SHARDS],
    hasher: RandomState,
}

impl Default for Tally {
    fn default() -> Self {
        let shards = std::array::from_fn(|_| Mutex::new(Counts::with_capacity(2 * LINES)));
        Self { shards, hasher: RandomState::new() }
    }
}

impl Tally {
    /// Counts one failed attempt.
    pub fn count(&self, source: Source, subject: Option<Subject>, now: Timestamp) {
        self.add(Line { minute: now.seconds().div_euclid(60), source: Some(source), subject }, 1);
    }

    fn add(&self, line: Line, more: u64) {
        let mut counts = self.shard(line);
        if let Some(count) = counts.get_mut(&line) {
            *count = count.saturating_add(more);
            return;
        }
        let line = if counts.len() < LINES { line } else { Line { source: None, subject: None, ..line } };
        let count = counts.entry(line).or_insert(0);
        *count = count.saturating_add(more);
    }

    fn shard(&self, line: Line) -> MutexGuard<'_, Counts> {
        let [first, rest @ ..] = &self.shards;
        let index = self.hasher.hash_one(line) as usize % SHARDS;
        rest.get(index).unwrap_or(first).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out what was counted in minutes that are over.
    fn take_before(&self, minute: i64) -> Vec<(Line, u64)> {
        let mut taken = Counts::new();
        for shard in &self.shards {
            let mut counts = shard.lock().unwrap_or_else(PoisonError::into_inner);
            counts.retain(|line, count| {
                let over = line.minute < minute;
                if over {
                    *taken.entry(*line).or_insert(0) += *count;
                }
                !over
            });
        }
        let mut taken: Vec<_> = taken.into_iter().collect();
        taken.sort_by_key(|(line, count)| (line.minute, std::cmp::Reverse(*count)));
        taken
    }
}

/// Which minutes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Minutes {
    /// Those that are over.
    Over,
    /// The present one too, at the end of the program.
    All,
}

/// Writes one `auth.failed` entry for each source, subject and minute; gives the number of entries. When
/// the store is away they are kept, within the same bound, until it is back.
///
/// # Errors
/// As [`store::Tx::commit`].
pub async fn write(tally: &Tally, store: &Store, minutes: Minutes, now: Timestamp) -> store::Result<usize> {
    let before = match minutes {
        Minutes::Over => now.seconds().div_euclid(60),
        Minutes::All => i64::MAX,
    };
    let taken = tally.take_before(before);
    if taken.is_empty() {
        return Ok(0);
    }
    let written = append(store, &taken, now).await;
    if written.is_err() {
        taken.iter().for_each(|(line, count)| tally.add(*line, *count));
    }
    written.map(|()| taken.len())
}

async fn append(store: &Store, taken: &[(Line, u64)], now: Timestamp) -> store::Result<()> {
    let mut tx = store.begin().await?;
    taken.iter().for_each(|(line, count)| tx.audit(entry(*line, *count)));
    tx.commit(now).await.map(|_| ())
}

fn entry(line: Line, count: u64) -> AuditEntry {
    let minute = Timestamp::from_millis(line.minute.saturating_mul(60_000));
    let subject = match (line.subject, line.source) {
        (Some(subject), _) => subject.to_string(),
        (None, Some(_)) => "unknown credential".to_owned(),
        (None, None) => "many credentials from many sources".to_owned(),
    };
    AuditEntry {
        act: "auth.failed",
        actor: AuditActor::Stranger,
        subject,
        organisation: None,
        address: line.source.map(Source::address),
        request: None,
        detail: format!("count={count} minute={minute}"),
        personal: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(number: u32) -> Source {
        Source::Four(number)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn failures_of_one_source_and_minute_are_one_line() {
        let tally = Tally::default();
        for second in 0..50 {
            tally.count(source(1), None, at(600 + second));
        }
        tally.count(source(1), None, at(660));
        assert!(tally.take_before(10).is_empty());
        let taken = tally.take_before(11);
        assert_eq!(taken.len(), 1);
        assert_eq!(entry(taken[0].0, taken[0].1).detail, "count=50 minute=1970-01-01T00:10:00.000Z");
        assert_eq!(tally.take_before(i64::MAX).len(), 1);
    }

    #[test]
    fn a_million_sources_leave_a_bounded_number_of_lines_and_none_uncounted() {
        let tally = Tally::default();
        for number in 0..1_000_000 {
            tally.count(source(number), None, at(600));
        }
        let taken = tally.take_before(i64::MAX);
        assert!(taken.len() <= SHARDS * LINES + 1, "{}", taken.len());
        assert_eq!(taken.iter().map(|(_, count)| count).sum::<u64>(), 1_000_000);
    }
}

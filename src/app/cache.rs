//! What the walk remembers of the store: keys, session tokens, sessions and standings, each under its
//! own id, at most [`LIFETIME`] old and never past a [`Change`] that speaks of it. Loading is single-flight.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;

use super::recent::{Epoch, Recent};
use crate::model::change::Change;
use crate::time::Timestamp;

/// Longest life of an entry that no change speaks of.
pub const LIFETIME: Duration = Duration::from_secs(60);

/// How many readings under way are shared; beyond it some are done twice.
const READINGS: u64 = 1024;

/// Longest life of the memory that something is not there.
pub const ABSENCE: Duration = Duration::from_secs(10);

/// One remembered thing.
#[derive(Debug)]
pub struct Entry<V> {
    /// What was read.
    pub value: V,
    loaded_at: Timestamp,
    checked: AtomicU64,
}

/// One kind of remembered thing: present ones and absent ones are bounded apart, so that a flood of
/// made-up names cannot push good entries out.
pub struct Memory<K, V> {
    present: Cache<K, Found<V>>,
    absent: Cache<K, Found<V>>,
    readings: moka::future::Cache<K, Found<V>>,
    touches: fn(&K, Option<&V>, &Change) -> bool,
}

/// What was found under a key: something, or nothing.
type Found<V> = Arc<Entry<Option<V>>>;

/// Now, and which changes this node knows of: what freshness is judged by.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// Wall time.
    pub now: Timestamp,
    /// Changes seen.
    pub recent: &'a Recent,
    /// How much longer than usual entries hold: the grace while the store is away, else zero.
    pub grace: Duration,
}

impl<V> Entry<V> {
    /// Whether the entry is young enough and untouched by every change seen since it was read.
    fn is_fresh(&self, moment: Moment<'_>, lifetime: Duration, touches: impl Fn(&Change) -> bool) -> bool {
        if moment.now.since(self.loaded_at) >= lifetime {
            return false;
        }
        let checked = Epoch::from_number(self.checked.load(Ordering::Acquire));
        if checked == moment.recent.epoch() {
            return true;
        }
        let (touched, up_to) = moment.recent.touched_since(checked, touches);
        if !touched {
            self.checked.fetch_max(up_to.number(), Ordering::AcqRel);
        }
        !touched
    }
}

impl<K, V> Memory<K, V>
where
    K: Hash + Eq + Copy + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Room for so many present entries and as many absent ones. `touches` says whether a change
    /// speaks of a key and what was found under it.
    pub fn with_room(entries: u64, touches: fn(&K, Option<&V>, &Change) -> bool) -> Self {
        let readings = moka::future::Cache::new(READINGS);
        Self { present: Cache::new(entries), absent: Cache::new(entries), readings, touches }
    }

    /// What is remembered under `key`; `None` when nothing fresh is.
    pub fn peek(&self, key: &K, moment: Moment<'_>) -> Option<Found<V>> {
        let found = match self.present.get(key) {
            Some(found) => found,
            None => self.absent.get(key)?,
        };
        self.is_fresh(key, &found, moment).then_some(found)
    }

    /// Remembers what `read` finds under `key`; of several who ask at once one reads. What a change speaks
    /// of while it is being read is stale at once, and whoever peeks will find nothing.
    ///
    /// # Errors
    /// What `read` failed with, shared by all who waited for it and not remembered.
    pub async fn read<F, E>(&self, key: K, moment: Moment<'_>, read: impl FnOnce() -> F) -> Result<(), Arc<E>>
    where
        F: Future<Output = Result<Option<V>, E>> + Send,
        E: Send + Sync + 'static,
    {
        let reading = async {
            let checked = AtomicU64::new(moment.recent.epoch().number());
            let value = read().await?;
            Ok(Arc::new(Entry { value, loaded_at: moment.now, checked }))
        };
        let found = self.readings.try_get_with(key, reading).await?;
        if found.value.is_some() {
            self.absent.invalidate(&key);
            self.present.insert(key, found);
        } else {
            self.present.invalidate(&key);
            self.absent.insert(key, found);
        }
        self.readings.invalidate(&key).await;
        Ok(())
    }

    /// Forgets all of it.
    pub fn clear(&self) {
        self.present.invalidate_all();
        self.absent.invalidate_all();
    }

    fn is_fresh(&self, key: &K, found: &Entry<Option<V>>, moment: Moment<'_>) -> bool {
        let lifetime = if found.value.is_some() { LIFETIME.saturating_add(moment.grace) } else { ABSENCE };
        found.is_fresh(moment, lifetime, |change| (self.touches)(key, found.value.as_ref(), change))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::model::id::AccountId;

    fn memory() -> Memory<AccountId, u32> {
        Memory::with_room(10, |key, _, change| *change == Change::Account(*key))
    }

    async fn ask(
        memory: &Memory<AccountId, u32>,
        key: AccountId,
        moment: Moment<'_>,
        reads: &AtomicUsize,
    ) -> Option<u32> {
        let read = || async {
            let nth = reads.fetch_add(1, Ordering::SeqCst) as u32;
            Ok::<_, ()>(Some(nth))
        };
        loop {
            if let Some(found) = memory.peek(&key, moment) {
                return found.value;
            }
            memory.read(key, moment, read).await.unwrap();
        }
    }

    /// R-51, K8: what a change speaks of is read anew, what it does not speak of is kept.
    #[tokio::test]
    async fn an_entry_lives_until_its_change() {
        let (memory, recent, reads) = (memory(), Recent::default(), AtomicUsize::new(0));
        let (ada, bob) = (AccountId::mint(), AccountId::mint());
        let moment = Moment { now: Timestamp::from_millis(0), recent: &recent, grace: Duration::ZERO };
        assert_eq!(ask(&memory, ada, moment, &reads).await, Some(0));
        recent.saw(Change::Account(bob));
        assert_eq!(ask(&memory, ada, moment, &reads).await, Some(0));
        recent.saw(Change::Account(ada));
        assert_eq!(ask(&memory, ada, moment, &reads).await, Some(1));
    }

    /// a change that lands while the store is being read makes that reading stale at once.
    #[tokio::test]
    async fn a_change_during_the_reading_is_not_missed() {
        let (memory, recent, reads) = (memory(), Recent::default(), AtomicUsize::new(0));
        let ada = AccountId::mint();
        let moment = Moment { now: Timestamp::from_millis(0), recent: &recent, grace: Duration::ZERO };
        let read = || async {
            let nth = reads.fetch_add(1, Ordering::SeqCst) as u32;
            if nth == 0 {
                recent.saw(Change::Account(ada));
            }
            Ok::<_, ()>(Some(nth))
        };
        memory.read(ada, moment, read).await.unwrap();
        assert!(memory.peek(&ada, moment).is_none());
        memory.read(ada, moment, read).await.unwrap();
        assert_eq!(memory.peek(&ada, moment).unwrap().value, Some(1));
    }

    /// While the store is away, what is known goes on for the grace.
    #[tokio::test]
    async fn the_grace_extends_what_is_known() {
        let (memory, recent, reads) = (memory(), Recent::default(), AtomicUsize::new(0));
        let ada = AccountId::mint();
        let at = |millis, grace| Moment { now: Timestamp::from_millis(millis), recent: &recent, grace };
        assert_eq!(ask(&memory, ada, at(0, Duration::ZERO), &reads).await, Some(0));
        assert_eq!(ask(&memory, ada, at(110_000, Duration::from_secs(60)), &reads).await, Some(0));
        recent.saw(Change::Account(ada));
        assert_eq!(ask(&memory, ada, at(110_001, Duration::from_secs(60)), &reads).await, Some(1));
    }

    #[tokio::test]
    async fn nothing_is_kept_past_its_lifetime() {
        let (memory, recent, reads) = (memory(), Recent::default(), AtomicUsize::new(0));
        let ada = AccountId::mint();
        let at =
            |millis| Moment { now: Timestamp::from_millis(millis), recent: &recent, grace: Duration::ZERO };
        assert_eq!(ask(&memory, ada, at(0), &reads).await, Some(0));
        assert_eq!(ask(&memory, ada, at(59_999), &reads).await, Some(0));
        assert_eq!(ask(&memory, ada, at(60_000), &reads).await, Some(1));
    }

    /// K2: many who ask at once cause one reading.
    #[tokio::test]
    async fn one_reading_serves_all_who_wait() {
        let (memory, recent, reads) = (memory(), Recent::default(), AtomicUsize::new(0));
        let ada = AccountId::mint();
        let moment = Moment { now: Timestamp::from_millis(0), recent: &recent, grace: Duration::ZERO };
        let read = || async {
            reads.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok::<_, ()>(Some(7))
        };
        let asked = tokio::join!(memory.read(ada, moment, read), memory.read(ada, moment, read));
        assert!(asked.0.is_ok() && asked.1.is_ok());
        assert_eq!(memory.peek(&ada, moment).unwrap().value, Some(7));
        assert_eq!(reads.load(Ordering::SeqCst), 1);
    }
}

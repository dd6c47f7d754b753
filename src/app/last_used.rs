//! When keys and sessions were last used, gathered in memory and written in bulk once a minute and at
//! the end. The walk pays a look at one number for it; the store is never on its way.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::api_key::KeyId;
use crate::model::id::SessionId;
use crate::store::{self, Store, api_keys, sessions};
use crate::time::Timestamp;

const MINUTE: i64 = 60_000;
/// A power of two. Each place remembers one id of all that fall on it.
const PLACES: usize = 8192;

/// Uses of keys and of sessions.
pub struct LastUsed {
    /// Keys that were admitted.
    pub keys: Recorder<KeyId>,
    /// Sessions that were admitted.
    pub sessions: Recorder<SessionId>,
}

impl LastUsed {
    /// Writes what was recorded since the last time. Called every minute, and once when the process
    /// ends. What cannot be written is kept for the next time.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn flush(&self, store: &Store) -> store::Result<()> {
        for (minute, ids) in self.keys.take() {
            let written = api_keys::touch(store, &ids, minute).await;
            self.keys.keep_unless(written, &ids, minute)?;
        }
        for (minute, ids) in self.sessions.take() {
            let written = sessions::touch(store, &ids, minute).await;
            self.sessions.keep_unless(written, &ids, minute)?;
        }
        Ok(())
    }
}

impl Default for LastUsed {
    fn default() -> Self {
        Self { keys: Recorder::by(spread_of_key), sessions: Recorder::by(spread_of_session) }
    }
}

/// All of a key's id, which is random throughout.
fn spread_of_key(id: &KeyId) -> u64 {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *id.bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h]) ^ (u64::from(u32::from_le_bytes([i, j, k, l])) << 20)
}

/// The second half of a session's id: in UUID version 7 that is the random one.
fn spread_of_session(id: &SessionId) -> u64 {
    id.bytes().last_chunk::<8>().map_or(0, |half| u64::from_le_bytes(*half))
}

/// Remembers for each id the last minute it was used in.
pub struct Recorder<I> {
    spread: fn(&I) -> u64,
    seen: Box<[AtomicU64]>,
    pending: Mutex<HashMap<I, i64>>,
}

impl<I: Copy + Eq + Hash> Recorder<I> {
    /// A recorder that tells ids apart by 64 of their bits.
    pub fn by(spread: fn(&I) -> u64) -> Self {
        let seen = (0..PLACES).map(|_| AtomicU64::new(0)).collect();
        Self { spread, seen, pending: Mutex::default() }
    }

    /// Notes a use. Costs one load and one comparison when the id was noted in this minute already.
    pub fn record(&self, id: I, at: Timestamp) {
        let minute = at.millis().div_euclid(MINUTE);
        let mixed = (self.spread)(&id).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mark = mixed.wrapping_add(minute.cast_unsigned().wrapping_mul(0xD6E8_FEB8_6659_FD93)) | 1;
        let place = (mixed >> (64 - PLACES.trailing_zeros())) as usize;
        let Some(place) = self.seen.get(place) else { return };
        if place.load(Ordering::Relaxed) != mark {
            self.note(id, minute);
            place.store(mark, Ordering::Relaxed);
        }
    }

    /// The last use that is not written yet, at minute precision.
    pub fn unwritten(&self, id: &I) -> Option<Timestamp> {
        self.pending().get(id).map(|minute| Timestamp::from_millis(minute * MINUTE))
    }

    #[cold]
    fn note(&self, id: I, minute: i64) {
        let mut pending = self.pending();
        let known = pending.entry(id).or_insert(minute);
        *known = minute.max(*known);
    }

    /// What is to be written, by minute.
    fn take(&self) -> Vec<(Timestamp, Vec<I>)> {
        let mut minutes: HashMap<i64, Vec<I>> = HashMap::new();
        for (id, minute) in std::mem::take(&mut *self.pending()) {
            minutes.entry(minute).or_default().push(id);
        }
        let mut minutes: Vec<_> = minutes.into_iter().collect();
        minutes.sort_unstable_by_key(|(minute, _)| *minute);
        minutes.into_iter().map(|(minute, ids)| (Timestamp::from_millis(minute * MINUTE), ids)).collect()
    }

    fn keep_unless(&self, written: store::Result<()>, ids: &[I], minute: Timestamp) -> store::Result<()> {
        if written.is_err() {
            ids.iter().for_each(|id| self.note(*id, minute.millis().div_euclid(MINUTE)));
        }
        written
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<I, i64>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &[u8; 12]) -> KeyId {
        KeyId::from_ascii(id).unwrap()
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn many_uses_in_a_minute_are_one_and_the_last_minute_counts() {
        let recorder = Recorder::by(spread_of_key);
        let (one, other) = (key(b"000000000001"), key(b"000000000002"));
        for second in 0..60 {
            recorder.record(one, at(second * 1000));
        }
        recorder.record(other, at(59_999));
        recorder.record(one, at(60_001));
        assert_eq!(recorder.unwritten(&one), Some(at(60_000)));
        let mut taken = recorder.take();
        assert_eq!(taken.remove(0), (at(0), vec![other]));
        assert_eq!(taken.remove(0), (at(60_000), vec![one]));
        assert_eq!(recorder.unwritten(&one), None);
    }

    #[test]
    fn a_key_recorded_in_this_minute_is_not_recorded_again_after_it_was_written() {
        let recorder = Recorder::by(spread_of_key);
        recorder.record(key(b"000000000001"), at(5));
        recorder.take();
        recorder.record(key(b"000000000001"), at(6));
        assert!(recorder.take().is_empty());
    }

    #[test]
    fn ten_thousand_keys_are_all_recorded() {
        let recorder = Recorder::by(spread_of_key);
        let id = |number: i64| key(format!("{number:012}").as_bytes().try_into().unwrap());
        for round in 0..3 {
            (0..10_000).for_each(|number| recorder.record(id(number), at(round)));
        }
        assert_eq!(recorder.take().iter().map(|(_, ids)| ids.len()).sum::<usize>(), 10_000);
    }

    #[test]
    fn what_could_not_be_written_is_kept_for_the_next_time() {
        let recorder = Recorder::by(spread_of_key);
        let (one, two) = (key(b"000000000001"), key(b"000000000002"));
        recorder.record(one, at(5));
        recorder.record(two, at(5));
        let taken = recorder.take();
        recorder.record(one, at(60_000));
        let refused = Err(store::StoreError::Corrupt { column: "any" });
        assert!(recorder.keep_unless(refused, &taken[0].1, taken[0].0).is_err());
        assert_eq!(recorder.unwritten(&one), Some(at(60_000)), "the later use stays");
        assert_eq!(recorder.unwritten(&two), Some(at(0)));
    }
}

//! A table of counts that never grows, locks or allocates: sets of a few slots, each one word that says
//! whose it is and one that says until when it matters. A slot whose time has passed is free.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// Slots that one owner may stand in; together one or two cache lines.
const WAYS: usize = 8;

/// What becomes of an owner who finds every slot of its set in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crowd {
    /// All such owners of the set are counted as one: right for strangers, who can come in any number.
    Shares,
    /// It takes the slot that is free soonest: right for owners who are known, and so not endless.
    PushesOut,
}

/// Counts by owner.
pub(super) struct Table {
    sets: Box<[Set]>,
    last: Set,
    hasher: RandomState,
    crowd: Crowd,
}

#[derive(Default)]
struct Set {
    slots: [Slot; WAYS],
    /// The common count of those who found no slot.
    crowd: AtomicU64,
}

#[derive(Default)]
struct Slot {
    /// Keyed hash of the owner; 0 is nobody.
    owner: AtomicU64,
    /// Nanoseconds since 1970; free once that is past.
    until: AtomicU64,
}

impl Table {
    /// A table of at least so many slots.
    pub(super) fn with_slots(slots: usize, crowd: Crowd) -> Self {
        let sets = (1..slots.div_ceil(WAYS)).map(|_| Set::default()).collect();
        Self { sets, last: Set::default(), hasher: RandomState::new(), crowd }
    }

    /// The word of an owner, or the crowd's word if that is where it would be counted; `None` when
    /// nothing is counted for it and there is room.
    pub(super) fn find(&self, owner: &impl Hash, now: u64) -> Option<&AtomicU64> {
        let (set, owner) = self.set(owner);
        if let Some(slot) = set.slots.iter().find(|slot| slot.belongs_to(owner)) {
            return Some(&slot.until);
        }
        let full = !set.slots.iter().any(|slot| slot.is_free(now));
        (full && self.crowd == Crowd::Shares).then_some(&set.crowd)
    }

    /// The word to count an owner in. Of several who want a free slot at once one gets it; a count that
    /// another thread was just adding for the slot's last owner may fall to the new one.
    pub(super) fn claim(&self, owner: &impl Hash, now: u64) -> &AtomicU64 {
        let (set, owner) = self.set(owner);
        if let Some(slot) = set.slots.iter().find(|slot| slot.belongs_to(owner)) {
            return &slot.until;
        }
        let free = set.slots.iter().find(|slot| slot.take_if_free(owner, now));
        match (free, self.crowd) {
            (Some(slot), _) => &slot.until,
            (None, Crowd::Shares) => &set.crowd,
            (None, Crowd::PushesOut) => set.push_out(owner),
        }
    }

    fn set(&self, owner: &impl Hash) -> (&Set, u64) {
        let hash = self.hasher.hash_one(owner).max(1);
        let index = usize::try_from(hash).unwrap_or(usize::MAX) % (self.sets.len() + 1);
        (self.sets.get(index).unwrap_or(&self.last), hash)
    }
}

impl Set {
    fn push_out(&self, owner: u64) -> &AtomicU64 {
        let soonest = self.slots.iter().min_by_key(|slot| slot.until.load(Ordering::Acquire));
        soonest.map_or(&self.crowd, |slot| {
            slot.owner.store(owner, Ordering::Release);
            slot.until.store(0, Ordering::Release);
            &slot.until
        })
    }
}

impl Slot {
    fn belongs_to(&self, owner: u64) -> bool {
        self.owner.load(Ordering::Acquire) == owner
    }

    fn is_free(&self, now: u64) -> bool {
        self.until.load(Ordering::Acquire) <= now
    }

    /// Takes a free slot over, or finds that the same owner just did. The last owner is read before the
    /// slot is seen to be free, so nobody who came in between is pushed out.
    fn take_if_free(&self, owner: u64, now: u64) -> bool {
        let last = self.owner.load(Ordering::Acquire);
        if !self.is_free(now) {
            return false;
        }
        match self.owner.compare_exchange(last, owner, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => true,
            Err(other) => other == owner,
        }
    }
}

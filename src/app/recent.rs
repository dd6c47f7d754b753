//! The changes this node has seen lately. Every cached thing and every open stream remembers how far
//! it has been checked; whoever holds one asks here whether anything since then speaks of it.

use std::collections::VecDeque;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::change::Change;

/// How many changes are remembered; whoever is further behind than this must start anew.
const REMEMBERED: usize = 4096;

/// Counts changes seen by this node since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(u64);

impl Epoch {
    /// As a number, to be kept in an atomic.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Back from [`Epoch::number`].
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }
}

/// A bounded memory of changes. Reading the epoch takes no lock.
#[derive(Debug, Default)]
pub struct Recent {
    epoch: AtomicU64,
    changes: RwLock<VecDeque<Change>>,
}

impl Recent {
    /// How many changes were seen so far. Take it before reading from the store what will be cached.
    pub fn epoch(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::Acquire))
    }

    /// Takes a change in. From now on everything older that it touches is stale.
    pub fn saw(&self, change: Change) {
        let mut changes = self.changes.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        if changes.len() == REMEMBERED {
            changes.pop_front();
        }
        changes.push_back(change);
        self.epoch.fetch_add(1, Ordering::Release);
    }

    /// Whether any change after `since` is one that `touches` accepts. Also true when `since` is too
    /// far back to tell. Returns the epoch that this answer holds for.
    pub fn touched_since(&self, since: Epoch, touches: impl Fn(&Change) -> bool) -> (bool, Epoch) {
        let changes = self.changes.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let now = self.epoch();
        let missed = usize::try_from(now.0.saturating_sub(since.0)).unwrap_or(usize::MAX);
        let touched = missed > changes.len() || changes.iter().rev().take(missed).any(touches);
        (touched, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::AccountId;

    #[test]
    fn only_changes_after_the_mark_count() {
        let recent = Recent::default();
        let (ada, bob) = (AccountId::mint(), AccountId::mint());
        recent.saw(Change::Account(ada));
        let mark = recent.epoch();
        recent.saw(Change::Account(bob));
        assert!(!recent.touched_since(mark, |change| *change == Change::Account(ada)).0);
        assert!(recent.touched_since(mark, |change| *change == Change::Account(bob)).0);
    }

    #[test]
    fn whoever_is_too_far_behind_is_told_to_start_anew() {
        let recent = Recent::default();
        let mark = recent.epoch();
        for _ in 0..=REMEMBERED {
            recent.saw(Change::Setting);
        }
        assert!(recent.touched_since(mark, |_| false).0);
    }
}

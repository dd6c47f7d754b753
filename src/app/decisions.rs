//! The last decisions of the gate, for the one who asks why a request was turned away.
//! Bounded in number and age; never on disk.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::model::caller::RequestId;
use crate::model::id::AccountId;
use crate::model::identity::Presented;
use crate::time::Timestamp;

/// How many are kept.
const KEPT: usize = 10_000;

/// How long they are kept.
const AGE: Duration = Duration::from_secs(600);

/// One decision.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The request.
    pub request: RequestId,
    /// When.
    pub at: Timestamp,
    /// Status answered.
    pub status: u16,
    /// Route by name, if one was found.
    pub route: Option<Arc<str>>,
    /// Why, as a stable slug (`admitted`, `expired`, …).
    pub reason: &'static str,
    /// The credential's public id, if one was presented that looks like ours.
    pub credential: Option<Presented>,
    /// Whose it is; `None` where nobody proved to hold it.
    pub account: Option<AccountId>,
}

/// The ring of decisions.
#[derive(Debug, Default)]
pub struct Decisions(Mutex<VecDeque<Decision>>);

impl Decisions {
    /// Remembers one, pushing out what is too old or too many.
    pub fn note(&self, decision: Decision) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while ring.front().is_some_and(|old| ring.len() >= KEPT || decision.at.since(old.at) > AGE) {
            ring.pop_front();
        }
        ring.push_back(decision);
    }

    /// What was decided of a request, if that is still remembered at `now`.
    pub fn of(&self, request: &RequestId, now: Timestamp) -> Option<Decision> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.iter()
            .rev()
            .find(|decision| decision.request == *request && now.since(decision.at) <= AGE)
            .cloned()
    }
}

//! The seam behind which attempts are counted. Answers are given at once and from memory: a limiter that
//! shares counts with other nodes does so behind the back of its caller, so a peer that is slow or away
//! makes limits coarser, never absent.

use crate::model::quota::{Bucket, Quota, Verdict};
use crate::time::Timestamp;

/// Counts attempts against quotas.
pub trait Limiter: Send + Sync {
    /// What one more attempt would be told, without counting it. `remaining` includes that attempt.
    fn peek(&self, bucket: &Bucket<'_>, quota: Quota, now: Timestamp) -> Verdict;

    /// Counts one attempt, unless it is refused.
    fn charge(&self, bucket: &Bucket<'_>, quota: Quota, now: Timestamp) -> Verdict;

    /// Gives the whole budget back; false when nothing was counted.
    fn forget(&self, bucket: &Bucket<'_>, now: Timestamp) -> bool;
}

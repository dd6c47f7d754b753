//! Quotas: how much is allowed in which time.

use std::num::NonZeroU32;
use std::time::Duration;

/// So many requests or failures in such a time, all of which may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many.
    pub amount: NonZeroU32,
    /// In which time; the budget refills evenly over it.
    pub per: Duration,
}

/// What a limiter says of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Allowed; so many are left right now.
    Allowed {
        /// What remains of the burst.
        remaining: u32,
    },
    /// Refused; ask again after this long.
    Wait(Duration),
}

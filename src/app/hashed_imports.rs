//! Whether any imported key is known by a foreign hash only. While none is, and that is nearly always, the
//! walk need not ask the store whose prefix an unknown text begins with.

use std::sync::atomic::{AtomicU64, Ordering};

use super::recent::{Epoch, Recent};
use crate::model::change::Change;
use crate::store::{Store, StoreError, imported_keys};

/// The last answer of the store, and how far it has been checked: the epoch above one bit. Zero is none.
#[derive(Debug, Default)]
pub struct HashedImports(AtomicU64);

const ASKED: u64 = 1 << 63;

impl HashedImports {
    /// Asks the store once, and again after an import.
    ///
    /// # Errors
    /// When the store must be asked and does not answer.
    pub async fn any(&self, store: &Store, recent: &Recent) -> Result<bool, StoreError> {
        let known = self.0.load(Ordering::Acquire);
        if known & ASKED != 0 {
            let since = Epoch::from_number((known & !ASKED) >> 1);
            if !recent.touched_since(since, |change| *change == Change::Everything).0 {
                return Ok(known & 1 == 1);
            }
        }
        let epoch = recent.epoch();
        let any = imported_keys::any_hashed(store).await?;
        self.0.store(ASKED | (epoch.number() << 1) | u64::from(any), Ordering::Release);
        Ok(any)
    }
}

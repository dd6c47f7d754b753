//! Hashes that other programs made, checked by the same crew: within the same bounds on time, memory and
//! number.

use std::sync::atomic::Ordering;

use super::super::Secret;
use super::super::foreign::{ForeignHash, Weight};
use super::{HashingError, HashingPool, Verdict, params_of, read};

impl HashingPool {
    /// Compares a key with the hash that another program made of it.
    ///
    /// # Errors
    /// As [`HashingPool::verify`].
    pub async fn verify_foreign(
        &self,
        key: Secret<String>,
        hash: &ForeignHash,
    ) -> Result<bool, HashingError> {
        self.bears(hash)?;
        if let ForeignHash::Argon2(phc) = hash {
            return Ok(self.compare(key, &read(phc)?).await? != Verdict::Wrong);
        }
        if let Some(matches) = hash.matches_at_once(key.expose().as_bytes()) {
            return Ok(matches);
        }
        let (hash, computed, turn) = (hash.clone(), self.computed.clone(), self.turn().await?);
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            computed.fetch_add(1, Ordering::Relaxed);
            hash.matches_slowly(key.expose().as_bytes())
        });
        work.await.map_err(|_| HashingError::Stopped)
    }

    /// Whether a hash can be checked within what one hash may take.
    ///
    /// # Errors
    /// [`HashingError::TooCostly`]; [`HashingError::Unreadable`] for argon2 of another version or of figures
    /// that no sane program takes.
    pub fn bears(&self, hash: &ForeignHash) -> Result<(), HashingError> {
        let needed_kib = match (hash.weight(), hash) {
            (Weight::AsWritten, ForeignHash::Argon2(phc)) => u64::from(params_of(&read(phc)?)?.m_cost()),
            (Weight::Kib(kib), _) => kib,
            (Weight::Nothing | Weight::AsWritten, _) => 0,
        };
        match needed_kib > self.largest_kib {
            true => Err(HashingError::TooCostly { needed_kib, budget_kib: self.largest_kib }),
            false => Ok(()),
        }
    }
}

//! Opening an app: the store, then the keyring that belongs to it. The command line opens one for each
//! verb, the server one for its life.

use std::path::Path;
use std::sync::Arc;

use super::App;
use crate::config::{Config, Hashing};
use crate::mail::MailError;
use crate::model::audit::{AuditActor, AuditEntry};
use crate::secret::keyring::{Fingerprint, Keyring, KeyringError, SIGNING};
use crate::secret::password::{Cost, HashingError, machine_budget_kib};
use crate::store::{self, Store, StoreError};
use crate::time::{Clock, Timestamp};

/// Why an app could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store is not there, or cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keyring is not there, or is not the one of these data.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// Hashing as configured is too weak, or more than the machine can bear.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The mail server cannot be spoken to as configured.
    #[error(transparent)]
    Mail(#[from] MailError),
}

impl App {
    /// Opens the store, brings its schema up to date, and opens the keyring that belongs to it. On a
    /// store that was never filled a keyring is made.
    ///
    /// # Errors
    /// When either cannot be opened, or the keyring is not the one the store was filled with.
    pub async fn open(config: Config, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let store = store::open(&config.store).await?;
        let keyring = open_keyring(&store, &config.keyring, clock.now()).await?;
        Self::new(config, store, keyring, clock).await
    }

    /// Takes over what another process changed in the keyring file.
    ///
    /// # Errors
    /// When the file cannot be used; then the keys in memory stay in force.
    pub fn reread_keyring(&self) -> Result<(), KeyringError> {
        let held = self.keyring.load();
        let fresh = Keyring::open(held.path())?;
        if fresh.fingerprints() != held.fingerprints() {
            self.keyring.store(Arc::new(fresh));
        }
        Ok(())
    }
}

/// The cost of hashing as configured, within half of the machine's memory.
pub(super) fn cost(config: &Config) -> Cost {
    let Hashing { memory_kib, passes, at_once, waiting } = config.hashing;
    Cost { memory_kib, passes, at_once, waiting, budget_kib: machine_budget_kib() }
}

/// Opens the keyring of a store and notes in the store what it holds.
///
/// # Errors
/// As [`App::open`].
pub async fn open_keyring(store: &Store, path: &Path, now: Timestamp) -> Result<Keyring, OpenError> {
    let known = store::keyring::known(store).await?;
    let keyring = Keyring::open_for(path, &known, now.into())?;
    let unknown: Vec<Fingerprint> = keyring
        .fingerprints()
        .iter()
        .filter(|print| print.part != SIGNING && !known.iter().any(|known| known.print == print.print))
        .cloned()
        .collect();
    if !unknown.is_empty() {
        let mut tx = store.begin().await?;
        store::keyring::note(&mut tx, &unknown).await?;
        unknown.iter().for_each(|print| tx.audit(noted(print)));
        tx.commit(now).await?;
    }
    Ok(keyring)
}

fn noted(print: &Fingerprint) -> AuditEntry {
    AuditEntry {
        act: "keyring.noted",
        actor: AuditActor::Gate,
        subject: format!("keyring {} {}", print.part, print.version),
        organisation: None,
        address: None,
        request: None,
        detail: format!("fingerprint={}", print.print),
        personal: None,
    }
}

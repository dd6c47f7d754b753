//! Renewing a part of the keyring: the file first, then its fingerprint in the store, so that running
//! processes notice. A file that was written without its fingerprint is noted by the next start.

use super::actor::Actor;
use super::error::ActionError;
use crate::app::App;
use crate::model::change::Change;
use crate::secret::keyring::{Haste, Keyring, KeyringError, Part, SIGNING};
use crate::store;

/// Why the keyring was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The file could not be read or written; it is as it was.
    #[error(transparent)]
    File(#[from] KeyringError),
    /// As every act. The file may have been renewed; the store will be told at the next start.
    #[error(transparent)]
    Action(#[from] ActionError),
}

/// Renews a part of the keyring. What earlier keys made stays valid.
///
/// # Errors
/// When the actor is no administrator, or file or store cannot be written.
pub async fn rotate(app: &App, actor: &Actor, part: Part, haste: Haste) -> Result<(), RotationError> {
    let now = app.clock.now();
    let path = app.keyring.load().path().to_owned();
    let mut tx = app.store.begin().await.map_err(ActionError::from)?;
    actor.needs_person().map_err(ActionError::from)?;
    actor.administers(&mut tx).await?;
    let fresh = Keyring::rotate(&path, part, haste, now.into())?;
    let prints: Vec<_> = fresh.fingerprints().iter().filter(|print| print.part != SIGNING).cloned().collect();
    store::keyring::note(&mut tx, &prints).await.map_err(ActionError::from)?;
    tx.change(Change::Everything);
    let newest = fresh.fingerprints().iter().find(|print| print.part == part.name());
    let mut entry = actor.entry("keyring.rotated", format!("keyring {}", part.name()));
    entry.detail = newest.map(|print| format!("fingerprint={}", print.print)).unwrap_or_default();
    tx.audit(entry);
    app.commit(tx).await.map_err(ActionError::from)?;
    app.keyring.store(std::sync::Arc::new(fresh));
    Ok(())
}

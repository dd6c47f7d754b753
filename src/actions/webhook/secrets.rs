//! Secrets of webhooks as they are kept: sealed under the keyring, each for its very row and column.

use super::super::error::ActionError;
use crate::app::App;
use crate::model::id::WebhookId;
use crate::secret::seal::{Place, SealError};
use crate::store::StoreError;
use crate::store::webhooks::Sealed;
use crate::time::Timestamp;
use crate::webhooks::message::WebhookSecret;

/// Seals a secret that is in force.
pub(super) fn sealed(app: &App, id: WebhookId, secret: &WebhookSecret) -> Result<Vec<u8>, ActionError> {
    app.keyring.load().seal(current(&id), secret.bytes()).map_err(|_| unreadable())
}

/// The secret in force, sealed for where it goes when another takes over.
pub(super) fn moved(app: &App, held: &Sealed) -> Result<Vec<u8>, ActionError> {
    let (keyring, id) = (app.keyring.load(), held.webhook.id);
    let plain = keyring.unseal(current(&id), &held.secret).map_err(|_| unreadable())?;
    keyring.seal(before(&id), plain.expose()).map_err(|_| unreadable())
}

/// Every secret that signs now, the one in force first.
pub(super) fn signing(app: &App, held: &Sealed, now: Timestamp) -> Result<Vec<WebhookSecret>, SealError> {
    let (keyring, webhook) = (app.keyring.load(), &held.webhook);
    let newest = keyring.unseal(current(&webhook.id), &held.secret)?;
    let mut all = vec![WebhookSecret::from_bytes(newest)];
    if let Some(old) = held.old_secret.as_ref().filter(|_| webhook.old_until.is_some_and(|end| now < end)) {
        all.push(WebhookSecret::from_bytes(keyring.unseal(before(&webhook.id), old)?));
    }
    Ok(all)
}

const fn current(id: &WebhookId) -> Place<'_> {
    Place { table: "webhook", column: "secret", row: id.bytes() }
}

const fn before(id: &WebhookId) -> Place<'_> {
    Place { table: "webhook", column: "old_secret", row: id.bytes() }
}

const fn unreadable() -> ActionError {
    ActionError::Unavailable(StoreError::Corrupt { column: "webhook.secret" })
}

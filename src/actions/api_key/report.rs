//! The drop-box for leaked keys: whoever holds the whole text of a key may end it, known or not. And a
//! look at what a key is, for the operator who was handed one.

use super::super::actor::{Actor, Origin};
use super::super::error::ActionError;
use super::super::events::{self, Event};
use super::notices::tell_of_report;
use crate::app::App;
use crate::model::api_key::{ApiKey, KeyLocator};
use crate::model::audit::{AuditActor, AuditEntry};
use crate::model::change::Change;
use crate::model::key_text::{self, KeyShape};
use crate::secret::keyring::Pepper;
use crate::secret::{Secret, token};
use crate::store::api_keys;

/// What became of a report. Strangers are told the same in every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// The key worked until now.
    Revoked,
    /// No key that works has this text.
    Nothing,
}

/// Ends the key of this text at once. Possession is the proof, so nobody need be signed in.
///
/// # Errors
/// When the store does not answer.
pub async fn report(app: &App, origin: Origin, text: &Secret<String>) -> Result<Reported, ActionError> {
    let now = app.clock.now();
    let Some(found) = find(app, text.expose().as_bytes()).await? else { return Ok(Reported::Nothing) };
    let mut tx = app.store.begin().await?;
    let held = api_keys::hold(&mut tx, found.id).await?.filter(|key| key.is_live(now));
    let Some(key) = held else { return Ok(Reported::Nothing) };
    api_keys::revoke(&mut tx, key.id, now).await?;
    tx.change(Change::Key(key.locator()));
    events::note(app, &mut tx, Event::KeysRevoked(key.account, &[key.id], now)).await?;
    tx.audit(AuditEntry {
        act: "key.reported",
        actor: AuditActor::Stranger,
        subject: format!("key {}", key.id),
        organisation: None,
        address: origin.address,
        request: origin.request,
        detail: format!("account={} revoked=yes", key.account),
        personal: None,
    });
    tell_of_report(app, &Actor { origin, ..Actor::gate() }, &mut tx, &key).await?;
    app.commit(tx).await?;
    Ok(Reported::Revoked)
}

/// What a text turned out to be.
#[derive(Debug)]
pub enum Inspected {
    /// It begins like a key of ours and cannot be one.
    Malformed,
    /// It could be a key, but nobody's.
    Unknown,
    /// It is this key; whether it works is another question.
    Known(Box<ApiKey>),
}

/// Tells an operator, or a holder of an office, what a text is. Changes nothing.
///
/// # Errors
/// When the actor may not, or the store does not answer.
pub async fn inspect(app: &App, actor: &Actor, text: &Secret<String>) -> Result<Inspected, ActionError> {
    actor.oversees_all()?;
    let bytes = text.expose().as_bytes();
    if key_text::parse(bytes) == KeyShape::Malformed {
        return Ok(Inspected::Malformed);
    }
    Ok(find(app, bytes).await?.map_or(Inspected::Unknown, |key| Inspected::Known(Box::new(key))))
}

/// The key that a text is, by its id and digest, or by its digest alone.
async fn find(app: &App, text: &[u8]) -> Result<Option<ApiKey>, ActionError> {
    let keyring = app.keyring.load_full();
    match key_text::parse(text) {
        KeyShape::Malformed => Ok(None),
        KeyShape::Native { id, .. } => {
            let found = api_keys::by_locator(&app.store, KeyLocator::Native(id)).await?;
            Ok(found.filter(|key| {
                keyring
                    .pepper(key.pepper)
                    .is_some_and(|pepper| token::same(&pepper.digest(text), &key.digest))
            }))
        }
        KeyShape::Foreign => {
            for digest in keyring.peppers().iter().map(|pepper: &Pepper| pepper.digest(text)) {
                if let Some(key) = api_keys::by_locator(&app.store, KeyLocator::Imported(digest)).await? {
                    return Ok(Some(key));
                }
            }
            Ok(None)
        }
    }
}

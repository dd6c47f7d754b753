//! Passwords: set by the operator, changed by their owner, set anew with a link. Each ends what an earlier
//! password left behind.

mod context;
pub mod forgotten;
pub(super) mod kept;
mod notice;
mod rules;
mod strength;

pub(super) use self::rules::normal;
pub use self::rules::{Judgement, LONGEST, Password, PasswordRule, SHORTEST};
pub use self::strength::{About, may_ask, strength};

use self::context::Context;

use super::account::NewPerson;
use super::actor::{Actor, Origin, Who};
use super::endings;
use super::error::{ActionError, Denied, Noun, Rule};
use super::proof;
use super::sign_in::SignInError;
use crate::app::App;
use crate::model::account::{Account, AccountKind, AccountStatus, UserName};
use crate::model::audit::AuditActor;
use crate::model::change::Change;
use crate::model::email::Email;
use crate::model::email_link::{EmailLink, Purpose};
use crate::model::id::AccountId;
use crate::model::identity::Presented;
use crate::model::quota::{Party, Subject};
use crate::secret::{Secret, token};
use crate::store::{
    StoreError, Tx, accounts, email_links, factors, memberships, organisations, sessions, sign_in_lanes,
    spaces, standing,
};
use crate::time::Timestamp;

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

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

/// Sets a password without asking for the current one: for the operator and the gate only. Every
/// session of the account ends.
///
/// # Errors
/// `Denied` for accounts, `Missing`, `Refused` for services and closed accounts, `Password` when it is easy
/// to guess, `Busy`.
pub async fn set(app: &App, actor: &Actor, name: &UserName, new: Password) -> Result<(), ActionError> {
    if let Who::Account { .. } = actor.who {
        return Err(Denied::NotAdministrator.into());
    }
    let missing = || ActionError::Missing(Noun::Account);
    let account = accounts::by_user_name(&app.store, name).await?.ok_or_else(missing)?;
    let new = kept::hashed(app, new.suits(app, context(app, &account).await?).await?).await?;
    let mut tx = app.store.begin().await?;
    let account = held(&mut tx, account.id).await?;
    kept::put(app, &mut tx, account.id, &new).await?;
    forget(app, &mut tx, account.id).await?;
    let mut entry = actor.entry("password.set", subject(&account));
    entry.detail = "sessions ended".to_owned();
    tx.audit(entry);
    notice::changed(app, &mut tx, &account, actor.origin).await?;
    app.commit(tx).await?;
    Ok(())
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
    actor.needs_person().map_err(ActionError::from)?;
    let Who::Account { standing, presented: Presented::Session(session) } = &actor.who else {
        return Err(ActionError::from(Denied::NotOwner).into());
    };
    let account = &standing.account;
    let new = new.suits(app, context(app, account).await?).await?;
    let proof = proof::within(app, actor.origin, account.id, *session, &old).await?;
    let new = kept::hashed(app, new).await?;
    let mut tx = app.store.begin().await?;
    let account = proof.settle(app, &mut tx).await?;
    kept::put(app, &mut tx, account.id, &new).await?;
    let mut ended = Vec::new();
    if others == EndOthers::Yes {
        let kept = Some(*session);
        ended = sessions::end_all_of(&mut tx, account.id, kept, app.clock.now()).await?;
        endings::note_sessions(app, &mut tx, account.id, &ended).await?;
        sessions::forget_browsers(&mut tx, account.id, kept).await?;
    }
    tx.change(Change::Account(account.id));
    let mut entry = actor.entry("password.changed", subject(&account));
    entry.detail = format!("other-sessions-ended={}", ended.len());
    tx.audit(entry);
    notice::changed(app, &mut tx, &account, actor.origin).await?;
    app.commit(tx).await?;
    Ok(ended.len())
}

/// When the actor's own password was set.
///
/// # Errors
/// `Denied` for all but people who act for themselves.
pub async fn since(app: &App, actor: &Actor) -> Result<Option<Timestamp>, ActionError> {
    let own = actor.account().ok_or(Denied::NotOwner)?;
    Ok(factors::password_since(&app.store, own).await?)
}

/// Whether a link to set a password anew would work. Changes nothing.
///
/// # Errors
/// The store's.
pub async fn peek(app: &App, text: &Secret<String>) -> Result<bool, ActionError> {
    Ok(promised(app, text).await?.is_some())
}

/// Sets a password with the token of a link: ends every session and signs nobody in. Failures in a
/// row are forgotten, and so are the browsers that were used before.
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
    let gone = || ActionError::Missing(Noun::Link);
    let account = promised(app, text).await?.ok_or_else(gone)?;
    let new = prepared(app, &account, new).await?;
    let digest = token::session_digest(text.expose().as_bytes());
    let mut tx = app.store.begin().await?;
    let account = held(&mut tx, account.id).await?;
    let used = email_links::consume(&mut tx, &digest, Purpose::Reset, app.clock.now()).await?;
    used.filter(|link| serves(link, &account)).ok_or_else(gone)?;
    if !account.validated {
        // Whoever reads mail there may be another than whoever made the account.
        endings::keep_only_proofs(app, &mut tx, account.id, (&[], &[])).await?;
    }
    endings::cancel_change(&mut tx, account.id, app.clock.now()).await?;
    replace(app, &mut tx, account.id, &new).await?;
    tx.audit(origin.entry(AuditActor::Account(account.id), "password.reset", subject(&account)));
    notice::changed(app, &mut tx, &account, origin).await?;
    app.commit(tx).await?;
    app.limits.lift(Party::Subject(Subject::Account(account.id)), app.clock.now());
    Ok(())
}

/// A password that suits an account, hashed.
pub(super) async fn prepared(
    app: &App,
    account: &Account,
    new: Password,
) -> Result<kept::Hashed, ActionError> {
    kept::hashed(app, new.suits(app, context(app, account).await?).await?).await
}

/// Puts a password in place of whatever there was, and forgets what an earlier one left behind.
pub(super) async fn replace(
    app: &App,
    tx: &mut Tx,
    account: AccountId,
    new: &kept::Hashed,
) -> Result<(), ActionError> {
    kept::put(app, tx, account, new).await?;
    forget(app, tx, account).await
}

/// The account whose password a link would set.
async fn promised(app: &App, text: &Secret<String>) -> Result<Option<Account>, ActionError> {
    let digest = token::session_digest(text.expose().as_bytes());
    let link = email_links::usable(&app.store, &digest, Purpose::Reset, app.clock.now()).await?;
    let Some(link) = link else { return Ok(None) };
    let Some(id) = link.account else { return Ok(None) };
    Ok(accounts::by_id(&app.store, id).await?.filter(|account| serves(&link, account)))
}

/// A link belongs to one account and to the address that it had then.
fn serves(link: &EmailLink, account: &Account) -> bool {
    link.account == Some(account.id)
        && link.target == account.email
        && account.status != AccountStatus::Closed
        && account.kind == AccountKind::Person
}

/// An account that may have a password, its row held.
async fn held(tx: &mut Tx, id: AccountId) -> Result<Account, ActionError> {
    let account = accounts::hold(tx, id).await?.ok_or(ActionError::Missing(Noun::Account))?;
    match (account.kind, account.status) {
        (AccountKind::Service(_), _) => Err(Rule::ServiceAccount.into()),
        (AccountKind::Person, AccountStatus::Closed) => Err(Rule::AccountClosed.into()),
        (AccountKind::Person, AccountStatus::Active | AccountStatus::Suspended) => Ok(account),
    }
}

/// What an earlier password left behind: sessions, browsers that are known, failures in a row.
async fn forget(app: &App, tx: &mut Tx, account: AccountId) -> Result<(), ActionError> {
    endings::end_sessions(app, tx, account).await?;
    sessions::forget_browsers(tx, account, None).await?;
    sign_in_lanes::clear(tx, &proof::of_strangers(app, account)).await?;
    tx.change(Change::Account(account));
    Ok(())
}

/// What somebody who guesses knows of an account: its names, and those of the places where it works.
async fn context(app: &App, account: &Account) -> Result<Context, ActionError> {
    let mut context =
        here(app).and_person(&account.user_name, account.email.as_deref(), &account.display_name);
    for home in memberships::of_account(&app.store, account.id).await? {
        let Some(home) = organisations::by_id(&app.store, home).await? else { continue };
        context = context.and([home.slug.as_str(), &*home.name]);
        for space in spaces::list(&app.store, home.id).await? {
            context = context.and([space.slug.as_str(), &*space.name]);
        }
    }
    let held = standing::load(&app.store, account.id).await?.into_iter().flat_map(|held| held.organisations);
    let platforms: Vec<_> = held.flat_map(|home| home.platforms).collect();
    Ok(context.and(platforms.iter().map(|platform| platform.as_str())))
}

/// What everybody knows.
fn here(app: &App) -> Context {
    Context::of_place(&app.config.load().pages.name)
}

/// Hashes the password of a person who is not there yet.
pub(super) async fn hashed_for(
    app: &App,
    new: &NewPerson,
    password: Password,
) -> Result<kept::Hashed, ActionError> {
    let email = new.email.as_ref().map(Email::as_str);
    let context = here(app).and_person(&new.user_name, email, new.shown_name.as_str());
    kept::hashed(app, password.suits(app, context).await?).await
}

fn subject(account: &Account) -> String {
    format!("account {}", account.id)
}

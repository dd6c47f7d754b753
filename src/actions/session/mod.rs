//! Sessions: begun with one token per protected host, listed, ended one by one or all together. What
//! proved the person is the caller's business; this act only begins what was proved.

mod browser;

pub use self::browser::{choose, of_browser, take_up};

use std::sync::Arc;
use std::time::Duration;

use super::actor::{Actor, Origin, Who};
use super::endings;
use super::error::{ActionError, Denied, Noun, Rule};
use crate::app::App;
use crate::model::account::{Account, AccountKind, AccountStatus};
use crate::model::audit::AuditActor;
use crate::model::change::Change;
use crate::model::credentials::Credentials;
use crate::model::id::{AccountId, SessionId};
use crate::model::session::Session;
use crate::secret::{Secret, token};
use crate::store::sessions::HostToken;
use crate::store::{Tx, accounts, sessions, standing};

/// A session to be.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Who is signed in.
    pub account: AccountId,
    /// Hosts that get a token; none is every protected host.
    pub hosts: Vec<Arc<str>>,
    /// How the person proved who they are (RFC 8176 words).
    pub methods: Vec<Arc<str>>,
    /// How long it may last.
    pub stay: Stay,
    /// Credentials to work under, at most one per platform.
    pub chosen: Vec<Credentials>,
    /// What the person uses, as it describes itself.
    pub device: String,
}

/// How long a session may last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// As a working day goes.
    Usual,
    /// Remembered for longer, with less trust.
    Remembered,
}

/// A session that was just begun: the only moment its tokens are known.
pub struct Begun {
    /// As stored, with the first of its hosts.
    pub session: Session,
    /// For each host the value of its cookie.
    pub tokens: Vec<(Arc<str>, Secret<String>)>,
}

/// Longest device text that is kept, in characters.
const DEVICE_LEN: usize = 200;

/// Begins a session for the operator or the gate; people sign in.
///
/// # Errors
/// `Denied` for accounts, `Missing` for unknown accounts and hosts, `Refused` for services and inactive
/// accounts, and for credentials that the account does not hold.
pub async fn create(app: &App, actor: &Actor, new: NewSession) -> Result<Begun, ActionError> {
    if let Who::Account { .. } = actor.who {
        return Err(Denied::NotAdministrator.into());
    }
    let mut tx = app.store.begin().await?;
    let begun = begin(app, &mut tx, (actor.named(), actor.origin), new).await?;
    app.commit(tx).await?;
    Ok(begun)
}

/// Begins a session inside a transaction that holds more.
pub(super) async fn begin(
    app: &App,
    tx: &mut Tx,
    (by, origin): (AuditActor, Origin),
    new: NewSession,
) -> Result<Begun, ActionError> {
    let account = accounts::hold(tx, new.account).await?.ok_or(ActionError::Missing(Noun::Account))?;
    may_sign_in(&account)?;
    let hosts = protected(app, new.hosts)?;
    let chosen = held(app, tx, new.account, new.chosen).await?;
    let (now, config) = (app.clock.now(), app.config.load());
    let (idle, absolute) = lifetimes(new.stay, &config.sessions);
    let session = Session {
        id: SessionId::mint(),
        account: account.id,
        created_at: now,
        authenticated_at: now,
        methods: new.methods,
        last_seen_at: now,
        idle,
        ends_at: now.plus(absolute),
        ended_at: None,
        chosen,
        host: hosts.first().cloned().unwrap_or_default(),
        device: new.device.chars().filter(|c| !c.is_control()).take(DEVICE_LEN).collect::<String>().into(),
        address: origin.address,
    };
    sessions::insert(tx, &session).await?;
    let mut tokens = Vec::with_capacity(hosts.len());
    for host in hosts {
        let text = token_for(app, tx, session.id, &host).await?;
        tokens.push((host, text));
    }
    tx.change(Change::Session(session.id));
    let mut entry = origin.entry(by, "session.created", format!("session {}", session.id));
    entry.detail = format!("account={} methods={}", account.id, session.methods.join(","));
    tx.audit(entry);
    Ok(Begun { session, tokens })
}

/// Gives a session a new token on one host; the one before stops working there.
pub(super) async fn token_for(
    app: &App,
    tx: &mut Tx,
    session: SessionId,
    host: &str,
) -> Result<Secret<String>, ActionError> {
    let text = token::mint_session_token();
    let digest = token::session_digest(text.expose().as_bytes());
    sessions::add_host(tx, &HostToken { session, host, digest }, app.clock.now()).await?;
    tx.change(Change::Session(session));
    Ok(text)
}

/// The same on the public host.
pub(super) async fn renewed(
    app: &App,
    tx: &mut Tx,
    session: SessionId,
) -> Result<Secret<String>, ActionError> {
    let host = app.config.load().public_url.host.clone();
    token_for(app, tx, session, &host).await
}

/// The session of an id, its row held, while it is live.
pub(super) async fn live(app: &App, tx: &mut Tx, id: SessionId) -> Result<Session, ActionError> {
    let now = app.clock.now();
    let found = sessions::hold(tx, id).await?;
    let live = found.filter(|session| session.is_live(now, app.last_seen(session, now)));
    live.ok_or(ActionError::Missing(Noun::Session))
}

/// Ends a session on every host. Whether it was still open. Their owner and administrators may.
///
/// # Errors
/// [`ActionError::Missing`] also for sessions that the actor may not end.
pub async fn end(app: &App, actor: &Actor, id: SessionId) -> Result<bool, ActionError> {
    actor.needs_person()?;
    let missing = || ActionError::Missing(Noun::Session);
    let session = sessions::by_id(&app.store, id).await?.ok_or_else(missing)?;
    let mut tx = app.store.begin().await?;
    if actor.account() != Some(session.account) {
        actor.administers(&mut tx).await.map_err(|_| missing())?;
    }
    if !sessions::end(&mut tx, id, app.clock.now()).await? {
        return Ok(false);
    }
    endings::note_sessions(app, &mut tx, session.account, &[id]).await?;
    let mut entry = actor.entry("session.ended", format!("session {id}"));
    entry.detail = format!("account={}", session.account);
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(true)
}

/// Ends all open sessions of an account, but for one that may be kept. How many there were.
///
/// # Errors
/// [`ActionError::Missing`] also for accounts whose sessions the actor may not end.
pub async fn end_all(
    app: &App,
    actor: &Actor,
    account: AccountId,
    kept: Option<SessionId>,
) -> Result<usize, ActionError> {
    actor.needs_person()?;
    let missing = || ActionError::Missing(Noun::Account);
    let mut tx = app.store.begin().await?;
    if actor.account() != Some(account) {
        actor.administers(&mut tx).await.map_err(|_| missing())?;
    }
    accounts::hold(&mut tx, account).await?.ok_or_else(missing)?;
    let ended = sessions::end_all_of(&mut tx, account, kept, app.clock.now()).await?;
    if ended.is_empty() {
        return Ok(0);
    }
    endings::note_sessions(app, &mut tx, account, &ended).await?;
    let mut entry = actor.entry("sessions.ended", format!("account {account}"));
    entry.detail = format!("count={}", ended.len());
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(ended.len())
}

/// The open sessions of an account, newest first. Managers' rights do not include reading it.
///
/// # Errors
/// [`ActionError::Missing`] when there is no such account, or the actor may not see its sessions.
pub async fn list(app: &App, actor: &Actor, account: AccountId) -> Result<Vec<Session>, ActionError> {
    if actor.account() != Some(account) && actor.oversees_all().is_err() {
        return Err(ActionError::Missing(Noun::Account));
    }
    let now = app.clock.now();
    let open = sessions::open_of(&app.store, account, now).await?;
    Ok(open.into_iter().filter(|session| session.is_live(now, app.last_seen(session, now))).collect())
}

fn may_sign_in(account: &Account) -> Result<(), ActionError> {
    match (account.kind, account.status) {
        (AccountKind::Service(_), _) => Err(Rule::ServiceSession.into()),
        (AccountKind::Person, AccountStatus::Active) => Ok(()),
        (AccountKind::Person, AccountStatus::Closed) => Err(Rule::AccountClosed.into()),
        (AccountKind::Person, AccountStatus::Suspended) => Err(Denied::Inactive.into()),
    }
}

/// The hosts that get a token: those named, each one that the gate answers for, or all of these.
pub(super) fn protected(app: &App, mut named: Vec<Arc<str>>) -> Result<Vec<Arc<str>>, ActionError> {
    let config = app.config.load();
    let mut known = config.routing.hosts.clone();
    known.push(config.public_url.host.clone());
    known.sort();
    known.dedup();
    if named.is_empty() {
        return Ok(known.into_iter().filter(|host| !host.starts_with('*')).collect());
    }
    named.sort();
    named.dedup();
    let answers = |host: &Arc<str>| {
        known.iter().any(|known| match known.strip_prefix('*') {
            Some(domain) => {
                host.strip_suffix(domain).is_some_and(|label| !label.is_empty() && !label.contains('.'))
            }
            None => known == host,
        })
    };
    if named.iter().all(answers) { Ok(named) } else { Err(ActionError::Missing(Noun::Host)) }
}

/// Credentials to begin with: held by the account, one per platform.
async fn held(
    app: &App,
    tx: &mut Tx,
    account: AccountId,
    chosen: Vec<Credentials>,
) -> Result<Vec<Credentials>, ActionError> {
    if chosen.is_empty() {
        return Ok(chosen);
    }
    let standing = standing::load_in(tx, account).await?.ok_or(ActionError::Missing(Noun::Account))?;
    let (now, config) = (app.clock.now(), app.config.load());
    for (at, one) in chosen.iter().enumerate() {
        if chosen.iter().skip(at + 1).any(|other| other.platform == one.platform) {
            return Err(Rule::OnePerPlatform.into());
        }
        if standing.covers(one, &config.roles, now).is_none() {
            return Err(super::api_key::KeyRule::NotHeld(one.clone()).into());
        }
    }
    Ok(chosen)
}

const fn lifetimes(stay: Stay, policy: &crate::config::Sessions) -> (Duration, Duration) {
    match stay {
        Stay::Usual => (policy.idle, policy.absolute),
        Stay::Remembered => (policy.remembered_idle, policy.remembered_absolute),
    }
}

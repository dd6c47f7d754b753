//! Several people in one browser, and several credentials in one session: which one is at work.

use super::super::actor::{Actor, Origin};
use super::super::error::{ActionError, Noun};
use super::{held, live, renewed};
use crate::app::App;
use crate::model::account::Account;
use crate::model::audit::AuditActor;
use crate::model::credentials::Credentials;
use crate::model::id::SessionId;
use crate::model::session::Session;
use crate::secret::{Secret, token};
use crate::store::{organisations, sessions};

/// Who is signed in in a browser, newest first: live sessions of active accounts. `browser` is the value
/// of the device cookie.
///
/// # Errors
/// The store's.
pub async fn of_browser(app: &App, browser: &Secret<String>) -> Result<Vec<(Session, Account)>, ActionError> {
    let now = app.clock.now();
    let digest = token::session_digest(browser.expose().as_bytes());
    let open = sessions::of_browser(&app.store, &digest, now).await?;
    Ok(open.into_iter().filter(|(session, _)| session.is_live(now, app.last_seen(session, now))).collect())
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
    let here = of_browser(app, browser).await?;
    let missing = ActionError::Missing(Noun::Session);
    let (_, account) = here.into_iter().find(|(session, _)| session.id == id).ok_or(missing)?;
    let mut tx = app.store.begin().await?;
    live(app, &mut tx, id).await?;
    let text = renewed(app, &mut tx, id).await?;
    let by = AuditActor::Account(account.id);
    tx.audit(origin.entry(by, "session.taken-up", format!("session {id}")));
    app.commit(tx).await?;
    Ok(text)
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
    actor.needs_person()?;
    let organisation = organisations::by_slug(&app.store, &credentials.organisation).await?;
    let mut tx = app.store.begin().await?;
    let session = live(app, &mut tx, id).await?;
    if actor.account() != Some(session.account) {
        return Err(ActionError::Missing(Noun::Session));
    }
    let new = held(app, &mut tx, session.account, vec![credentials.clone()]).await?;
    let others = session.chosen.into_iter().filter(|one| one.platform != credentials.platform);
    let chosen: Vec<Credentials> = others.chain(new).collect();
    sessions::choose(&mut tx, id, &chosen).await?;
    let text = renewed(app, &mut tx, id).await?;
    let mut entry = actor.entry("session.switched", format!("session {id}"));
    entry.organisation = organisation.map(|organisation| organisation.id);
    entry.detail = format!("credentials={credentials}");
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(text)
}

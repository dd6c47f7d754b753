//! What ends for good when a grant, a space or an account ends: keys lose the credentials they carried
//! under it and do not get them back when the grant is given again.

use super::error::ActionError;
use super::events::{self, Event};
use crate::app::App;
use crate::model::api_key::KeyId;
use crate::model::change::Change;
use crate::model::credentials::Credentials;
use crate::model::email_link::Purpose;
use crate::model::grant::{HeldGrant, Standing};
use crate::model::id::{AccountId, FactorId, OrganisationId, SessionId};
use crate::model::role::{Permission, Roles};
use crate::model::slug::Slug;
use crate::store::endings::Carried;
use crate::store::{
    Tx, address_changes, api_keys, email_links, endings, factors, grants, sessions, standing,
};
use crate::time::Timestamp;

use super::error::Rule;

/// Takes from every key of an account the credentials that no grant of it covers any more; keys left
/// with none are revoked. Grants that have not begun yet cover theirs.
pub(super) async fn settle_keys(app: &App, tx: &mut Tx, account: AccountId) -> Result<usize, ActionError> {
    let now = app.clock.now();
    let Some(held) = standing::load_in(tx, account).await? else { return Ok(0) };
    let config = app.config.load();
    let mut settled = 0;
    for key in endings::live_keys(tx, account, now).await? {
        settled +=
            usize::from(keep_only(app, tx, &key, |one| still_held(&held, one, &config.roles, now)).await?);
    }
    Ok(settled)
}

/// Takes from every key, whoever owns it, the credentials in one space or one organisation that is gone:
/// a later one of the same slug is another.
pub(super) async fn end_credentials_in(
    app: &App,
    tx: &mut Tx,
    organisation: &str,
    space: Option<&str>,
) -> Result<usize, ActionError> {
    let now = app.clock.now();
    let part = match space {
        Some(space) => format!("/{organisation}/{space}/"),
        None => format!("/{organisation}/"),
    };
    let gone = |one: &Credentials| {
        one.organisation.as_str() == organisation && space.is_none_or(|space| one.space.as_str() == space)
    };
    let mut ended = 0;
    for key in endings::live_keys_carrying(tx, &part, now).await? {
        ended += usize::from(keep_only(app, tx, &key, |one| !gone(one)).await?);
    }
    Ok(ended)
}

/// Ends every session and key of an account for good.
pub(super) async fn end_all(app: &App, tx: &mut Tx, account: AccountId) -> Result<(), ActionError> {
    end_sessions(app, tx, account).await?;
    let now = app.clock.now();
    let mut revoked = Vec::new();
    for (id, locator) in api_keys::revoke_all_of(tx, account, now).await? {
        tx.change(Change::Key(locator));
        revoked.push(id);
    }
    events::note(app, tx, Event::KeysRevoked(account, &revoked, now)).await
}

/// Ends every session of an account.
pub(super) async fn end_sessions(app: &App, tx: &mut Tx, account: AccountId) -> Result<(), ActionError> {
    let ended = sessions::end_all_of(tx, account, None, app.clock.now()).await?;
    note_sessions(app, tx, account, &ended).await
}

/// Notes that these sessions of an account ended.
pub(super) async fn note_sessions(
    app: &App,
    tx: &mut Tx,
    account: AccountId,
    ended: &[SessionId],
) -> Result<(), ActionError> {
    ended.iter().for_each(|id| tx.change(Change::Session(*id)));
    events::note(app, tx, Event::SessionsEnded(account, ended)).await
}

/// Refuses to leave an organisation that had a manager without one. Called after the write, with
/// what [`managers`] said before it.
pub(super) async fn keep_a_manager(
    app: &App,
    tx: &mut Tx,
    organisation: OrganisationId,
    before: usize,
) -> Result<(), ActionError> {
    if before > 0 && managers(app, tx, organisation).await? == 0 {
        return Err(Rule::LastManager.into());
    }
    Ok(())
}

/// How many grants make an active account a manager of a whole organisation at this moment.
pub(super) async fn managers(
    app: &App,
    tx: &mut Tx,
    organisation: OrganisationId,
) -> Result<usize, ActionError> {
    let (now, config) = (app.clock.now(), app.config.load());
    let held = grants::held_in(tx, organisation).await?;
    let manages = |grant: &&crate::model::grant::Grant| {
        grant.space.is_none()
            && grant.platform.is_none()
            && grant.starts_at.is_none_or(|start| start <= now)
            && grant.ends_at.is_none_or(|end| now < end)
            && config.roles.by_slug(&grant.role).is_some_and(|role| role.permissions.has(Permission::Manage))
    };
    Ok(held.iter().filter(manages).count())
}

/// Leaves an account only these factors and keys, and cancels what waits to become its address: for whoever takes
/// it over from somebody else.
pub(super) async fn keep_only_proofs(
    app: &App,
    tx: &mut Tx,
    account: AccountId,
    (factors, keys): (&[FactorId], &[KeyId]),
) -> Result<(), ActionError> {
    let now = app.clock.now();
    let mut revoked = Vec::new();
    for key in endings::live_keys(tx, account, now).await?.into_iter().filter(|key| !keys.contains(&key.id)) {
        api_keys::revoke(tx, key.id, now).await?;
        tx.change(Change::Key(key.locator));
        revoked.push(key.id);
    }
    events::note(app, tx, Event::KeysRevoked(account, &revoked, now)).await?;
    factors::keep_only(tx, account, factors).await?;
    cancel_change(tx, account, now).await.map(drop)
}

/// The keys of an account that work.
pub(super) async fn keys_of(
    tx: &mut Tx,
    account: AccountId,
    now: Timestamp,
) -> Result<Vec<KeyId>, ActionError> {
    Ok(endings::live_keys(tx, account, now).await?.into_iter().map(|key| key.id).collect())
}

/// Cancels what waits to become the address of an account. Whether there was anything.
pub(super) async fn cancel_change(
    tx: &mut Tx,
    account: AccountId,
    now: Timestamp,
) -> Result<bool, ActionError> {
    email_links::end_of(tx, account, Purpose::Change, now).await?;
    Ok(address_changes::cancel(tx, account, now).await?)
}

async fn keep_only(
    app: &App,
    tx: &mut Tx,
    key: &Carried,
    keeps: impl Fn(&Credentials) -> bool,
) -> Result<bool, ActionError> {
    let kept: Vec<Credentials> = key.credentials.iter().filter(|one| keeps(one)).cloned().collect();
    if kept.len() == key.credentials.len() {
        return Ok(false);
    }
    if kept.is_empty() {
        let now = app.clock.now();
        api_keys::revoke(tx, key.id, now).await?;
        let opened: Vec<Slug> = key.credentials.iter().map(|one| one.platform.clone()).collect();
        events::revoked(app, tx, key.account, (&[key.id], &opened), now).await?;
    } else {
        endings::narrow(tx, key.id, &kept).await?;
    }
    tx.change(Change::Key(key.locator));
    Ok(true)
}

/// Whether any grant that is not over covers these credentials. Entitlements and roles that configuration
/// lost for a while do not end keys for good, so only equal slugs count for an unknown role.
fn still_held(held: &Standing, wanted: &Credentials, roles: &Roles, now: Timestamp) -> bool {
    let high_enough = |grant: &HeldGrant| match (roles.rank(&grant.role), roles.rank(&wanted.role)) {
        (Some(own), Some(rank)) => own >= rank,
        (None, _) | (_, None) => grant.role == wanted.role,
    };
    held.grants.iter().filter(|grant| grant.ends_at.is_none_or(|end| now < end)).any(|grant| {
        held.organisations
            .get(grant.organisation)
            .is_some_and(|home| home.slug == wanted.organisation && home.spaces.contains(&wanted.space))
            && grant.space.as_ref().is_none_or(|space| *space == wanted.space)
            && grant.platform.as_ref().is_none_or(|platform| *platform == wanted.platform)
            && high_enough(grant)
    })
}

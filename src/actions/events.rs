//! What platforms are told: each act notes its event in the transaction of its change, for the platforms that it
//! concerns as things stand at that moment. Acts that take something away note it before they do.

use std::collections::BTreeSet;

use serde::Serialize;

use super::error::ActionError;
use crate::app::App;
use crate::model::account::Account;
use crate::model::api_key::KeyId;
use crate::model::event::{EventKind, NewEvent, Told};
use crate::model::grant::{Grant, Standing};
use crate::model::id::{AccountId, EventId, OrganisationId, SessionId};
use crate::model::organisation::Organisation;
use crate::model::route::Access;
use crate::model::slug::Slug;
use crate::store::{StoreError, Tx, entitlements, events, organisations, spaces, standing};
use crate::time::Timestamp;
use crate::webhooks::events as said;

/// What happened to an account. The account is given as it is afterwards.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// It was made.
    AccountCreated(&'a Account),
    /// Its address was proved.
    AccountValidated(&'a Account),
    /// It says something else of itself, or is back in use.
    AccountUpdated(&'a Account),
    /// It was ended; noted before its grants go.
    AccountDeleted(&'a Account),
    /// It is back.
    AccountRecovered(&'a Account),
    /// It was stopped for a while.
    AccountDisabled(&'a Account),
    /// Who it was is forgotten, here and in what was said of it.
    AccountErased(&'a Account),
    /// Sessions of it were ended.
    SessionsEnded(AccountId, &'a [SessionId]),
    /// Keys of it were ended, or will be at this moment.
    KeysRevoked(AccountId, &'a [KeyId], Timestamp),
}

/// Whether somebody holds more or less than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// More.
    More,
    /// Less.
    Less,
}

/// Notes an event about an account, for the platforms that it can enter.
///
/// # Errors
/// The store's.
pub async fn note(app: &App, tx: &mut Tx, event: Event<'_>) -> Result<(), ActionError> {
    let (kind, account) = match event {
        Event::AccountCreated(account) => (EventKind::AccountCreated, account),
        Event::AccountValidated(account) => (EventKind::AccountValidated, account),
        Event::AccountUpdated(account) => (EventKind::AccountUpdated, account),
        Event::AccountDeleted(account) => (EventKind::AccountDeleted, account),
        Event::AccountRecovered(account) => (EventKind::AccountRecovered, account),
        Event::AccountDisabled(account) => (EventKind::AccountDisabled, account),
        Event::AccountErased(account) => return erased(app, tx, account).await,
        Event::SessionsEnded(account, sessions) => return ended(app, tx, account, sessions).await,
        Event::KeysRevoked(account, keys, at) => return revoked(app, tx, account, (keys, &[]), at).await,
    };
    let held = standing::load_in(tx, account.id).await?;
    let told = Told::Platforms(entered(app, held.as_ref(), []));
    let data = said::AccountEvent { account: account.into(), erased: false };
    put(app, tx, (kind, Some(account.id), &told), data)
}

/// Notes that keys were ended, also for platforms that only they still opened.
///
/// # Errors
/// The store's.
pub(super) async fn revoked(
    app: &App,
    tx: &mut Tx,
    account: AccountId,
    (keys, opened): (&[KeyId], &[Slug]),
    at: Timestamp,
) -> Result<(), ActionError> {
    if keys.is_empty() {
        return Ok(());
    }
    let Some(held) = standing::load_in(tx, account).await? else { return Ok(()) };
    let told = Told::Platforms(entered(app, Some(&held), opened.iter().cloned()));
    for id in keys {
        let key = said::EventKey { id: id.to_string(), ends_at: at.to_string() };
        let data = said::KeyEvent { account: (&held.account).into(), key };
        put(app, tx, (EventKind::KeyRevoked, Some(account), &told), data)?;
    }
    Ok(())
}

async fn ended(
    app: &App,
    tx: &mut Tx,
    account: AccountId,
    sessions: &[SessionId],
) -> Result<(), ActionError> {
    if sessions.is_empty() {
        return Ok(());
    }
    let Some(held) = standing::load_in(tx, account).await? else { return Ok(()) };
    let told = Told::Platforms(entered(app, Some(&held), []));
    for id in sessions {
        let session = said::EventSession { id: id.to_string() };
        let data = said::SessionEvent { account: (&held.account).into(), session };
        put(app, tx, (EventKind::SessionEnded, Some(account), &told), data)?;
    }
    Ok(())
}

/// Takes the person out of what was said of the account, and tells whoever was told of it.
async fn erased(app: &App, tx: &mut Tx, account: &Account) -> Result<(), ActionError> {
    for (seq, body) in events::bodies_of(tx, account.id).await? {
        let body = said::without_names(&body).map_err(|_| unreadable())?;
        events::rewrite(tx, seq, &body).await?;
    }
    let before = events::told_of(tx, account.id).await?;
    let told = Told::Platforms(entered(app, None, before));
    let data = said::AccountEvent { account: said::EventAccount::from(account).nameless(), erased: true };
    put(app, tx, (EventKind::AccountDeleted, Some(account.id), &told), data)
}

/// Notes that an account holds more or less, for each platform that these grants reach.
///
/// # Errors
/// The store's.
pub(super) async fn grants(
    app: &App,
    tx: &mut Tx,
    holds: Holds,
    changed: &[Grant],
) -> Result<(), ActionError> {
    for grant in changed {
        let Some(home) = organisations::by_id(&app.store, grant.organisation).await? else { continue };
        let Some(held) = standing::load_in(tx, grant.account).await? else { continue };
        let inside = spaces::list(&app.store, home.id).await?;
        let space = inside.into_iter().find(|space| grant.space == Some(space.id));
        let told = Told::Platforms(reached(app, home.id, grant.platform.as_ref()).await?);
        let data = said::GrantEvent {
            change: holds.word(),
            account: Some((&held.account).into()),
            grant: said::EventGrant {
                id: Some(grant.id.to_string()),
                organisation: home.slug.to_string(),
                space: space.map(|space| space.slug.to_string()),
                role: Some(grant.role.to_string()),
                platform: grant.platform.as_ref().map(Slug::to_string),
                starts_at: grant.starts_at.map(|at| at.to_string()),
                ends_at: grant.ends_at.map(|at| at.to_string()),
            },
        };
        put(app, tx, (EventKind::GrantChanged, Some(grant.account), &told), data)?;
    }
    Ok(())
}

/// Notes that everybody in a part of an organisation holds more or less: in one space, or on one platform.
///
/// # Errors
/// The store's.
pub(super) async fn everybody(
    app: &App,
    tx: &mut Tx,
    holds: Holds,
    home: &Organisation,
    (space, platform): (Option<&Slug>, Option<&Slug>),
) -> Result<(), ActionError> {
    let told = match platform {
        Some(platform) => vec![platform.clone()],
        None => reached(app, home.id, None).await?,
    };
    let grant = said::EventGrant {
        id: None,
        organisation: home.slug.to_string(),
        space: space.map(Slug::to_string),
        role: None,
        platform: platform.map(Slug::to_string),
        starts_at: None,
        ends_at: None,
    };
    let data = said::GrantEvent { change: holds.word(), account: None, grant };
    put(app, tx, (EventKind::GrantChanged, None, &Told::Platforms(told)), data)
}

impl Holds {
    const fn word(self) -> &'static str {
        match self {
            Self::More => "added",
            Self::Less => "removed",
        }
    }
}

/// The platforms that an account can enter: those that its grants reach, also before they begin, and those that
/// every account may open.
fn entered(app: &App, held: Option<&Standing>, others: impl IntoIterator<Item = Slug>) -> Vec<Slug> {
    let (config, now) = (app.config.load(), app.clock.now());
    let open = |access: &Access| matches!(access, Access::Optional | Access::SignedIn(_));
    let routes = config.routing.routes.iter().filter(|route| open(&route.access));
    let mut all: BTreeSet<Slug> = routes.map(|route| route.platform.clone()).collect();
    all.extend(others);
    let grants = held.map_or(&[][..], |held| &held.grants);
    for grant in grants.iter().filter(|grant| grant.ends_at.is_none_or(|end| now < end)) {
        let home = held.and_then(|held| held.organisations.get(grant.organisation));
        let entitled = home.map_or(&[][..], |home| &home.platforms);
        let fits = |slug: &&Slug| grant.platform.as_ref().is_none_or(|one| one == *slug);
        all.extend(entitled.iter().filter(fits).cloned());
    }
    all.into_iter().collect()
}

/// The platforms that a grant in an organisation reaches.
async fn reached(app: &App, home: OrganisationId, platform: Option<&Slug>) -> Result<Vec<Slug>, ActionError> {
    let entitled = entitlements::list(&app.store, home).await?;
    Ok(entitled.into_iter().filter(|one| platform.is_none_or(|wanted| wanted == one)).collect())
}

/// Puts an event on the transaction; none that nobody is told of.
pub(super) fn put(
    app: &App,
    tx: &mut Tx,
    (kind, account, told): (EventKind, Option<AccountId>, &Told),
    data: impl Serialize,
) -> Result<(), ActionError> {
    if matches!(told, Told::Platforms(platforms) if platforms.is_empty()) {
        return Ok(());
    }
    let message = said::Message::of(kind, app.clock.now(), data);
    let body = message.body().map_err(|_| unreadable())?;
    tx.event(NewEvent { id: EventId::mint(), kind, account, body, told: told.clone() });
    Ok(())
}

const fn unreadable() -> ActionError {
    ActionError::Unavailable(StoreError::Corrupt { column: "event.body" })
}

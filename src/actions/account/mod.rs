//! Accounts: made, listed, stopped for a while, ended, and given a link to set a password.

pub(super) mod archive;
mod create;
mod erase;
pub mod import;
mod own;
mod personal;
mod reset;

use super::actor::{Actor, Place};
use super::endings;
use super::error::{ActionError, Noun, Rule};
use super::events::{self, Event};
use super::set_up;
use crate::app::App;
use crate::model::account::{Account, AccountKind, AccountStatus, Office, UserName};
use crate::model::change::Change;
use crate::model::email_link::Purpose;
use crate::model::id::AccountId;
use crate::model::organisation::OrganisationStatus;
use crate::model::slug::Slug;
use crate::store::{Tx, accounts, email_links, grants, memberships, organisations};

pub use self::archive::{ArchivedName, NotAName, release};
pub(super) use self::archive::{email_is_kept, name_is_archived};
pub use self::create::{NewPerson, create_person, create_person_with, create_service};
pub(super) use self::create::{insert_person, insert_stranger};
pub use self::erase::erase;
pub use self::own::{choose_language, language, rename};
pub use self::personal::{AccountFacts, GrantFacts, KeyFacts, PersonalData, SessionFacts, personal_data};
pub use self::reset::{Begun, reset};

/// Stops an account for a while: nothing of it works, its sessions end, its keys come back with it.
///
/// # Errors
/// `Denied`, `Missing`, or `Refused` for the last administrator and for closed accounts.
pub async fn suspend(app: &App, actor: &Actor, name: &UserName) -> Result<Account, ActionError> {
    let (mut tx, account) = begin_on(app, actor, name).await?;
    keep_an_administrator(actor, &mut tx, &account).await?;
    accounts::set_status(&mut tx, account.id, AccountStatus::Suspended, app.clock.now()).await?;
    endings::end_sessions(app, &mut tx, account.id).await?;
    let suspended = Account { status: AccountStatus::Suspended, ..account };
    events::note(app, &mut tx, Event::AccountDisabled(&suspended)).await?;
    finish(app, actor, tx, suspended, "account.suspended").await
}

/// Puts a suspended account back in use.
///
/// # Errors
/// `Denied`, `Missing`, or `Refused` for closed accounts.
pub async fn resume(app: &App, actor: &Actor, name: &UserName) -> Result<Account, ActionError> {
    let (mut tx, account) = begin_on(app, actor, name).await?;
    accounts::set_status(&mut tx, account.id, AccountStatus::Active, app.clock.now()).await?;
    let resumed = Account { status: AccountStatus::Active, ..account };
    events::note(app, &mut tx, Event::AccountUpdated(&resumed)).await?;
    finish(app, actor, tx, resumed, "account.resumed").await
}

/// Ends an account for good, with its sessions, keys, memberships and grants. Its name stays taken.
///
/// # Errors
/// `Denied`, `Missing`, or `Refused` for the last administrator and the last manager of an organisation.
pub async fn close(app: &App, actor: &Actor, name: &UserName) -> Result<Account, ActionError> {
    let (mut tx, account) = begin_on(app, actor, name).await?;
    keep_an_administrator(actor, &mut tx, &account).await?;
    endings::end_all(app, &mut tx, account.id).await?;
    let closed = Account { status: AccountStatus::Closed, office: None, ..account };
    events::note(app, &mut tx, Event::AccountDeleted(&closed)).await?;
    for organisation in memberships::of_account(&app.store, closed.id).await? {
        let held = organisations::by_id(&app.store, organisation).await?;
        let before = endings::managers(app, &mut tx, organisation).await?;
        memberships::remove(&mut tx, closed.id, organisation).await?;
        if held.is_some_and(|held| held.status == OrganisationStatus::Open) {
            endings::keep_a_manager(app, &mut tx, organisation, before).await?;
        }
    }
    accounts::set_status(&mut tx, closed.id, AccountStatus::Closed, app.clock.now()).await?;
    finish(app, actor, tx, closed, "account.closed").await
}

/// Gives an account an office, or takes it away.
///
/// # Errors
/// `Denied` for all but administrators, `Refused` for services and for the last administrator.
pub async fn set_office(
    app: &App,
    actor: &Actor,
    name: &UserName,
    office: Option<Office>,
) -> Result<Account, ActionError> {
    let (mut tx, account) = begin_on(app, actor, name).await?;
    actor.administers(&mut tx).await?;
    if account.kind != AccountKind::Person {
        return Err(Rule::ServiceAccount.into());
    }
    if office != Some(Office::Administrator) {
        keep_an_administrator(actor, &mut tx, &account).await?;
    }
    accounts::set_office(&mut tx, account.id, office).await?;
    // A link that somebody was handed for a person without office is none for the holder of one.
    email_links::end_of(&mut tx, account.id, Purpose::Reset, app.clock.now()).await?;
    if office == Some(Office::Administrator) {
        set_up::settle(app, actor, &mut tx).await?;
    }
    let account = Account { office, ..account };
    events::note(app, &mut tx, Event::AccountUpdated(&account)).await?;
    finish(app, actor, tx, account, "account.office-set").await
}

/// One page of accounts in order of their names; of one organisation, or of all.
///
/// # Errors
/// `Denied`, `Missing`.
pub async fn list(
    app: &App,
    actor: &Actor,
    organisation: Option<&Slug>,
    after: &str,
    limit: u32,
) -> Result<Vec<Account>, ActionError> {
    let Some(slug) = organisation else {
        actor.oversees_all()?;
        return Ok(accounts::list(&app.store, after, limit).await?);
    };
    let home = super::organisation::seen(app, actor, slug).await?;
    Ok(accounts::of_organisation(&app.store, home.id, after, limit).await?)
}

/// One page of the accounts whose names begin with this, in order of their names.
///
/// # Errors
/// `Denied` for all but holders of an office.
pub async fn search(
    app: &App,
    actor: &Actor,
    prefix: &str,
    after: &str,
    limit: u32,
) -> Result<Vec<Account>, ActionError> {
    actor.oversees_all()?;
    Ok(accounts::beginning_with(&app.store, prefix, after, limit).await?)
}

/// An account with its grants.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The account.
    pub account: Account,
    /// What it holds.
    pub grants: Vec<grants::Named>,
}

/// One account with its grants: whole for its holder and for holders of an office, with the grants in their
/// organisations for managers of these. For others there is none.
///
/// # Errors
/// `Missing`.
pub async fn show(app: &App, actor: &Actor, name: &UserName) -> Result<Shown, ActionError> {
    let account = by_name(app, name).await?;
    let wanted = grants::Wanted { account: Some(account.id), organisation: None };
    let mut grants = grants::named(&app.store, wanted).await?;
    if actor.account() == Some(account.id) || actor.oversees_all().is_ok() {
        return Ok(Shown { account, grants });
    }
    let mut homes = Vec::new();
    for home in memberships::of_account(&app.store, account.id).await? {
        if actor.oversees(app, home).is_ok() {
            homes.extend(organisations::by_id(&app.store, home).await?.map(|home| home.slug));
        }
    }
    if homes.is_empty() {
        return Err(ActionError::Missing(Noun::Account));
    }
    grants.retain(|grant| homes.contains(&grant.organisation));
    Ok(Shown { account, grants })
}

/// The account of a name.
///
/// # Errors
/// `Missing`, or the store's.
pub async fn by_name(app: &App, name: &UserName) -> Result<Account, ActionError> {
    accounts::by_user_name(&app.store, name).await?.ok_or(ActionError::Missing(Noun::Account))
}

/// The account of an id.
///
/// # Errors
/// `Missing`, or the store's.
pub async fn by_id(app: &App, id: AccountId) -> Result<Account, ActionError> {
    accounts::by_id(&app.store, id).await?.ok_or(ActionError::Missing(Noun::Account))
}

/// Begins a change of an account that is not closed: administrators change all, managers the services of
/// their organisation.
async fn begin_on(app: &App, actor: &Actor, name: &UserName) -> Result<(Tx, Account), ActionError> {
    actor.needs_person()?;
    let mut tx = app.store.begin().await?;
    let found = held(app, &mut tx, name).await;
    match actor.administers(&mut tx).await {
        Err(ActionError::Denied(denied)) => match &found {
            Ok(Account { kind: AccountKind::Service(home), .. }) => {
                actor.manages(app, &mut tx, Place::whole(*home)).await?;
            }
            Ok(_) | Err(_) => return Err(denied.into()),
        },
        allowed => allowed?,
    }
    Ok((tx, found?))
}

/// The account of a name, its row held, when it is not closed. Its organisations are held first, in order
/// of their ids: every act takes organisations before accounts, so that no two wait for each other.
async fn held(app: &App, tx: &mut Tx, name: &UserName) -> Result<Account, ActionError> {
    let id = by_name(app, name).await?.id;
    let mut homes = memberships::of_account(&app.store, id).await?;
    homes.sort_unstable();
    for home in homes {
        organisations::hold(tx, home).await?;
    }
    let account = accounts::hold(tx, id).await?.ok_or(ActionError::Missing(Noun::Account))?;
    if account.status == AccountStatus::Closed { Err(Rule::AccountClosed.into()) } else { Ok(account) }
}

/// The operator can make another administrator at any time; nobody else may end the last one.
async fn keep_an_administrator(actor: &Actor, tx: &mut Tx, account: &Account) -> Result<(), ActionError> {
    if account.office != Some(Office::Administrator) || actor.account().is_none() {
        return Ok(());
    }
    let others = accounts::administrators(tx).await?.into_iter().filter(|id| *id != account.id).count();
    if others == 0 { Err(Rule::LastAdministrator.into()) } else { Ok(()) }
}

async fn finish(
    app: &App,
    actor: &Actor,
    mut tx: Tx,
    account: Account,
    act: &'static str,
) -> Result<Account, ActionError> {
    tx.change(Change::Account(account.id));
    let mut entry = actor.entry(act, subject(&account));
    if let AccountKind::Service(home) = account.kind {
        entry.organisation = Some(home);
    }
    if act == "account.office-set" {
        entry.detail = format!("office={}", account.office.map_or("none", Office::as_str));
    }
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(account)
}

fn subject(account: &Account) -> String {
    format!("account {}", account.id)
}

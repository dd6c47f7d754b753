//! Accounts that begin: of people, and of services of an organisation.

use super::super::actor::{Actor, Place, Who};
use super::super::error::{ActionError, Denied};
use super::super::events::{self, Event};
use super::super::password::{self, Password};
use super::super::{organisation, set_up, validation};
use super::archive::may_be_taken;
use super::subject;
use crate::app::App;
use crate::model::account::{Account, AccountKind, AccountStatus, Office, UserName};
use crate::model::change::Change;
use crate::model::email::Email;
use crate::model::id::AccountId;
use crate::model::shown_name::ShownName;
use crate::model::slug::Slug;
use crate::store::accounts::Claim;
use crate::store::{Tx, accounts, memberships};

/// A person to be.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Name for good.
    pub user_name: UserName,
    /// Where letters go.
    pub email: Option<Email>,
    /// Name shown to people.
    pub shown_name: ShownName,
    /// Whether the address counts as proved.
    pub validated: bool,
    /// Deployment-wide office, if any.
    pub office: Option<Office>,
}

/// Makes an account of a person.
///
/// # Errors
/// `Denied` for all but administrators, `Taken` when name or address are.
pub async fn create_person(app: &App, actor: &Actor, new: NewPerson) -> Result<Account, ActionError> {
    actor.needs_person()?;
    let mut tx = app.store.begin().await?;
    actor.administers(&mut tx).await?;
    let account = insert_person(app, actor, &mut tx, new).await?;
    ask_to_validate(app, actor, &mut tx, &account).await?;
    app.commit(tx).await?;
    Ok(account)
}

/// Makes an account of a person with a password: for the operator and the gate only, since nobody chooses
/// a password for another.
///
/// # Errors
/// As [`create_person`]; `Password` when it is easy to guess, `Busy`.
pub async fn create_person_with(
    app: &App,
    actor: &Actor,
    new: NewPerson,
    password: Password,
) -> Result<Account, ActionError> {
    if let Who::Account { .. } = actor.who {
        return Err(Denied::NotAdministrator.into());
    }
    let password = password::hashed_for(app, &new, password).await?;
    let mut tx = app.store.begin().await?;
    let account = insert_person(app, actor, &mut tx, new).await?;
    password::kept::put(app, &mut tx, account.id, &password).await?;
    tx.audit(actor.entry("password.set", subject(&account)));
    ask_to_validate(app, actor, &mut tx, &account).await?;
    app.commit(tx).await?;
    Ok(account)
}

/// Tells whoever reads mail at an address that an account has it, where that is yet to be proved (S2-08, S2-27).
async fn ask_to_validate(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    account: &Account,
) -> Result<(), ActionError> {
    if account.validated || account.email.is_none() {
        return Ok(());
    }
    validation::send(app, actor, tx, account).await.map(drop)
}

/// Adds a person inside a transaction that holds more. The first administrator ends what the first start
/// left for everybody.
pub(in crate::actions) async fn insert_person(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    new: NewPerson,
) -> Result<Account, ActionError> {
    insert(app, actor, tx, (new, Claim::Held)).await
}

/// Adds a person who names an address that may be anybody's: nothing that is done here depends on whose it is
///
pub(in crate::actions) async fn insert_stranger(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    new: NewPerson,
) -> Result<Account, ActionError> {
    insert(app, actor, tx, (new, Claim::Open)).await
}

async fn insert(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    (new, claim): (NewPerson, Claim),
) -> Result<Account, ActionError> {
    let account = Account {
        id: AccountId::mint(),
        user_name: new.user_name,
        email: new.email.map(|email| email.as_str().into()),
        display_name: new.shown_name.into(),
        validated: new.validated,
        kind: AccountKind::Person,
        status: AccountStatus::Active,
        office: new.office,
        created_at: app.clock.now(),
    };
    let held = account.email.clone().filter(|_| claim == Claim::Held);
    may_be_taken(app, tx, &Account { email: held, ..account.clone() }).await?;
    accounts::insert_as(tx, &account, claim).await?;
    events::note(app, tx, Event::AccountCreated(&account)).await?;
    tx.change(Change::Account(account.id));
    if account.office == Some(Office::Administrator) {
        set_up::settle(app, actor, tx).await?;
    }
    let mut entry = actor.entry("account.created", subject(&account));
    entry.detail = account.office.map(|office| format!("office={}", office.as_str())).unwrap_or_default();
    entry.personal = Some(personal(&account));
    tx.audit(entry);
    Ok(account)
}

/// Makes a service account of an organisation and its membership there.
///
/// # Errors
/// `Denied` for all but managers of the organisation and administrators, `Taken` when the name is.
pub async fn create_service(
    app: &App,
    actor: &Actor,
    user_name: UserName,
    shown_name: ShownName,
    home: &Slug,
) -> Result<Account, ActionError> {
    let (mut tx, home) = organisation::begin_in(app, actor, home).await?;
    actor.manages(app, &mut tx, Place::whole(home.id)).await?;
    let now = app.clock.now();
    let account = Account {
        id: AccountId::mint(),
        user_name,
        email: None,
        display_name: shown_name.into(),
        validated: true,
        kind: AccountKind::Service(home.id),
        status: AccountStatus::Active,
        office: None,
        created_at: now,
    };
    may_be_taken(app, &mut tx, &account).await?;
    accounts::insert(&mut tx, &account).await?;
    memberships::ensure(&mut tx, account.id, home.id, now).await?;
    events::note(app, &mut tx, Event::AccountCreated(&account)).await?;
    tx.change(Change::Account(account.id));
    let mut entry = actor.entry("account.created", subject(&account));
    entry.organisation = Some(home.id);
    entry.detail = "kind=service".to_owned();
    entry.personal = Some(personal(&account));
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(account)
}

fn personal(account: &Account) -> String {
    let email = account.email.as_deref().map(|email| format!(" email={email}")).unwrap_or_default();
    format!("user-name={}{email}", account.user_name)
}

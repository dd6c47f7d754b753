//! The trial: an account and a key with which the printed `curl` line works at once. It lives on loopback
//! only, for 24 hours, and dies when the gate is set up.

use std::sync::Arc;
use std::time::Duration;

use super::super::actor::Actor;
use super::super::api_key::{self, Life, Made, Wish};
use super::super::endings;
use super::super::error::{ActionError, Noun};
use crate::app::App;
use crate::model::account::{Account, AccountKind, AccountStatus};
use crate::model::api_key::KeyAudience;
use crate::model::change::Change;
use crate::model::credentials::Credentials;
use crate::model::grant::Grant;
use crate::model::id::{AccountId, GrantId};
use crate::model::organisation::{Organisation, OrganisationStatus, Space};
use crate::model::role::Role;
use crate::model::slug::Slug;
use crate::store::{Tx, accounts, api_keys, grants, memberships, settings};
use crate::time::Timestamp;

/// Whether a trial may be: the server knows where it listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trying {
    /// Every socket is on loopback.
    Allowed,
    /// Somebody else could reach the gate.
    Refused,
}

/// A key to try the gate with.
pub struct Trial {
    /// The key, shown once.
    pub made: Made,
    /// When it dies at the latest.
    pub ends_at: Timestamp,
}

/// Where the trial's account is noted.
const SETTING: &str = "trial.account";
const NAME: &str = "trial";
const LIFE: Duration = Duration::from_secs(24 * 3600);

/// Begins the trial on a store without accounts; later starts give it a new key until its time is over.
pub(super) async fn renew(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    (home, trying): (&Organisation, Trying),
) -> Result<Option<Trial>, ActionError> {
    let now = app.clock.now();
    let account = match noted(tx).await? {
        Some(account) if trying == Trying::Refused || account.created_at.plus(LIFE) <= now => {
            end(app, actor, tx).await?;
            return Ok(None);
        }
        Some(account) => account,
        None if trying == Trying::Refused || home.status != OrganisationStatus::Open => return Ok(None),
        None if accounts::any(&app.store).await? => return Ok(None),
        None => match begin(app, actor, tx, home).await? {
            Some(account) => account,
            None => return Ok(None),
        },
    };
    for (_, locator) in api_keys::revoke_all_of(tx, account.id, now).await? {
        tx.change(Change::Key(locator));
    }
    let ends_at = account.created_at.plus(LIFE);
    let credentials = credentials(app, home)?;
    if account.status != AccountStatus::Active || credentials.is_empty() {
        return Ok(None);
    }
    let wish = Wish {
        name: NAME.parse()?,
        audience: KeyAudience::Upstream,
        credentials,
        rights: None,
        life: Life::Until(ends_at),
        networks: Vec::new(),
    };
    let made = api_key::create_in(app, actor, tx, (account.id, wish)).await?;
    Ok(Some(Trial { made, ends_at }))
}

/// Ends the trial, if there is one.
pub(in super::super) async fn end(app: &App, actor: &Actor, tx: &mut Tx) -> Result<(), ActionError> {
    let Some(account) = noted(tx).await? else { return Ok(()) };
    endings::end_all(app, tx, account.id).await?;
    for organisation in memberships::of_account(&app.store, account.id).await? {
        memberships::remove(tx, account.id, organisation).await?;
    }
    accounts::set_status(tx, account.id, AccountStatus::Closed, app.clock.now()).await?;
    settings::remove(tx, SETTING).await?;
    tx.change(Change::Account(account.id));
    tx.audit(actor.entry("trial.ended", format!("account {}", account.id)));
    Ok(())
}

async fn noted(tx: &mut Tx) -> Result<Option<Account>, ActionError> {
    let Some(id) = settings::value(tx, SETTING).await? else { return Ok(None) };
    let id: AccountId = id.parse().map_err(|_| ActionError::Missing(Noun::Account))?;
    Ok(accounts::hold(tx, id).await?)
}

/// Makes the account and its grant for the whole of the home organisation, for a day.
async fn begin(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    home: &Organisation,
) -> Result<Option<Account>, ActionError> {
    let now = app.clock.now();
    let Some(role) = lowest_role(app) else { return Ok(None) };
    let account = Account {
        id: AccountId::mint(),
        user_name: NAME.parse().map_err(|_| ActionError::Missing(Noun::Account))?,
        email: None,
        display_name: Arc::from("Trial"),
        validated: true,
        kind: AccountKind::Person,
        status: AccountStatus::Active,
        office: None,
        created_at: now,
    };
    accounts::insert(tx, &account).await?;
    memberships::ensure(tx, account.id, home.id, now).await?;
    let grant = Grant {
        id: GrantId::mint(),
        account: account.id,
        organisation: home.id,
        space: None,
        role,
        platform: None,
        starts_at: None,
        ends_at: Some(now.plus(LIFE)),
        granted_by: None,
        created_at: now,
    };
    grants::insert(tx, &grant).await?;
    settings::set(tx, (SETTING, &account.id.to_string()), None, now).await?;
    tx.change(Change::Account(account.id));
    let mut entry = actor.entry("trial.begun", format!("account {}", account.id));
    entry.organisation = Some(home.id);
    tx.audit(entry);
    Ok(Some(account))
}

/// The lowest role on each platform that configuration knows.
fn credentials(app: &App, home: &Organisation) -> Result<Vec<Credentials>, ActionError> {
    let Some(role) = lowest_role(app) else { return Ok(Vec::new()) };
    let space: Slug = Space::GENERAL.parse().map_err(|_| ActionError::Missing(Noun::Space))?;
    let mut platforms: Vec<Slug> = app.config.load().routing.platforms.keys().cloned().collect();
    platforms.sort();
    let on = |platform| Credentials {
        platform,
        organisation: home.slug.clone(),
        space: space.clone(),
        role: role.clone(),
    };
    Ok(platforms.into_iter().map(on).collect())
}

fn lowest_role(app: &App) -> Option<Slug> {
    let config = app.config.load();
    config.roles.iter().next().map(|role: &Role| role.slug.clone())
}

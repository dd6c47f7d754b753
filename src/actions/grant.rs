//! Grants: who holds which role where, and when. Managers give and take up to their own rank, in their own
//! organisation; administrators anywhere.

use super::actor::{Actor, Place, Who};
use super::endings;
use super::error::{ActionError, Noun, Rule};
use super::events::{self, Holds};
use super::{account, organisation};
use crate::app::App;
use crate::model::account::{Account, AccountKind, AccountStatus, Office, UserName};
use crate::model::change::Change;
use crate::model::grant::Grant;
use crate::model::id::{GrantId, OrganisationId};
use crate::model::organisation::Space;
use crate::model::slug::Slug;
use crate::store::{Tx, accounts, entitlements, grants, memberships, organisations, spaces};
use crate::time::Timestamp;

/// A grant to be.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// Who gets it.
    pub account: UserName,
    /// In which organisation.
    pub organisation: Slug,
    /// Which role.
    pub role: Slug,
    /// In which space; `None` is each.
    pub space: Option<Slug>,
    /// On which platform; `None` is each entitled one.
    pub platform: Option<Slug>,
    /// When it begins to count.
    pub starts_at: Option<Timestamp>,
    /// When it ceases to count.
    pub ends_at: Option<Timestamp>,
}

/// Gives a grant. Administrators thereby make the account a member; managers give to members only, others
/// come by invitation.
///
/// # Errors
/// `Denied`, `Missing`, `Refused` by a rule, `Taken` when the same grant exists.
pub async fn add(app: &App, actor: &Actor, new: NewGrant) -> Result<Grant, ActionError> {
    let now = app.clock.now();
    period(new.starts_at, new.ends_at, now)?;
    let rank = app.config.load().roles.rank(&new.role).ok_or(ActionError::Missing(Noun::Role))?;
    let (mut tx, home) = organisation::begin_in(app, actor, &new.organisation).await?;
    let place = Place { organisation: home.id, space: new.space.as_ref(), platform: new.platform.as_ref() };
    actor.manages(app, &mut tx, place).await?.admits(Some(rank))?;
    let account = receiver(app, actor, &mut tx, home.id, &new.account).await?;
    let space = space(app, home.id, new.space.as_ref()).await?;
    entitled(app, home.id, new.platform.as_ref()).await?;
    // Keys that lost their grant by its date must not come back with this one.
    endings::settle_keys(app, &mut tx, account.id).await?;
    memberships::ensure(&mut tx, account.id, home.id, now).await?;
    let grant = Grant {
        id: GrantId::mint(),
        account: account.id,
        organisation: home.id,
        space: space.map(|space| space.id),
        role: new.role,
        platform: new.platform,
        starts_at: new.starts_at,
        ends_at: new.ends_at,
        granted_by: actor.account(),
        created_at: now,
    };
    grants::insert(&mut tx, &grant).await?;
    events::grants(app, &mut tx, Holds::More, std::slice::from_ref(&grant)).await?;
    note(actor, &mut tx, &grant, "grant.added");
    app.commit(tx).await?;
    Ok(grant)
}

/// Takes a grant. Keys of the account lose for good what no other grant covers.
///
/// # Errors
/// `Denied`, `Missing`, or `Refused` for the last manager of the organisation.
pub async fn revoke(app: &App, actor: &Actor, id: GrantId) -> Result<Grant, ActionError> {
    let found = grants::home_of(&app.store, id).await?;
    let home = found.ok_or(ActionError::Missing(Noun::Grant))?;
    let mut tx = app.store.begin().await?;
    organisations::hold(&mut tx, home).await?;
    let grant = grants::held(&mut tx, home, id).await?.ok_or(ActionError::Missing(Noun::Grant))?;
    let roles = app.config.load().roles.clone();
    let space = spaces::list(&app.store, home).await?.into_iter().find(|space| grant.space == Some(space.id));
    let place = Place {
        organisation: home,
        space: space.as_ref().map(|space| &space.slug),
        platform: grant.platform.as_ref(),
    };
    let ceiling = match actor.manages(app, &mut tx, place).await {
        // Strangers learn nothing about which grants exist.
        Err(ActionError::Denied(_)) => return Err(ActionError::Missing(Noun::Grant)),
        answer => answer?,
    };
    ceiling.admits(roles.rank(&grant.role))?;
    // Keys that are being made wait, or are seen here.
    accounts::hold(&mut tx, grant.account).await?;
    let before = endings::managers(app, &mut tx, home).await?;
    events::grants(app, &mut tx, Holds::Less, std::slice::from_ref(&grant)).await?;
    grants::remove(&mut tx, home, id).await?;
    endings::keep_a_manager(app, &mut tx, home, before).await?;
    endings::settle_keys(app, &mut tx, grant.account).await?;
    note(actor, &mut tx, &grant, "grant.revoked");
    app.commit(tx).await?;
    Ok(grant)
}

/// Ends a membership with every grant in it; people may leave by themselves.
///
/// # Errors
/// `Denied`, `Missing`, or `Refused` for the last manager of the organisation.
pub async fn leave(
    app: &App,
    actor: &Actor,
    name: &UserName,
    organisation: &Slug,
) -> Result<(), ActionError> {
    let (mut tx, home) = organisation::begin_in(app, actor, organisation).await?;
    let account = account::by_name(app, name).await?;
    if actor.account() != Some(account.id) {
        let ceiling = actor.manages(app, &mut tx, Place::whole(home.id)).await?;
        let roles = app.config.load().roles.clone();
        for grant in grants::held_in(&mut tx, home.id).await?.iter().filter(|one| one.account == account.id) {
            ceiling.admits(roles.rank(&grant.role))?;
        }
    }
    accounts::hold(&mut tx, account.id).await?;
    let before = endings::managers(app, &mut tx, home.id).await?;
    let mut lost = grants::of_account(&app.store, account.id).await?;
    lost.retain(|grant| grant.organisation == home.id);
    events::grants(app, &mut tx, Holds::Less, &lost).await?;
    if !memberships::remove(&mut tx, account.id, home.id).await? {
        return Err(ActionError::Missing(Noun::Account));
    }
    endings::keep_a_manager(app, &mut tx, home.id, before).await?;
    endings::settle_keys(app, &mut tx, account.id).await?;
    tx.change(Change::Account(account.id));
    let mut entry = actor.entry("membership.ended", format!("account {}", account.id));
    entry.organisation = Some(home.id);
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(())
}

/// Grants of an organisation or of an account, with names.
///
/// # Errors
/// `Denied` or `Missing` for those who may not look there.
pub async fn list(
    app: &App,
    actor: &Actor,
    organisation: Option<&Slug>,
    name: Option<&UserName>,
) -> Result<Vec<grants::Named>, ActionError> {
    let organisation = match organisation {
        Some(slug) => Some(organisation::seen(app, actor, slug).await?.id),
        None => {
            actor.oversees_all()?;
            None
        }
    };
    let account = match name {
        Some(name) => Some(account::by_name(app, name).await?.id),
        None => None,
    };
    Ok(grants::named(&app.store, grants::Wanted { organisation, account }).await?)
}

/// Who gets a grant: an active account; a member already when a manager gives it.
async fn receiver(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    home: OrganisationId,
    name: &UserName,
) -> Result<Account, ActionError> {
    let id = account::by_name(app, name).await?.id;
    let missing = ActionError::Missing(Noun::Account);
    let account = accounts::hold(tx, id).await?.ok_or(ActionError::Missing(Noun::Account))?;
    let anywhere = match &actor.who {
        Who::Operator | Who::Gate => true,
        Who::Account { standing, .. } => standing.account.office == Some(Office::Administrator),
    };
    if !anywhere && !memberships::exists(&app.store, id, home).await? {
        return Err(missing);
    }
    match (account.status, account.kind) {
        (AccountStatus::Closed, _) => Err(Rule::AccountClosed.into()),
        (_, AccountKind::Service(own)) if own != home => Err(Rule::ServiceElsewhere.into()),
        (AccountStatus::Active | AccountStatus::Suspended, _) => Ok(account),
    }
}

/// Whether somebody could ever hold a grant between these moments.
///
/// # Errors
/// [`Rule::Period`].
pub(super) fn period(
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Rule> {
    match ends_at {
        Some(end) if end <= starts_at.unwrap_or(now).max(now) => Err(Rule::Period),
        Some(_) | None => Ok(()),
    }
}

/// The space of a slug, where one is named.
///
/// # Errors
/// `Missing`, or the store's.
pub(super) async fn space(
    app: &App,
    home: OrganisationId,
    slug: Option<&Slug>,
) -> Result<Option<Space>, ActionError> {
    let Some(slug) = slug else { return Ok(None) };
    let found = spaces::by_slug(&app.store, home, slug).await?;
    found.map(Some).ok_or(ActionError::Missing(Noun::Space))
}

/// Whether an organisation may use a platform, where one is named.
///
/// # Errors
/// `Refused`, or the store's.
pub(super) async fn entitled(
    app: &App,
    home: OrganisationId,
    platform: Option<&Slug>,
) -> Result<(), ActionError> {
    let Some(platform) = platform else { return Ok(()) };
    let entitled = entitlements::list(&app.store, home).await?.contains(platform);
    if entitled { Ok(()) } else { Err(Rule::NotEntitled.into()) }
}

fn note(actor: &Actor, tx: &mut Tx, grant: &Grant, act: &'static str) {
    tx.change(Change::Account(grant.account));
    let mut entry = actor.entry(act, format!("grant {}", grant.id));
    entry.organisation = Some(grant.organisation);
    let platform = grant.platform.as_ref().map_or("*", |platform| platform.as_str());
    let space = grant.space.map_or("*".to_owned(), |space| space.to_string());
    entry.detail = format!("account={} role={} platform={platform} space={space}", grant.account, grant.role);
    tx.audit(entry);
}

//! Spaces of an organisation: made and removed by its managers.

use super::actor::{Actor, Place};
use super::endings;
use super::error::{ActionError, Noun, Rule};
use super::events::{self, Holds};
use super::organisation;
use crate::app::App;
use crate::model::change::Change;
use crate::model::id::SpaceId;
use crate::model::organisation::Space;
use crate::model::shown_name::ShownName;
use crate::model::slug::Slug;
use crate::store::{Constraint, StoreError, grants, spaces};

/// Whether grants that lie in a space go with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantsInside {
    /// They are revoked.
    Revoke,
    /// They keep the space from being removed.
    Keep,
}

/// Makes a space.
///
/// # Errors
/// `Denied` for all but managers and administrators, `Missing`, `Taken`.
pub async fn create(
    app: &App,
    actor: &Actor,
    organisation: &Slug,
    slug: Slug,
    name: ShownName,
) -> Result<Space, ActionError> {
    let (mut tx, home) = organisation::begin_in(app, actor, organisation).await?;
    actor.manages(app, &mut tx, Place::whole(home.id)).await?;
    let space = Space {
        id: SpaceId::mint(),
        organisation: home.id,
        slug,
        name: name.into(),
        created_at: app.clock.now(),
    };
    spaces::insert(&mut tx, &space).await?;
    // A key made at the very moment when an earlier space of this slug was removed must not open this one.
    endings::end_credentials_in(app, &mut tx, organisation.as_str(), Some(space.slug.as_str())).await?;
    tx.change(Change::Organisation(home.id));
    let mut entry = actor.entry("space.created", format!("space {}", space.id));
    entry.organisation = Some(home.id);
    entry.detail = format!("slug={}", space.slug);
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(space)
}

/// Gives a space another name to show; its slug stays.
///
/// # Errors
/// `Denied` for all but managers and administrators, `Missing`.
pub async fn rename(
    app: &App,
    actor: &Actor,
    organisation: &Slug,
    slug: &Slug,
    name: ShownName,
) -> Result<Space, ActionError> {
    let (mut tx, home) = organisation::begin_in(app, actor, organisation).await?;
    actor.manages(app, &mut tx, Place::whole(home.id)).await?;
    let found = spaces::by_slug(&app.store, home.id, slug).await?;
    let space = found.ok_or(ActionError::Missing(Noun::Space))?;
    if !spaces::rename(&mut tx, home.id, space.id, name.as_str()).await? {
        return Err(ActionError::Missing(Noun::Space));
    }
    tx.change(Change::Organisation(home.id));
    let mut entry = actor.entry("space.renamed", format!("space {}", space.id));
    entry.organisation = Some(home.id);
    entry.detail = format!("slug={slug} name={:?}", name.as_str());
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(Space { name: name.into(), ..space })
}

/// Removes a space. Keys lose for good what they carried in it, since a later space of the same slug is
/// another one.
///
/// # Errors
/// `Denied`, `Missing`, or `Refused` for `general` and while grants lie in it.
pub async fn remove(
    app: &App,
    actor: &Actor,
    organisation: &Slug,
    slug: &Slug,
    inside: GrantsInside,
) -> Result<(), ActionError> {
    let (mut tx, home) = organisation::begin_in(app, actor, organisation).await?;
    let ceiling = actor.manages(app, &mut tx, Place::whole(home.id)).await?;
    if slug.as_str() == Space::GENERAL {
        return Err(Rule::GeneralSpace.into());
    }
    let found = spaces::by_slug(&app.store, home.id, slug).await?;
    let space = found.ok_or(ActionError::Missing(Noun::Space))?;
    events::everybody(app, &mut tx, Holds::Less, &home, (Some(slug), None)).await?;
    if inside == GrantsInside::Revoke {
        for grant in grants::in_space(&mut tx, home.id, space.id).await? {
            ceiling.admits(app.config.load().roles.rank(&grant.role))?;
        }
        for account in grants::remove_in_space(&mut tx, home.id, space.id).await? {
            tx.change(Change::Account(account));
        }
    }
    match spaces::remove(&mut tx, home.id, space.id).await {
        Ok(true) => {}
        Ok(false) => return Err(ActionError::Missing(Noun::Space)),
        Err(StoreError::Conflict(Constraint::Reference)) => return Err(Rule::SpaceInUse.into()),
        Err(other) => return Err(other.into()),
    }
    let ended = endings::end_credentials_in(app, &mut tx, organisation.as_str(), Some(slug.as_str())).await?;
    tx.change(Change::Organisation(home.id));
    let mut entry = actor.entry("space.removed", format!("space {}", space.id));
    entry.organisation = Some(home.id);
    entry.detail = format!("slug={slug} keys={ended}");
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(())
}

/// All spaces of an organisation.
///
/// # Errors
/// `Missing`, also for those who may not look into it.
pub async fn list(app: &App, actor: &Actor, organisation: &Slug) -> Result<Vec<Space>, ActionError> {
    let home = organisation::seen(app, actor, organisation).await?;
    Ok(spaces::list(&app.store, home.id).await?)
}

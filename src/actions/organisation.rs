//! Organisations: made with their first space, renamed, closed with everything that lies in them.

use super::actor::{Actor, Place, Who};
use super::endings;
use super::error::{ActionError, Denied, Noun, Rule};
use super::events::{self, Holds};
use crate::app::App;
use crate::model::change::Change;
use crate::model::id::{OrganisationId, SpaceId};
use crate::model::organisation::{Organisation, OrganisationStatus, Space};
use crate::model::shown_name::ShownName;
use crate::model::slug::Slug;
use crate::store::{Tx, endings as stored_endings, organisations, spaces};

/// Makes an organisation with its space `general`.
///
/// # Errors
/// `Denied` for all but administrators, `Taken` when the slug is.
pub async fn create(
    app: &App,
    actor: &Actor,
    slug: Slug,
    name: ShownName,
) -> Result<Organisation, ActionError> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    actor.administers(&mut tx).await?;
    let organisation = Organisation {
        id: OrganisationId::mint(),
        slug,
        name: name.into(),
        status: OrganisationStatus::Open,
        created_at: now,
    };
    organisations::insert(&mut tx, &organisation).await?;
    let first = Space {
        id: SpaceId::mint(),
        organisation: organisation.id,
        slug: general()?,
        name: "General".into(),
        created_at: now,
    };
    spaces::insert(&mut tx, &first).await?;
    finish(app, actor, tx, organisation, "organisation.created").await
}

/// Gives an organisation another name to show; its slug stays.
///
/// # Errors
/// `Denied` for all but its managers and administrators, `Missing`, `Refused` when closed.
pub async fn rename(
    app: &App,
    actor: &Actor,
    slug: &Slug,
    name: ShownName,
) -> Result<Organisation, ActionError> {
    let (mut tx, organisation) = begin_in(app, actor, slug).await?;
    actor.manages(app, &mut tx, Place::whole(organisation.id)).await?;
    organisations::rename(&mut tx, organisation.id, name.as_str()).await?;
    let renamed = Organisation { name: name.into(), ..organisation };
    finish(app, actor, tx, renamed, "organisation.renamed").await
}

/// Ends an organisation: its grants count no more, keys lose what they carried under it for good, its
/// open invitations are cancelled. Its slug stays taken.
///
/// # Errors
/// `Denied` for all but administrators, `Missing`, `Refused` when closed already.
pub async fn close(app: &App, actor: &Actor, slug: &Slug) -> Result<Organisation, ActionError> {
    let (mut tx, organisation) = begin_in(app, actor, slug).await?;
    actor.administers(&mut tx).await?;
    events::everybody(app, &mut tx, Holds::Less, &organisation, (None, None)).await?;
    organisations::close(&mut tx, organisation.id, app.clock.now()).await?;
    endings::end_credentials_in(app, &mut tx, slug.as_str(), None).await?;
    stored_endings::invitations(&mut tx, organisation.id, app.clock.now()).await?;
    let closed = Organisation { status: OrganisationStatus::Closed, ..organisation };
    finish(app, actor, tx, closed, "organisation.closed").await
}

/// One page of organisations: all for holders of an office, their own for others.
///
/// # Errors
/// `Denied`, or the store's.
pub async fn list(
    app: &App,
    actor: &Actor,
    after: &str,
    limit: u32,
) -> Result<Vec<Organisation>, ActionError> {
    match (&actor.who, actor.oversees_all()) {
        (_, Ok(())) => Ok(organisations::list(&app.store, after, limit).await?),
        (Who::Account { standing, .. }, Err(Denied::NotAdministrator)) => {
            let mut own = Vec::new();
            for held in &standing.organisations {
                own.extend(organisations::by_id(&app.store, held.id).await?);
            }
            Ok(own)
        }
        (_, Err(denied)) => Err(denied.into()),
    }
}

/// One organisation, for those who may look into it.
///
/// # Errors
/// `Missing` for all others.
pub async fn show(app: &App, actor: &Actor, slug: &Slug) -> Result<Organisation, ActionError> {
    seen(app, actor, slug).await
}

/// The organisation of an id, for those who may look into it.
///
/// # Errors
/// `Missing` for all others.
pub async fn by_id(app: &App, actor: &Actor, id: OrganisationId) -> Result<Organisation, ActionError> {
    let missing = ActionError::Missing(Noun::Organisation);
    match organisations::by_id(&app.store, id).await? {
        Some(found) if actor.oversees(app, id).is_ok() => Ok(found),
        Some(_) | None => Err(missing),
    }
}

/// The organisation of a slug, for those who may look into it; for others there is none.
///
/// # Errors
/// `Missing`, or the store's.
pub(super) async fn seen(app: &App, actor: &Actor, slug: &Slug) -> Result<Organisation, ActionError> {
    let missing = ActionError::Missing(Noun::Organisation);
    match organisations::by_slug(&app.store, slug).await? {
        Some(found) if actor.oversees(app, found.id).is_ok() => Ok(found),
        Some(_) | None => Err(missing),
    }
}

/// Begins a change in an open organisation: its row is held, so that changes in it happen one by one. For
/// accounts that have nothing to do with it there is none.
pub(super) async fn begin_in(
    app: &App,
    actor: &Actor,
    slug: &Slug,
) -> Result<(Tx, Organisation), ActionError> {
    let missing = || ActionError::Missing(Noun::Organisation);
    let found = organisations::by_slug(&app.store, slug).await?.ok_or_else(missing)?;
    if !actor.knows(found.id) {
        return Err(missing());
    }
    let mut tx = app.store.begin().await?;
    let held = organisations::hold(&mut tx, found.id).await?.ok_or_else(missing)?;
    match held.status {
        OrganisationStatus::Open => Ok((tx, held)),
        OrganisationStatus::Closed => Err(Rule::OrganisationClosed.into()),
    }
}

async fn finish(
    app: &App,
    actor: &Actor,
    mut tx: Tx,
    organisation: Organisation,
    act: &'static str,
) -> Result<Organisation, ActionError> {
    tx.change(Change::Organisation(organisation.id));
    let mut entry = actor.entry(act, format!("organisation {}", organisation.id));
    entry.organisation = Some(organisation.id);
    entry.detail = format!("slug={} name={:?}", organisation.slug, organisation.name);
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(organisation)
}

fn general() -> Result<Slug, ActionError> {
    Space::GENERAL.parse().map_err(|_| ActionError::Missing(Noun::Space))
}

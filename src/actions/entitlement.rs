//! Entitlements: which organisation may use which platform. Given and taken by administrators.

use super::actor::Actor;
use super::error::{ActionError, Noun};
use super::events::{self, Holds};
use super::organisation;
use crate::app::App;
use crate::model::change::Change;
use crate::model::id::OrganisationId;
use crate::model::slug::Slug;
use crate::store::{Tx, entitlements};

/// Lets an organisation use a platform that configuration knows.
///
/// # Errors
/// `Denied`, `Missing`, `Taken` when it may already.
pub async fn add(app: &App, actor: &Actor, organisation: &Slug, platform: &Slug) -> Result<(), ActionError> {
    if !app.config.load().routing.platforms.contains_key(platform) {
        return Err(ActionError::Missing(Noun::Platform));
    }
    let (mut tx, home) = organisation::begin_in(app, actor, organisation).await?;
    actor.administers(&mut tx).await?;
    entitlements::insert(&mut tx, home.id, platform, app.clock.now()).await?;
    events::everybody(app, &mut tx, Holds::More, &home, (None, Some(platform))).await?;
    finish(app, actor, tx, home.id, ("entitlement.added", platform)).await
}

/// Ends the use of a platform by an organisation; keys and sessions stop there at once, and go on when it
/// is given again.
///
/// # Errors
/// `Denied`, `Missing`.
pub async fn remove(
    app: &App,
    actor: &Actor,
    organisation: &Slug,
    platform: &Slug,
) -> Result<(), ActionError> {
    let (mut tx, home) = organisation::begin_in(app, actor, organisation).await?;
    actor.administers(&mut tx).await?;
    if !entitlements::remove(&mut tx, home.id, platform).await? {
        return Err(ActionError::Missing(Noun::Entitlement));
    }
    events::everybody(app, &mut tx, Holds::Less, &home, (None, Some(platform))).await?;
    finish(app, actor, tx, home.id, ("entitlement.removed", platform)).await
}

/// The platforms that an organisation may use.
///
/// # Errors
/// `Missing`, also for those who may not look into it.
pub async fn list(app: &App, actor: &Actor, organisation: &Slug) -> Result<Vec<Slug>, ActionError> {
    let home = organisation::seen(app, actor, organisation).await?;
    Ok(entitlements::list(&app.store, home.id).await?)
}

async fn finish(
    app: &App,
    actor: &Actor,
    mut tx: Tx,
    home: OrganisationId,
    (act, platform): (&'static str, &Slug),
) -> Result<(), ActionError> {
    tx.change(Change::Organisation(home));
    let mut entry = actor.entry(act, format!("organisation {home}"));
    entry.organisation = Some(home);
    entry.detail = format!("platform={platform}");
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(())
}

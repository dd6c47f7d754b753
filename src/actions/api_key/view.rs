//! Keys as those may see them who may: their owner, the operator, holders of an office, and managers as far
//! as their organisations reach.

use super::super::actor::Actor;
use super::super::error::{ActionError, Noun};
use crate::app::App;
use crate::model::account::AccountKind;
use crate::model::api_key::{ApiKey, KeyId};
use crate::model::credentials::Credentials;
use crate::model::id::AccountId;
use crate::model::slug::Slug;
use crate::store::{api_keys, standing};

/// The keys of an account, newest first: all of them for the owner, the operator and holders of an office;
/// for managers of a service's organisation too. Managers see of a person the keys for their organisations.
///
/// # Errors
/// [`ActionError::Missing`] when there is no such account, or the actor may not see it.
pub async fn list(app: &App, actor: &Actor, owner: AccountId) -> Result<Vec<ApiKey>, ActionError> {
    let owner = standing::load(&app.store, owner).await?.ok_or(ActionError::Missing(Noun::Account))?;
    let keys = api_keys::of_account(&app.store, owner.account.id).await?;
    if actor.account() == Some(owner.account.id) || actor.oversees_all().is_ok() {
        return Ok(keys);
    }
    if let AccountKind::Service(organisation) = owner.account.kind {
        return actor
            .oversees(app, organisation)
            .map(|()| keys)
            .map_err(|_| ActionError::Missing(Noun::Account));
    }
    let homes: Vec<_> =
        owner.organisations.iter().filter(|home| actor.oversees(app, home.id).is_ok()).collect();
    if homes.is_empty() {
        return Err(ActionError::Missing(Noun::Account));
    }
    let theirs = |key: &ApiKey| {
        key.credentials.iter().any(|carried| homes.iter().any(|home| home.slug == carried.organisation))
    };
    Ok(keys.into_iter().filter(theirs).collect())
}

/// A page of all keys in the order they were made, for the operator and holders of an office.
///
/// # Errors
/// `Denied` for all others.
pub async fn page(
    app: &App,
    actor: &Actor,
    after: Option<api_keys::After>,
    limit: u32,
) -> Result<Vec<ApiKey>, ActionError> {
    actor.oversees_all()?;
    Ok(api_keys::page(&app.store, after, limit).await?)
}

/// What a key of this owner could carry on a platform at this moment.
///
/// # Errors
/// [`ActionError::Missing`] when there is no such account, or the actor may not see its keys.
pub async fn choices(
    app: &App,
    actor: &Actor,
    owner: AccountId,
    platform: &Slug,
) -> Result<Vec<Credentials>, ActionError> {
    list(app, actor, owner).await?;
    let owner = standing::load(&app.store, owner).await?.ok_or(ActionError::Missing(Noun::Account))?;
    Ok(owner.usable_on(platform, &app.config.load().roles, app.clock.now()))
}

/// One key, for those who may see it in [`list`].
///
/// # Errors
/// [`ActionError::Missing`].
pub async fn show(app: &App, actor: &Actor, id: KeyId) -> Result<ApiKey, ActionError> {
    let missing = || ActionError::Missing(Noun::Key);
    let key = api_keys::by_id(&app.store, id).await?.ok_or_else(missing)?;
    let seen = list(app, actor, key.account).await.map_err(|_| missing())?;
    seen.into_iter().find(|seen| seen.id == id).ok_or_else(missing)
}

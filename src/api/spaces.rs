//! Spaces of an organisation.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{Done, Made, One};
use super::call::{Call, Outcome, invalid};
use super::endpoint::Nothing;
use super::listing::{Page, Paging};
use super::texts::{MomentText, ShownNameText, SlugText};
use crate::actions::space::{self, GrantsInside};
use crate::actions::{ActionError, Noun};
use crate::model::organisation::Space;

/// A space.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpaceView {
    /// Its id.
    pub id: String,
    /// Its machine name in the organisation.
    pub slug: SlugText,
    /// The name shown to people.
    pub name: String,
    /// When it was made.
    pub created_at: MomentText,
}

/// A space to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSpaceBody {
    /// Machine name in the organisation.
    slug: SlugText,
    /// Name shown to people; the machine name if left out.
    name: Option<ShownNameText>,
}

/// How a space is removed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SpaceRemoval {
    /// Whether grants that lie in it are revoked; otherwise they keep it.
    #[serde(default)]
    with_grants: bool,
}

impl From<&Space> for SpaceView {
    fn from(one: &Space) -> Self {
        Self {
            id: one.id.to_string(),
            slug: SlugText(one.slug.clone()),
            name: one.name.to_string(),
            created_at: MomentText(one.created_at),
        }
    }
}

/// A page of the spaces of an organisation.
pub async fn list(call: Call, paging: Paging) -> Outcome<Page<SpaceView>> {
    let home: SlugText = call.named("organisation")?;
    let found = space::list(&call.app, &call.actor()?, &home.0).await?;
    let views = found.iter().map(SpaceView::from).collect();
    Ok(paging.slice(views, |one: &SpaceView| one.slug.0.to_string()))
}

/// One space.
pub async fn show(call: Call, _: Nothing) -> Outcome<One<SpaceView>> {
    let (home, slug): (SlugText, SlugText) = (call.named("organisation")?, call.named("space")?);
    let found = space::list(&call.app, &call.actor()?, &home.0).await?;
    let found = found.iter().find(|one| one.slug == slug.0);
    Ok(One(found.ok_or(ActionError::Missing(Noun::Space))?.into()))
}

/// Makes a space.
pub async fn create(call: Call, body: NewSpaceBody) -> Outcome<Made<SpaceView>> {
    let home: SlugText = call.named("organisation")?;
    let name = match body.name {
        Some(name) => name.0,
        None => body.slug.0.as_str().parse().map_err(|_| invalid("/name"))?,
    };
    let made = space::create(&call.app, &call.actor()?, &home.0, body.slug.0, name).await?;
    let at = format!("/organisations/{}/spaces/{}", home.0, made.slug);
    Ok(Made { what: (&made).into(), at: Some(at) })
}

/// Removes a space.
pub async fn remove(call: Call, how: SpaceRemoval) -> Outcome<Done> {
    let (home, slug): (SlugText, SlugText) = (call.named("organisation")?, call.named("space")?);
    let inside = if how.with_grants { GrantsInside::Revoke } else { GrantsInside::Keep };
    space::remove(&call.app, &call.actor()?, &home.0, &slug.0, inside).await?;
    Ok(Done)
}

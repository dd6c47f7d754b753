//! Organisations: the customers, with their people, spaces and platforms.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Made, One};
use super::call::{Call, Outcome, invalid};
use super::endpoint::Nothing;
use super::listing::{Page, Paging};
use super::texts::{MomentText, ShownNameText, SlugText};
use crate::actions::{ActionError, Noun, organisation};
use crate::model::organisation::{Organisation, OrganisationStatus};

/// Whether an organisation is in use.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OrganisationStatusWord {
    /// In use.
    Open,
    /// Ended for good.
    Closed,
}

/// An organisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganisationView {
    /// Its id.
    pub id: String,
    /// Its machine name, for good.
    pub slug: SlugText,
    /// The name shown to people.
    pub name: String,
    /// Whether it is in use.
    pub status: OrganisationStatusWord,
    /// When it was made.
    pub created_at: MomentText,
}

/// An organisation to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganisationBody {
    /// Machine name, for good.
    slug: SlugText,
    /// Name shown to people; the machine name if left out.
    name: Option<ShownNameText>,
}

/// Another name to show.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameBody {
    /// The name.
    name: ShownNameText,
}

impl From<&Organisation> for OrganisationView {
    fn from(one: &Organisation) -> Self {
        Self {
            id: one.id.to_string(),
            slug: SlugText(one.slug.clone()),
            name: one.name.to_string(),
            status: match one.status {
                OrganisationStatus::Open => OrganisationStatusWord::Open,
                OrganisationStatus::Closed => OrganisationStatusWord::Closed,
            },
            created_at: MomentText(one.created_at),
        }
    }
}

fn slug(one: &OrganisationView) -> String {
    one.slug.0.to_string()
}

/// A page of organisations: all for holders of an office, their own for others.
pub async fn list(call: Call, paging: Paging) -> Outcome<Page<OrganisationView>> {
    let actor = call.actor()?;
    let after = paging.after().unwrap_or_default();
    let read = organisation::list(&call.app, &actor, after, paging.to_read()).await?;
    let views = read.iter().map(OrganisationView::from).collect();
    // Of their own, members get all at once.
    Ok(if actor.oversees_all().is_ok() { paging.cut(views, slug) } else { paging.slice(views, slug) })
}

/// Makes an organisation with its space `general`.
pub async fn create(call: Call, body: NewOrganisationBody) -> Outcome<Made<OrganisationView>> {
    let name = match body.name {
        Some(name) => name.0,
        None => body.slug.0.as_str().parse().map_err(|_| invalid("/name"))?,
    };
    let made = organisation::create(&call.app, &call.actor()?, body.slug.0, name).await?;
    Ok(Made { at: Some(format!("/organisations/{}", made.slug)), what: (&made).into() })
}

/// One organisation; members see their own.
pub async fn show(call: Call, _: Nothing) -> Outcome<One<OrganisationView>> {
    let slug: SlugText = call.named("organisation")?;
    let actor = call.actor()?;
    if let Ok(found) = organisation::show(&call.app, &actor, &slug.0).await {
        return Ok(One((&found).into()));
    }
    let missing = || ActionError::Missing(Noun::Organisation);
    actor.oversees_all().is_err().then_some(()).ok_or_else(missing)?;
    let own = organisation::list(&call.app, &actor, "", 1).await?;
    let found = own.iter().find(|one| one.slug == slug.0).ok_or_else(missing)?;
    Ok(One(found.into()))
}

/// Gives another name to show.
pub async fn rename(call: Call, body: RenameBody) -> Outcome<One<OrganisationView>> {
    let slug: SlugText = call.named("organisation")?;
    let done = organisation::rename(&call.app, &call.actor()?, &slug.0, body.name.0).await?;
    Ok(One((&done).into()))
}

/// Ends an organisation for good.
pub async fn close(call: Call) -> Outcome<One<OrganisationView>> {
    let slug: SlugText = call.named("organisation")?;
    let done = organisation::close(&call.app, &call.actor()?, &slug.0).await?;
    Ok(One((&done).into()))
}

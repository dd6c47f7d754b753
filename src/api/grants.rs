//! Grants: who holds which role where, and when.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{Done, Made};
use super::call::{Call, Outcome};
use super::listing::{Cursor, Limit, Page, Paging};
use super::texts::{GrantIdText, MomentText, SlugText, UserNameText};
use crate::actions::grant::{self, NewGrant};
use crate::store::grants::Named;

/// A grant.
#[derive(Debug, Serialize, ToSchema)]
pub struct GrantView {
    /// Its id.
    pub id: GrantIdText,
    /// Who holds it.
    pub account: UserNameText,
    /// In which organisation.
    pub organisation: SlugText,
    /// In which space; `null` is each.
    pub space: Option<SlugText>,
    /// Which role.
    pub role: SlugText,
    /// On which platform; `null` is each entitled one.
    pub platform: Option<SlugText>,
    /// When it begins to count.
    pub starts_at: Option<MomentText>,
    /// When it ceases to count.
    pub ends_at: Option<MomentText>,
}

/// Which grants are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GrantsWanted {
    /// Only those in this organisation; others than holders of an office must say one.
    organisation: Option<SlugText>,
    /// Only those of this account.
    account: Option<UserNameText>,
    /// How many items at most; 50 if left out.
    #[param(inline)]
    limit: Option<Limit>,
    /// `next` of the page before.
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// A grant to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGrantBody {
    /// Who gets it.
    account: UserNameText,
    /// In which organisation.
    organisation: SlugText,
    /// Which role.
    role: SlugText,
    /// In which space; each if left out.
    space: Option<SlugText>,
    /// On which platform; each entitled one if left out.
    platform: Option<SlugText>,
    /// When it begins to count; at once if left out.
    starts_at: Option<MomentText>,
    /// When it ceases to count; never if left out.
    ends_at: Option<MomentText>,
}

impl From<&Named> for GrantView {
    fn from(grant: &Named) -> Self {
        Self {
            id: GrantIdText(grant.id),
            account: UserNameText(grant.user_name.clone()),
            organisation: SlugText(grant.organisation.clone()),
            space: grant.space.clone().map(SlugText),
            role: SlugText(grant.role.clone()),
            platform: grant.platform.clone().map(SlugText),
            starts_at: grant.starts_at.map(MomentText),
            ends_at: grant.ends_at.map(MomentText),
        }
    }
}

/// A page of grants.
pub async fn list(call: Call, wanted: GrantsWanted) -> Outcome<Page<GrantView>> {
    let organisation = wanted.organisation.map(|slug| slug.0);
    let account = wanted.account.map(|name| name.0);
    let found = grant::list(&call.app, &call.actor()?, organisation.as_ref(), account.as_ref()).await?;
    let views = found.iter().map(GrantView::from).collect();
    Ok(Paging::of(wanted.limit, wanted.cursor).slice(views, |one: &GrantView| one.id.0.to_string()))
}

/// Gives an account a role.
pub async fn add(call: Call, body: NewGrantBody) -> Outcome<Made<GrantView>> {
    let new = NewGrant {
        account: body.account.0,
        organisation: body.organisation.0,
        role: body.role.0,
        space: body.space.map(|space| space.0),
        platform: body.platform.map(|platform| platform.0),
        starts_at: body.starts_at.map(|at| at.0),
        ends_at: body.ends_at.map(|at| at.0),
    };
    let made = grant::add(&call.app, &call.actor()?, new.clone()).await?;
    let what = GrantView {
        id: GrantIdText(made.id),
        account: UserNameText(new.account),
        organisation: SlugText(new.organisation),
        space: new.space.map(SlugText),
        role: SlugText(made.role),
        platform: new.platform.map(SlugText),
        starts_at: made.starts_at.map(MomentText),
        ends_at: made.ends_at.map(MomentText),
    };
    Ok(Made { what, at: None })
}

/// Takes a grant.
pub async fn revoke(call: Call) -> Outcome<Done> {
    let id: GrantIdText = call.named("grant")?;
    grant::revoke(&call.app, &call.actor()?, id.0).await?;
    Ok(Done)
}

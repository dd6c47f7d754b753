//! Entitlements: which organisation may use which platform.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Done, Made};
use super::call::{Call, Outcome};
use super::listing::{Page, Paging};
use super::texts::SlugText;
use crate::actions::entitlement;

/// A platform that an organisation may use.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntitlementView {
    /// The platform.
    pub platform: SlugText,
}

/// A platform to be used.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEntitlementBody {
    /// The platform.
    platform: SlugText,
}

/// A page of the platforms that an organisation may use.
pub async fn list(call: Call, paging: Paging) -> Outcome<Page<EntitlementView>> {
    let home: SlugText = call.named("organisation")?;
    let found = entitlement::list(&call.app, &call.actor()?, &home.0).await?;
    let views = found.into_iter().map(|platform| EntitlementView { platform: SlugText(platform) }).collect();
    Ok(paging.slice(views, |one: &EntitlementView| one.platform.0.to_string()))
}

/// Lets an organisation use a platform.
pub async fn add(call: Call, body: NewEntitlementBody) -> Outcome<Made<EntitlementView>> {
    let home: SlugText = call.named("organisation")?;
    entitlement::add(&call.app, &call.actor()?, &home.0, &body.platform.0).await?;
    Ok(Made { what: EntitlementView { platform: body.platform }, at: None })
}

/// Ends the use of a platform.
pub async fn remove(call: Call) -> Outcome<Done> {
    let (home, platform): (SlugText, SlugText) = (call.named("organisation")?, call.named("platform")?);
    entitlement::remove(&call.app, &call.actor()?, &home.0, &platform.0).await?;
    Ok(Done)
}

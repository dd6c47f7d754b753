//! Names and addresses that nobody may take, and their release.

use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::Done;
use super::call::{Call, Outcome};
use super::texts::{ArchivedNameText, ReasonText};
use crate::actions::account;

/// What is released, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseBody {
    /// A user name, or an address.
    name: ArchivedNameText,
    /// For the audit trail.
    reason: ReasonText,
}

/// Lets an archived name or address be used again.
pub async fn release(call: Call, body: ReleaseBody) -> Outcome<Done> {
    account::release(&call.app, &call.actor()?, &body.name.0, &body.reason.0).await?;
    Ok(Done)
}

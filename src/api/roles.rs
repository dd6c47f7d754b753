//! Roles: named ranks with permissions, as configuration defines them.

use serde::Serialize;
use utoipa::ToSchema;

use super::call::{Call, Outcome};
use super::listing::{Page, Paging};
use super::texts::SlugText;

/// A role.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoleView {
    /// Its machine name.
    pub slug: SlugText,
    /// The name shown to people.
    pub title: String,
    /// Its rank, from 0 on; a higher one includes the lower ones.
    pub rank: usize,
    /// What it may do beyond entering.
    pub permissions: Vec<String>,
}

/// A page of the roles, lowest rank first.
pub async fn list(call: Call, paging: Paging) -> Outcome<Page<RoleView>> {
    let config = call.app.config.load();
    let view = |(rank, role): (usize, &crate::model::role::Role)| RoleView {
        slug: SlugText(role.slug.clone()),
        title: role.title.clone(),
        rank,
        permissions: role.permissions.words().map(ToOwned::to_owned).collect(),
    };
    let views = config.roles.iter().enumerate().map(view).collect();
    Ok(paging.slice(views, |one: &RoleView| format!("{:03}", one.rank)))
}

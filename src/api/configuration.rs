//! The configuration in force, and how its last reload went.

use serde::Serialize;
use utoipa::ToSchema;

use super::answer::One;
use super::call::{Call, Outcome};
use super::endpoint::Nothing;
use crate::web::insight::ReloadView;

/// The configuration in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfigurationView {
    /// Every value with the place that it comes from, one a line; secrets are masked.
    pub lines: Vec<String>,
    /// How the last reload went.
    pub reload: Option<ReloadView>,
}

/// The configuration in force.
pub async fn show(call: Call, _: Nothing) -> Outcome<One<ConfigurationView>> {
    let lines = call.insight.configuration().lines().map(ToOwned::to_owned).collect();
    Ok(One(ConfigurationView { lines, reload: call.insight.reload() }))
}

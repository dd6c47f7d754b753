//! Upstreams: the apps behind the gate, and how their addresses are on the node that answers.

use super::call::{Call, Outcome};
use super::listing::{Page, Paging};
use crate::web::insight::UpstreamView;

/// A page of the upstreams.
pub async fn list(call: Call, paging: Paging) -> Outcome<Page<UpstreamView>> {
    Ok(paging.slice(call.insight.upstreams(), |one: &UpstreamView| one.name.clone()))
}

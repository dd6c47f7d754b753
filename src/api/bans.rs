//! Bans: who has used up a budget of failed attempts on the node that answers, and who gets it back.

use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Told;
use super::call::{Call, Outcome};
use super::listing::{Page, Paging};
use super::texts::PartyText;
use crate::actions::ban;

/// Somebody who must wait.
#[derive(Debug, Serialize, ToSchema)]
pub struct BanView {
    /// Who: a source, an account or a key.
    pub party: PartyText,
    /// How many seconds until one more attempt is allowed.
    pub seconds: u64,
}

/// What came of lifting a ban.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiftedView {
    /// Whether the party had to wait until now.
    pub lifted: bool,
}

/// A page of those who must wait.
pub async fn list(call: Call, paging: Paging) -> Outcome<Page<BanView>> {
    let found = ban::list(&call.app, &call.actor()?)?;
    let seconds = |left: std::time::Duration| left.as_secs() + u64::from(left.subsec_nanos() > 0);
    let view =
        |ban: &crate::app::limits::Ban| BanView { party: PartyText(ban.party), seconds: seconds(ban.left) };
    Ok(paging.slice(found.iter().map(view).collect(), |one: &BanView| one.party.0.to_string()))
}

/// Who gets the whole budget back.
#[derive(Debug, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftBody {
    /// A source, an account id or a key id.
    party: PartyText,
}

/// Gives a party its whole budget back.
pub async fn lift(call: Call, body: LiftBody) -> Outcome<Told<LiftedView>> {
    let lifted = ban::lift(&call.app, &call.actor()?, body.party.0).await?;
    Ok(Told(LiftedView { lifted }))
}

//! One's address: its validation, and its change; and where validated addresses are demanded.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Done, One, Told};
use super::call::{Call, Outcome};
use super::endpoint::Nothing;
use super::texts::{EmailText, MomentText, SlugText, UserNameText};
use crate::actions::{ActionError, Noun, address, demand, validation};
use crate::model::address_change::AddressChange;
use crate::model::demanded::Demanded;

/// A change of address that waits for its proof.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmailChangeView {
    /// The address still in force.
    old: Option<String>,
    /// The address to be.
    new: String,
    /// When it was asked for.
    requested_at: MomentText,
    /// Until when the new address can be proved.
    expires_at: MomentText,
}

/// An address to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailChangeBody {
    /// The new address.
    email: EmailText,
}

/// Where validated addresses are demanded, beside routes that do so themselves.
#[derive(Debug, Serialize, ToSchema)]
pub struct DemandView {
    /// Everywhere.
    everywhere: bool,
    /// On these platforms.
    platforms: Vec<SlugText>,
    /// Under credentials of these organisations.
    organisations: Vec<SlugText>,
    /// Whether the configuration file says so, and nobody else can.
    locked: bool,
}

/// Where validated addresses are to be demanded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DemandBody {
    /// Everywhere.
    #[serde(default)]
    everywhere: bool,
    /// On these platforms.
    #[serde(default)]
    platforms: Vec<SlugText>,
    /// Under credentials of these organisations.
    #[serde(default)]
    organisations: Vec<SlugText>,
}

fn view(change: &AddressChange) -> EmailChangeView {
    EmailChangeView {
        old: change.old.as_deref().map(ToOwned::to_owned),
        new: change.new.to_string(),
        requested_at: MomentText(change.requested_at),
        expires_at: MomentText(change.expires_at),
    }
}

async fn waiting(call: &Call) -> Outcome<EmailChangeView> {
    let found = address::pending(&call.app, &call.actor()?).await?;
    Ok(view(&found.ok_or(ActionError::Missing(Noun::AddressChange))?))
}

/// Sends the caller a letter to validate their address with.
pub async fn validate(call: Call) -> Outcome<Done> {
    validation::request(&call.app, &call.actor()?).await?;
    Ok(Done)
}

/// Sends such a letter to another account.
pub async fn validate_for(call: Call) -> Outcome<Done> {
    let name: UserNameText = call.named("account")?;
    validation::request_for(&call.app, &call.actor()?, &name.0).await?;
    Ok(Done)
}

/// The caller's change of address that waits for its proof.
pub async fn show(call: Call, _: Nothing) -> Outcome<One<EmailChangeView>> {
    Ok(One(waiting(&call).await?))
}

/// Asks for another address.
pub async fn request(call: Call, body: EmailChangeBody) -> Outcome<Told<EmailChangeView>> {
    address::request(&call.app, &call.actor()?, &body.email.0).await?;
    Ok(Told(waiting(&call).await?))
}

/// Sends the letter to the new address again.
pub async fn resend(call: Call) -> Outcome<Done> {
    address::resend(&call.app, &call.actor()?).await?;
    Ok(Done)
}

/// Cancels the change.
pub async fn cancel(call: Call) -> Outcome<Done> {
    address::cancel(&call.app, &call.actor()?).await?;
    Ok(Done)
}

fn demanded(call: &Call) -> Outcome<DemandView> {
    let shown = demand::show(&call.app, &call.actor()?)?;
    let texts = |slugs: &[crate::model::slug::Slug]| slugs.iter().cloned().map(SlugText).collect();
    Ok(DemandView {
        everywhere: shown.demanded.everywhere,
        platforms: texts(&shown.demanded.platforms),
        organisations: texts(&shown.demanded.organisations),
        locked: shown.locked,
    })
}

/// Where validated addresses are demanded.
pub async fn show_demand(call: Call, _: Nothing) -> Outcome<One<DemandView>> {
    Ok(One(demanded(&call)?))
}

/// Sets where validated addresses are demanded.
pub async fn set_demand(call: Call, body: DemandBody) -> Outcome<Told<DemandView>> {
    let plain = |texts: Vec<SlugText>| texts.into_iter().map(|text| text.0).collect();
    let (platforms, organisations) = (plain(body.platforms), plain(body.organisations));
    let wanted = Demanded { everywhere: body.everywhere, platforms, organisations };
    demand::set(&call.app, &call.actor()?, wanted).await?;
    Ok(Told(demanded(&call)?))
}

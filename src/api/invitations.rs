//! Invitations to an organisation: many at once, each with what became of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Done, One, Told};
use super::call::{Call, Outcome};
use super::endpoint::Nothing;
use super::listing::{Page, Paging};
use super::texts::{InvitationIdText, MomentText, SlugText, UserNameText};
use crate::actions::invitation::{self, Invited, NewInvitations, NewPromise, Sent};
use crate::model::invitation::{NamedInvitation, Promise};
use crate::time::Timestamp;

/// A grant that comes with acceptance.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromiseView {
    /// Which role.
    pub role: SlugText,
    /// In which space; each if left out.
    #[serde(default)]
    pub space: Option<SlugText>,
    /// On which platform; each entitled one if left out.
    #[serde(default)]
    pub platform: Option<SlugText>,
    /// When it begins to count; at once if left out.
    #[serde(default)]
    pub starts_at: Option<MomentText>,
    /// When it ceases to count; never if left out.
    #[serde(default)]
    pub ends_at: Option<MomentText>,
}

/// An invitation.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationView {
    /// Its id.
    pub id: InvitationIdText,
    /// The invited address; `null` once its owner was erased.
    pub email: Option<String>,
    /// `waiting`, `accepted`, `expired` or `revoked`.
    pub state: String,
    /// What comes with acceptance.
    pub grants: Vec<PromiseView>,
    /// Who invited; `null` when the operator did on the command line.
    pub invited_by: Option<UserNameText>,
    /// When it was made.
    pub created_at: MomentText,
    /// When it was sent last.
    pub sent_at: MomentText,
    /// Until when it can be accepted.
    pub expires_at: MomentText,
    /// When it was accepted.
    pub accepted_at: Option<MomentText>,
    /// Who accepted.
    pub accepted_by: Option<UserNameText>,
    /// When it was revoked.
    pub revoked_at: Option<MomentText>,
}

/// Invitations to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitationsBody {
    /// Whom; what is no address is refused alone.
    #[schema(min_items = 1, max_items = 200)]
    addresses: Vec<String>,
    /// What everybody is promised.
    #[schema(min_items = 1, max_items = 20)]
    grants: Vec<PromiseView>,
}

/// What became of one address.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitedView {
    /// As it was sent.
    pub address: String,
    /// The id of the invitation; `null` where the address was refused.
    pub invitation: Option<InvitationIdText>,
    /// Until when it can be accepted.
    pub expires_at: Option<MomentText>,
    /// The link, only where letters go nowhere; it is told only now.
    pub link: Option<String>,
    /// Why there is no invitation: `not-an-address`, `twice`, `waiting` or `too-many-letters`.
    pub refused: Option<String>,
}

/// What became of all of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitedListView {
    /// One for each address, in the order they were sent.
    pub items: Vec<InvitedView>,
}

impl From<&Promise> for PromiseView {
    fn from(promise: &Promise) -> Self {
        Self {
            role: SlugText(promise.role.clone()),
            space: promise.space_slug.clone().map(SlugText),
            platform: promise.platform.clone().map(SlugText),
            starts_at: promise.starts_at.map(MomentText),
            ends_at: promise.ends_at.map(MomentText),
        }
    }
}

impl From<PromiseView> for NewPromise {
    fn from(body: PromiseView) -> Self {
        Self {
            role: body.role.0,
            space: body.space.map(|space| space.0),
            platform: body.platform.map(|platform| platform.0),
            starts_at: body.starts_at.map(|at| at.0),
            ends_at: body.ends_at.map(|at| at.0),
        }
    }
}

fn view(one: &NamedInvitation, now: Timestamp) -> InvitationView {
    let held = &one.invitation;
    InvitationView {
        id: InvitationIdText(held.id),
        email: (!held.email.is_empty()).then(|| held.email.to_string()),
        state: held.state(now).as_str().to_owned(),
        grants: one.promises.iter().map(PromiseView::from).collect(),
        invited_by: one.inviter.clone().map(UserNameText),
        created_at: MomentText(held.created_at),
        sent_at: MomentText(held.sent_at),
        expires_at: MomentText(held.expires_at),
        accepted_at: held.accepted.map(|(at, _)| MomentText(at)),
        accepted_by: one.accepter.clone().map(UserNameText),
        revoked_at: held.cancelled_at.map(MomentText),
    }
}

impl From<Invited> for InvitedView {
    fn from(one: Invited) -> Self {
        match one.outcome {
            Ok(sent) => Self { address: one.typed, ..sent.into() },
            Err(unsent) => Self {
                address: one.typed,
                invitation: None,
                expires_at: None,
                link: None,
                refused: Some(unsent.as_str().to_owned()),
            },
        }
    }
}

impl From<Sent> for InvitedView {
    fn from(sent: Sent) -> Self {
        Self {
            address: sent.email,
            invitation: Some(InvitationIdText(sent.id)),
            expires_at: Some(MomentText(sent.expires_at)),
            link: sent.link.map(|link| link.expose().clone()),
            refused: None,
        }
    }
}

/// A page of the invitations of an organisation.
pub async fn list(call: Call, paging: Paging) -> Outcome<Page<InvitationView>> {
    let home: SlugText = call.named("organisation")?;
    let before = paging.after().unwrap_or_default();
    let read = invitation::list(&call.app, &call.actor()?, &home.0, before, paging.to_read()).await?;
    let views = read.iter().map(|one| view(one, call.now())).collect();
    Ok(paging.cut(views, |one: &InvitationView| one.id.0.to_string()))
}

/// Invites people.
pub async fn invite(call: Call, body: NewInvitationsBody) -> Outcome<Told<InvitedListView>> {
    let home: SlugText = call.named("organisation")?;
    let promises = body.grants.into_iter().map(NewPromise::from).collect();
    let new = NewInvitations { organisation: home.0, addresses: body.addresses, promises };
    let all = invitation::invite(&call.app, &call.actor()?, new).await?;
    Ok(Told(InvitedListView { items: all.into_iter().map(InvitedView::from).collect() }))
}

/// One invitation.
pub async fn show(call: Call, _: Nothing) -> Outcome<One<InvitationView>> {
    let (home, id) = named(&call)?;
    let found = invitation::show(&call.app, &call.actor()?, &home.0, id.0).await?;
    Ok(One(view(&found, call.now())))
}

/// Sends an invitation anew.
pub async fn resend(call: Call) -> Outcome<Told<InvitedView>> {
    let (home, id) = named(&call)?;
    Ok(Told(invitation::resend(&call.app, &call.actor()?, &home.0, id.0).await?.into()))
}

/// Lets an invitation work for longer.
pub async fn extend(call: Call) -> Outcome<Done> {
    let (home, id) = named(&call)?;
    invitation::extend(&call.app, &call.actor()?, &home.0, id.0).await?;
    Ok(Done)
}

/// Takes an invitation back.
pub async fn revoke(call: Call) -> Outcome<Done> {
    let (home, id) = named(&call)?;
    invitation::revoke(&call.app, &call.actor()?, &home.0, id.0).await?;
    Ok(Done)
}

fn named(call: &Call) -> Outcome<(SlugText, InvitationIdText)> {
    Ok((call.named("organisation")?, call.named("invitation")?))
}

//! Invitations: managers, administrators and support promise membership and grants to whoever reads mail at an
//! address. What was promised is looked at again when somebody accepts.

mod accept;
mod invite;
mod letter;

use super::actor::{Actor, Place};
use super::error::{ActionError, Denied, Noun, Rule};
use super::organisation;
use crate::app::App;
use crate::config::MAX_LINK_AGE;
use crate::model::account::Office;
use crate::model::id::InvitationId;
use crate::model::invitation::{Invitation, InvitationState, NamedInvitation, Promise};
use crate::model::organisation::Organisation;
use crate::model::slug::Slug;
use crate::secret::{Secret, token};
use crate::store::{Tx, invitations};
use crate::time::Timestamp;

pub use self::accept::{Accepted, Opened, Standing, accept, peek};
pub(super) use self::accept::{fulfil, waiting};
pub use self::invite::{Invited, MOST_ADDRESSES, NewInvitations, NewPromise, Sent, Unsent, invite, split};

/// How soon after a letter another one may be sent.
pub const PAUSE: std::time::Duration = std::time::Duration::from_secs(60);

/// One page of an organisation's invitations, newest first.
///
/// # Errors
/// `Missing` for those who may not look into it.
pub async fn list(
    app: &App,
    actor: &Actor,
    organisation: &Slug,
    before: &str,
    limit: u32,
) -> Result<Vec<NamedInvitation>, ActionError> {
    let home = organisation::seen(app, actor, organisation).await?;
    Ok(invitations::list(&app.store, home.id, before, limit).await?)
}

/// One invitation of an organisation.
///
/// # Errors
/// `Missing` for those who may not look into it.
pub async fn show(
    app: &App,
    actor: &Actor,
    organisation: &Slug,
    id: InvitationId,
) -> Result<NamedInvitation, ActionError> {
    let home = organisation::seen(app, actor, organisation).await?;
    let found = invitations::in_organisation(&app.store, home.id, id).await?;
    found.ok_or(ActionError::Missing(Noun::Invitation))
}

/// Sends an invitation anew: the link of the letter before ends, the time begins again.
///
/// # Errors
/// `Denied`, `Missing`, `Refused` for one that was accepted or revoked or was sent a moment ago,
/// `TooManyLetters`.
pub async fn resend(
    app: &App,
    actor: &Actor,
    organisation: &Slug,
    id: InvitationId,
) -> Result<Sent, ActionError> {
    let (mut tx, home, held) = begin_on(app, actor, organisation, id).await?;
    let now = app.clock.now();
    if now.since(held.invitation.sent_at) < PAUSE {
        return Err(Rule::TooSoon.into());
    }
    let config = app.config.load();
    let (text, digest) = minted();
    let invitation = Invitation {
        sent_at: now,
        expires_at: now.plus(config.links.invitation),
        handed_out: config.mail.server.is_none(),
        ..held.invitation
    };
    invitations::renew(&mut tx, &invitation, &digest).await?;
    let link = letter::Link::of(app, &invitation, &text)?;
    letter::send(app, actor, &mut tx, (&home, &held.promises), &link).await?;
    finish(app, actor, tx, &invitation, "invitation.sent-anew").await?;
    Ok(Sent::of(&invitation, link))
}

/// Lets an invitation work for longer, up to a week after it was sent.
///
/// # Errors
/// `Denied`, `Missing`, `Refused` for one that was accepted or revoked, or works that long already.
pub async fn extend(
    app: &App,
    actor: &Actor,
    organisation: &Slug,
    id: InvitationId,
) -> Result<Invitation, ActionError> {
    let (mut tx, _, held) = begin_on(app, actor, organisation, id).await?;
    let latest = held.invitation.sent_at.plus(MAX_LINK_AGE);
    let wanted = app.clock.now().plus(app.config.load().links.invitation).min(latest);
    if wanted <= held.invitation.expires_at || wanted <= app.clock.now() {
        return Err(Rule::ExtendedAlready.into());
    }
    let invitation = Invitation { expires_at: wanted, ..held.invitation };
    invitations::extend(&mut tx, &invitation).await?;
    finish(app, actor, tx, &invitation, "invitation.extended").await?;
    Ok(invitation)
}

/// Takes an invitation back; its link ends, and so does a sign-up that was begun with it.
///
/// # Errors
/// `Denied`, `Missing`, `Refused` for one that was accepted or revoked.
pub async fn revoke(
    app: &App,
    actor: &Actor,
    organisation: &Slug,
    id: InvitationId,
) -> Result<Invitation, ActionError> {
    let (mut tx, _, held) = begin_on(app, actor, organisation, id).await?;
    let now = app.clock.now();
    let invitation = Invitation { cancelled_at: Some(now), ..held.invitation };
    invitations::cancel(&mut tx, invitation.organisation, id, now).await?;
    finish(app, actor, tx, &invitation, "invitation.revoked").await?;
    Ok(invitation)
}

/// Begins a change of an invitation that is still open. Strangers learn nothing about which there are; whoever
/// changes one could have made it.
async fn begin_on(
    app: &App,
    actor: &Actor,
    organisation: &Slug,
    id: InvitationId,
) -> Result<(Tx, Organisation, NamedInvitation), ActionError> {
    let missing = || ActionError::Missing(Noun::Invitation);
    let (mut tx, home) = organisation::begin_in(app, actor, organisation).await?;
    let held = invitations::in_organisation(&app.store, home.id, id).await?;
    let allowed = may_promise(app, actor, &mut tx, (&home, held.as_ref().map_or(&[], |held| &held.promises)));
    match allowed.await {
        Err(ActionError::Denied(Denied::NotManager)) => return Err(missing()),
        answer => answer?,
    }
    let held = held.ok_or_else(missing)?;
    match held.invitation.state(app.clock.now()) {
        InvitationState::Waiting | InvitationState::Expired => Ok((tx, home, held)),
        InvitationState::Accepted | InvitationState::Revoked => Err(Rule::InvitationOver.into()),
    }
}

/// Whether an actor may promise all this: support anything, everybody else what they could give. Who
/// promises nothing must manage the whole.
async fn may_promise(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    (home, promises): (&Organisation, &[Promise]),
) -> Result<(), ActionError> {
    for promise in promises {
        let (space, platform) = (promise.space_slug.as_ref(), promise.platform.as_ref());
        let place = Place { organisation: home.id, space, platform };
        promises_in(app, actor, tx, (place, &promise.role)).await?;
    }
    if promises.is_empty() && actor.office(tx).await? != Some(Office::Support) {
        actor.manages(app, tx, Place::whole(home.id)).await?;
    }
    Ok(())
}

/// Whether somebody may promise a role in a place: up to their own rank there, or by an office.
async fn promises_in(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    (place, role): (Place<'_>, &Slug),
) -> Result<(), ActionError> {
    if actor.office(tx).await? == Some(Office::Support) {
        return Ok(());
    }
    let rank = app.config.load().roles.rank(role);
    Ok(actor.manages(app, tx, place).await?.admits(rank)?)
}

/// The token of a link, and what is stored of it.
fn minted() -> (Secret<String>, [u8; 32]) {
    let text = token::mint_session_token();
    let digest = token::session_digest(text.expose().as_bytes());
    (text, digest)
}

async fn finish(
    app: &App,
    actor: &Actor,
    mut tx: Tx,
    invitation: &Invitation,
    act: &'static str,
) -> Result<(), ActionError> {
    note(actor, &mut tx, invitation, act);
    app.commit(tx).await?;
    Ok(())
}

/// Notes an act on an invitation. The address is a personal field.
fn note(actor: &Actor, tx: &mut Tx, invitation: &Invitation, act: &'static str) {
    let mut entry = actor.entry(act, format!("invitation {}", invitation.id));
    entry.organisation = Some(invitation.organisation);
    entry.detail = format!("until={}", invitation.expires_at);
    entry.personal = Some(format!("email={}", invitation.email));
    tx.audit(entry);
}

/// Whether a promise can still be kept: it is not over, and role and platform are still there. A space that went
/// took its promises along.
fn holds(app: &App, entitled: &[Slug], promise: &Promise, now: Timestamp) -> bool {
    app.config.load().roles.rank(&promise.role).is_some()
        && promise.ends_at.is_none_or(|end| now < end)
        && promise.platform.as_ref().is_none_or(|platform| entitled.contains(platform))
}

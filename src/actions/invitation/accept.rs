//! What an invitation's link leads to, and its acceptance: membership and the grants that can still be given.

use std::sync::Arc;

use super::super::actor::{Actor, Origin, Place, Who};
use super::super::endings;
use super::super::error::{ActionError, Denied, Noun};
use super::super::events::{self, Holds};
use super::{holds, letter, promises_in};
use crate::app::App;
use crate::model::account::{Account, AccountKind, AccountStatus};
use crate::model::audit::AuditActor;
use crate::model::change::Change;
use crate::model::email::Email;
use crate::model::grant::{Grant, Standing as Holdings};
use crate::model::id::{AccountId, GrantId, InvitationId, SessionId};
use crate::model::identity::Presented;
use crate::model::invitation::{InvitationState, NamedInvitation, Promise};
use crate::model::organisation::{Organisation, OrganisationStatus};
use crate::model::slug::Slug;
use crate::secret::{Secret, token};
use crate::store::{
    StoreError, Tx, accounts, claims, entitlements, grants, invitations, memberships, organisations, standing,
};
use crate::time::Timestamp;

/// What the link leads to.
pub enum Standing {
    /// It can be accepted.
    Waiting(Box<Opened>),
    /// This account accepted it.
    Accepted(AccountId),
}

/// An invitation as its reader sees it.
pub struct Opened {
    /// Its id.
    pub id: InvitationId,
    /// The name of the organisation.
    pub organisation: String,
    /// Who invites, where that is a person.
    pub inviter: Option<String>,
    /// The invited address.
    pub email: Email,
    /// What comes with it, one a line.
    pub promises: Vec<String>,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// The account that has the address.
    pub holder: Option<Account>,
    /// Whether the page may say that there is such an account: not where others have seen the link.
    pub may_tell: bool,
}

/// An invitation that was just accepted.
pub struct Accepted {
    /// Who accepted.
    pub account: Account,
    /// What the account holds from now on.
    pub standing: Option<Holdings>,
    /// The platforms that the new grants open.
    pub platforms: Vec<Slug>,
}

/// What the token of a link leads to. Changes nothing.
///
/// # Errors
/// `Missing` for a token that is unknown or replaced, and for what expired or was revoked.
pub async fn peek(app: &App, text: &Secret<String>) -> Result<Standing, ActionError> {
    let found = by_token(app, text).await?;
    if let Some((_, by)) = found.invitation.accepted {
        return Ok(Standing::Accepted(by));
    }
    let home = open_home(app, &found).await?;
    let now = app.clock.now();
    let entitled = entitlements::list(&app.store, home.id).await?;
    let kept = found.promises.iter().filter(|promise| holds(app, &entitled, promise, now));
    let inviter = match found.invitation.invited_by {
        Some(id) => accounts::by_id(&app.store, id).await?,
        None => None,
    };
    let email = address(&found)?;
    Ok(Standing::Waiting(Box::new(Opened {
        id: found.invitation.id,
        organisation: home.name.to_string(),
        inviter: inviter.map(|account| format!("{} ({})", account.display_name, account.user_name)),
        promises: kept.map(|promise| letter::line(app, promise)).collect(),
        expires_at: found.invitation.expires_at,
        holder: accounts::by_email(&app.store, &email).await?,
        may_tell: !found.invitation.handed_out,
        email,
    })))
}

/// Accepts an invitation with the actor's own account, which must have the invited address (S4-07).
///
/// # Errors
/// `Missing` as [`peek`], `Denied` for any other account: the link still works then.
pub async fn accept(app: &App, actor: &Actor, text: &Secret<String>) -> Result<Accepted, ActionError> {
    actor.needs_person()?;
    let own = actor.account().ok_or(Denied::NotOwner)?;
    let found = by_token(app, text).await?;
    open_home(app, &found).await?;
    let email = address(&found)?;
    let (mut tx, home, found) = waiting(app, found.invitation.id).await?;
    let account = accounts::hold(&mut tx, own).await?.ok_or(ActionError::Missing(Noun::Account))?;
    if (account.kind, account.status) != (AccountKind::Person, AccountStatus::Active) {
        return Err(Denied::Inactive.into());
    }
    if claims::holder(&mut tx, &email).await?.map(|holder| holder.id) != Some(own) {
        return Err(Denied::NotInvited.into());
    }
    let accepted = fulfil(app, actor.origin, &mut tx, (&home, &found), account).await?;
    app.commit(tx).await?;
    Ok(accepted)
}

/// Begins the acceptance of an invitation: its organisation is held, and it is read as it stands then.
///
/// # Errors
/// `Missing` unless it waits.
pub(in crate::actions) async fn waiting(
    app: &App,
    id: InvitationId,
) -> Result<(Tx, Organisation, NamedInvitation), ActionError> {
    let missing = || ActionError::Missing(Noun::Invitation);
    let found = invitations::by_id(&app.store, id).await?.ok_or_else(missing)?;
    let mut tx = app.store.begin().await?;
    let home = organisations::hold(&mut tx, found.invitation.organisation).await?;
    let home = home.filter(|home| home.status == OrganisationStatus::Open).ok_or_else(missing)?;
    let found = invitations::by_id(&app.store, id).await?.ok_or_else(missing)?;
    match found.invitation.state(app.clock.now()) {
        InvitationState::Waiting => Ok((tx, home, found)),
        InvitationState::Accepted | InvitationState::Expired | InvitationState::Revoked => Err(missing()),
    }
}

/// Makes an account a member, with every promised grant that can still be given, inside a transaction that
/// holds organisation and account.
///
/// # Errors
/// `Missing` when somebody else was faster.
pub(in crate::actions) async fn fulfil(
    app: &App,
    origin: Origin,
    tx: &mut Tx,
    (home, found): (&Organisation, &NamedInvitation),
    account: Account,
) -> Result<Accepted, ActionError> {
    let now = app.clock.now();
    if !invitations::accept(tx, found.invitation.id, account.id, now).await? {
        return Err(ActionError::Missing(Noun::Invitation));
    }
    // Keys that lost their grant by its date must not come back with these.
    endings::settle_keys(app, tx, account.id).await?;
    memberships::ensure(tx, account.id, home.id, now).await?;
    let given = give(app, tx, found, account.id).await?;
    events::grants(app, tx, Holds::More, &given).await?;
    tx.change(Change::Account(account.id));
    let by = AuditActor::Account(account.id);
    let mut entry = origin.entry(by, "invitation.accepted", format!("invitation {}", found.invitation.id));
    entry.organisation = Some(home.id);
    entry.detail = format!("account={} grants={} of {}", account.id, given.len(), found.promises.len());
    tx.audit(entry);
    let entitled = entitlements::list(&app.store, home.id).await?;
    let opened =
        |slug: &&Slug| given.iter().any(|one| one.platform.as_ref().is_none_or(|only| only == *slug));
    let platforms = entitled.iter().filter(opened).cloned().collect();
    let standing = standing::load_in(tx, account.id).await?;
    Ok(Accepted { account, standing, platforms })
}

async fn give(
    app: &App,
    tx: &mut Tx,
    found: &NamedInvitation,
    account: AccountId,
) -> Result<Vec<Grant>, ActionError> {
    let now = app.clock.now();
    let entitled = entitlements::list(&app.store, found.invitation.organisation).await?;
    let (mut given, mut void) = (Vec::new(), false);
    for promise in found.promises.iter().filter(|promise| holds(app, &entitled, promise, now)) {
        if !may_still_promise(app, tx, found, promise).await? {
            void = true;
            continue;
        }
        let grant = Grant {
            id: GrantId::mint(),
            account,
            organisation: found.invitation.organisation,
            space: promise.space,
            role: promise.role.clone(),
            platform: promise.platform.clone(),
            starts_at: promise.starts_at,
            ends_at: promise.ends_at,
            granted_by: found.invitation.invited_by,
            created_at: now,
        };
        if grants::insert_new(tx, &grant).await? {
            given.push(grant);
        }
    }
    // Nobody comes in on the word of somebody who has no say any more.
    if void && given.is_empty() { Err(ActionError::Missing(Noun::Invitation)) } else { Ok(given) }
}

/// Whether whoever invited could promise this now: a right that ended takes its promises along.
async fn may_still_promise(
    app: &App,
    tx: &mut Tx,
    found: &NamedInvitation,
    promise: &Promise,
) -> Result<bool, ActionError> {
    let Some(inviter) = found.invitation.invited_by else { return Ok(true) };
    let Some(standing) = standing::load_in(tx, inviter).await? else { return Ok(false) };
    let presented = Presented::Session(SessionId::mint());
    let who = Who::Account { standing: Arc::new(standing), presented };
    let inviter = Actor { who, origin: Origin::default() };
    let place = Place {
        organisation: found.invitation.organisation,
        space: promise.space_slug.as_ref(),
        platform: promise.platform.as_ref(),
    };
    match promises_in(app, &inviter, tx, (place, &promise.role)).await {
        Ok(()) => Ok(true),
        Err(ActionError::Denied(_)) => Ok(false),
        Err(other) => Err(other),
    }
}

/// The invitation of a token, accepted ones too.
async fn by_token(app: &App, text: &Secret<String>) -> Result<NamedInvitation, ActionError> {
    let missing = || ActionError::Missing(Noun::Invitation);
    let digest = token::session_digest(text.expose().as_bytes());
    let found = invitations::by_digest(&app.store, &digest).await?.ok_or_else(missing)?;
    match found.invitation.state(app.clock.now()) {
        InvitationState::Waiting | InvitationState::Accepted => Ok(found),
        InvitationState::Expired | InvitationState::Revoked => Err(missing()),
    }
}

async fn open_home(app: &App, found: &NamedInvitation) -> Result<Organisation, ActionError> {
    let home = organisations::by_id(&app.store, found.invitation.organisation).await?;
    let home = home.filter(|home| home.status == OrganisationStatus::Open);
    home.ok_or(ActionError::Missing(Noun::Invitation))
}

fn address(found: &NamedInvitation) -> Result<Email, ActionError> {
    let unreadable = |_| ActionError::Unavailable(StoreError::Corrupt { column: "invitation.email" });
    found.invitation.email.parse().map_err(unreadable)
}

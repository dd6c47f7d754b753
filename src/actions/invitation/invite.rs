//! Inviting many people at once: each address gets its own invitation, or the reason why it does not. Nothing
//! that is answered depends on whether anybody has an address.

use std::collections::HashSet;

use super::super::actor::Actor;
use super::super::error::{ActionError, Noun, Rule};
use super::super::{grant, organisation};
use super::{letter, may_promise, minted, note};
use crate::app::App;
use crate::model::email::Email;
use crate::model::id::InvitationId;
use crate::model::invitation::{Invitation, Promise};
use crate::model::organisation::Organisation;
use crate::model::slug::Slug;
use crate::secret::Secret;
use crate::store::{Tx, invitations};
use crate::time::Timestamp;

/// Most addresses at once.
pub const MOST_ADDRESSES: usize = 200;

/// Most grants of one invitation.
const MOST_PROMISES: usize = 20;

/// Invitations to be.
#[derive(Debug, Clone)]
pub struct NewInvitations {
    /// The organisation that invites.
    pub organisation: Slug,
    /// The addresses as they were typed.
    pub addresses: Vec<String>,
    /// What everybody is promised; one at least.
    pub promises: Vec<NewPromise>,
}

/// A grant to be promised.
#[derive(Debug, Clone)]
pub struct NewPromise {
    /// Which role.
    pub role: Slug,
    /// In which space; `None` is each.
    pub space: Option<Slug>,
    /// On which platform; `None` is each entitled one.
    pub platform: Option<Slug>,
    /// When it begins to count.
    pub starts_at: Option<Timestamp>,
    /// When it ceases to count.
    pub ends_at: Option<Timestamp>,
}

/// What became of one address.
pub struct Invited {
    /// As it was typed.
    pub typed: String,
    /// The invitation, or why there is none.
    pub outcome: Result<Sent, Unsent>,
}

/// An invitation on its way.
pub struct Sent {
    /// Its id.
    pub id: InvitationId,
    /// The address.
    pub email: String,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// The link, where letters go nowhere: to be handed over in another way.
    pub link: Option<Secret<String>>,
}

/// Why an address got no invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// It cannot be written to.
    #[error("is not an e-mail address")]
    NotAnAddress,
    /// It stands in the list twice.
    #[error("stands in the list twice")]
    Twice,
    /// The organisation invited it already.
    #[error("is invited already; send that invitation anew, or revoke it")]
    Waiting,
    /// It has had too many letters within the hour.
    #[error("has had too many letters; try again in an hour")]
    TooManyLetters,
}

impl Unsent {
    /// The word for programs and for the catalogue.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAnAddress => "not-an-address",
            Self::Twice => "twice",
            Self::Waiting => "waiting",
            Self::TooManyLetters => "too-many-letters",
        }
    }
}

impl Sent {
    pub(super) fn of(invitation: &Invitation, link: letter::Link) -> Self {
        Self {
            id: invitation.id,
            email: invitation.email.to_string(),
            expires_at: invitation.expires_at,
            link: invitation.handed_out.then_some(link.url),
        }
    }
}

/// The addresses in a text as people paste it: one a line, or with commas, semicolons or spaces between them,
/// also as `Name <address>`.
pub fn split(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for piece in text.split(['\n', '\r', ',', ';']).map(str::trim).filter(|piece| !piece.is_empty()) {
        match piece.strip_suffix('>').and_then(|piece| piece.rsplit_once('<')) {
            Some((_, inside)) => all.push(inside.trim().to_owned()),
            None => all.extend(piece.split_whitespace().map(str::to_owned)),
        }
    }
    all
}

/// Invites people.
///
/// # Errors
/// `Denied`, `Missing` for a role, space or platform that is not there, `Refused` for what may not be promised;
/// then nobody is invited. What is wrong with one address keeps no other from being invited.
pub async fn invite(app: &App, actor: &Actor, new: NewInvitations) -> Result<Vec<Invited>, ActionError> {
    let NewInvitations { organisation, addresses, promises } = new;
    if promises.is_empty() || promises.len() > MOST_PROMISES {
        return Err(Rule::NoPromise.into());
    }
    if addresses.is_empty() || addresses.len() > MOST_ADDRESSES {
        return Err(Rule::TooManyAddresses.into());
    }
    let (mut tx, home) = organisation::begin_in(app, actor, &organisation).await?;
    let promises = promised(app, &home, promises).await?;
    may_promise(app, actor, &mut tx, (&home, &promises)).await?;
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for typed in addresses {
        let outcome = match typed.parse::<Email>() {
            Err(_) => Err(Unsent::NotAnAddress),
            Ok(email) if !seen.insert(email.canonical()) => Err(Unsent::Twice),
            Ok(email) => one(app, actor, &mut tx, (&home, &promises), email).await?,
        };
        all.push(Invited { typed, outcome });
    }
    if all.iter().any(|one| one.outcome.is_ok()) {
        app.commit(tx).await?;
    }
    Ok(all)
}

async fn one(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    (home, promises): (&Organisation, &[Promise]),
    email: Email,
) -> Result<Result<Sent, Unsent>, ActionError> {
    let (now, config) = (app.clock.now(), app.config.load());
    if invitations::waits(tx, home.id, &email, now).await? {
        return Ok(Err(Unsent::Waiting));
    }
    let (text, digest) = minted();
    let invitation = Invitation {
        id: InvitationId::mint(),
        organisation: home.id,
        email: email.as_str().into(),
        invited_by: actor.account(),
        created_at: now,
        sent_at: now,
        expires_at: now.plus(config.links.invitation),
        accepted: None,
        cancelled_at: None,
        handed_out: config.mail.server.is_none(),
    };
    let link = letter::Link::of(app, &invitation, &text)?;
    match letter::send(app, actor, tx, (home, promises), &link).await {
        Err(ActionError::TooManyLetters) => return Ok(Err(Unsent::TooManyLetters)),
        sent => sent?,
    }
    invitations::insert(tx, (&invitation, &email), &digest, promises).await?;
    note(actor, tx, &invitation, "invitation.sent");
    Ok(Ok(Sent::of(&invitation, link)))
}

/// What is promised, when all of it is there.
async fn promised(app: &App, home: &Organisation, new: Vec<NewPromise>) -> Result<Vec<Promise>, ActionError> {
    let mut promises = Vec::new();
    for NewPromise { role, space, platform, starts_at, ends_at } in new {
        app.config.load().roles.rank(&role).ok_or(ActionError::Missing(Noun::Role))?;
        grant::period(starts_at, ends_at, app.clock.now())?;
        let found = grant::space(app, home.id, space.as_ref()).await?;
        grant::entitled(app, home.id, platform.as_ref()).await?;
        let space_slug = space;
        promises.push(Promise {
            space: found.map(|found| found.id),
            space_slug,
            role,
            platform,
            starts_at,
            ends_at,
        });
    }
    Ok(promises)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_however_they_were_pasted() {
        let text =
            "a@x.org, b@x.org;c@x.org\n  Ada Lovelace <ada@x.org>\r\n\"B, C\" <d@x.org> e@x.org f@x.org";
        let found = split(text);
        for wanted in ["a@x.org", "b@x.org", "c@x.org", "ada@x.org", "f@x.org"] {
            assert!(found.iter().any(|one| one == wanted), "{wanted} in {found:?}");
        }
        assert!(split(" \n,; ").is_empty());
    }
}

//! Invitations to an organisation: many at once, each with what became of it, and one by one afterwards.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::deed::about;
use super::grants::places;
use super::{home, inviting, may_invite, path_of};
use crate::actions::invitation::{self as act, Invited, NewInvitations, NewPromise, Sent};
use crate::actions::{ActionError, Noun};
use crate::model::id::InvitationId;
use crate::model::invitation::{InvitationState, NamedInvitation, Promise};
use crate::model::organisation::Organisation;
use crate::pages::accounts::Badge;
use crate::pages::frame::{Frame, When};
use crate::pages::sheet::{Form, Kind, Moment, plain};
use crate::pages::step_up;
use crate::pages::visit::{Outcome, SignedIn, Stop};
use crate::time::Timestamp;
use crate::web::fields::Fields;
use crate::words;

/// Invitations on one page.
const ROWS: usize = 50;

const NEW: (&str, &str) = ("invite-title", "invite-text");

/// Problems that one of the fields is to blame for.
const BLAMES: [(&str, &str); 7] = [
    ("too-many-addresses", "addresses"),
    ("above-own-rank", "role"),
    ("no-role", "role"),
    ("no-promise", "role"),
    ("no-space", "space"),
    ("not-entitled", "platform"),
    ("bad-period", "ends"),
];

#[derive(Template)]
#[template(path = "pages/organisations/invitations.html")]
struct List {
    frame: Frame,
    organisation: String,
    slug: String,
    rows: Vec<Row>,
    next: Option<String>,
    may_invite: bool,
}

#[derive(Template)]
#[template(path = "pages/organisations/invitation.html")]
struct One {
    frame: Frame,
    organisation: String,
    slug: String,
    one: Row,
    may_change: bool,
}

#[derive(Template)]
#[template(path = "pages/organisations/invited.html")]
struct Outcomes {
    frame: Frame,
    organisation: String,
    slug: String,
    all: Vec<Told>,
    /// Whether links are to be handed over.
    by_hand: bool,
    form: Option<Form>,
}

/// An invitation as a row.
struct Row {
    id: String,
    email: String,
    state: Badge,
    promises: Vec<String>,
    sent: When,
    inviter: Option<String>,
    ends: When,
    accepter: Option<String>,
    open: bool,
}

/// What became of one address.
struct Told {
    typed: String,
    refused: Option<String>,
    link: Option<String>,
    ends: Option<When>,
}

/// What the address of the list may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// The last invitation of the page before.
    #[serde(default)]
    after: String,
}

/// Shows the invitations of an organisation, newest first.
pub async fn list(Path(slug): Path<String>, Query(asked): Query<Asked>, signed_in: SignedIn) -> Outcome {
    let held = home(&signed_in, &slug).await?;
    let visit = &signed_in.visit;
    let limit = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    let found = act::list(&visit.app, &signed_in.actor(), &held.slug, &asked.after, limit).await;
    let mut found = visit.or_say(found)?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let next = found.last().filter(|_| more);
    let next = next.map(|last| format!("{}/invitations?after={}", path_of(&held), last.invitation.id));
    let page = List {
        frame: signed_in.frame("invitations-title"),
        organisation: held.name.to_string(),
        slug: held.slug.to_string(),
        rows: found.iter().map(|one| row(&signed_in, one)).collect(),
        next,
        may_invite: may_invite(&signed_in, &held),
    };
    Ok(visit.show(&page))
}

/// Shows one invitation, with what can be done to it.
pub async fn show(Path((slug, id)): Path<(String, String)>, signed_in: SignedIn) -> Outcome {
    let held = home(&signed_in, &slug).await?;
    let found = known(&signed_in, &held, &id).await?;
    let page = One {
        frame: signed_in.frame("invitation-title"),
        organisation: held.name.to_string(),
        slug: held.slug.to_string(),
        one: row(&signed_in, &found),
        may_change: may_invite(&signed_in, &held),
    };
    Ok(signed_in.visit.show(&page))
}

/// Sends an invitation anew, lets it work for longer, or takes it back.
pub async fn change(
    Path((slug, id)): Path<(String, String)>,
    signed_in: SignedIn,
    fields: Fields,
) -> Outcome {
    let mut signed_in = signed_in;
    let held = inviting(&signed_in, &slug).await?;
    let id = known(&signed_in, &held, &id).await?.invitation.id;
    step_up::fresh(&mut signed_in, &fields).await?;
    let (visit, actor) = (&signed_in.visit, signed_in.actor());
    let said = match fields.text("deed") {
        "resend" => {
            let sent = visit.or_say(act::resend(&visit.app, &actor, &held.slug, id).await)?;
            if sent.link.is_some() {
                let told = vec![told(sent)];
                return Ok(result(&signed_in, &held, told, None));
            }
            "flash-invitation-sent"
        }
        "extend" => {
            visit.or_say(act::extend(&visit.app, &actor, &held.slug, id).await)?;
            "flash-invitation-extended"
        }
        "revoke" => {
            visit.or_say(act::revoke(&visit.app, &actor, &held.slug, id).await)?;
            "flash-invitation-revoked"
        }
        _ => return visit.or_say(Err(ActionError::Missing(Noun::Invitation))),
    };
    Ok(signed_in.visit.go_saying(&format!("{}/invitations", path_of(&held)), said))
}

/// Asks whom to invite.
pub async fn ask(Path(slug): Path<String>, signed_in: SignedIn) -> Outcome {
    let held = inviting(&signed_in, &slug).await?;
    let form = form(&signed_in, &held).await?;
    Ok(signed_in.sheet(about(&signed_in, &held, NEW, form)))
}

/// Invites.
pub async fn invite(Path(slug): Path<String>, signed_in: SignedIn, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let held = inviting(&signed_in, &slug).await?;
    let mut form = form(&signed_in, &held).await?.filled(&fields);
    let Some(new) = read(&mut form, &fields, &held) else {
        return Ok(signed_in.sheet(about(&signed_in, &held, NEW, form)));
    };
    step_up::fresh(&mut signed_in, &fields).await?;
    let all = match act::invite(&signed_in.visit.app, &signed_in.actor(), new).await {
        Ok(all) => all,
        Err(error) => {
            form.refuse(&error, &BLAMES);
            return Ok(signed_in.sheet(about(&signed_in, &held, NEW, form)));
        }
    };
    let plain = all.iter().all(|one| one.outcome.as_ref().is_ok_and(|sent| sent.link.is_none()));
    if plain {
        let to = format!("{}/invitations", path_of(&held));
        return Ok(signed_in.visit.go_saying(&to, "flash-invited"));
    }
    let refused: Vec<_> =
        all.iter().filter(|one| one.outcome.is_err()).map(|one| one.typed.clone()).collect();
    form.put("addresses", &refused.join("\n"));
    let told = all.into_iter().map(|one| of(&signed_in, one)).collect();
    Ok(result(&signed_in, &held, told, (!refused.is_empty()).then_some(form)))
}

fn read(form: &mut Form, fields: &Fields, held: &Organisation) -> Option<NewInvitations> {
    let addresses = act::split(fields.exact("addresses"));
    let role = form.read(fields, "role", "field-choice-error");
    let space = form.read_maybe(fields, "space", "field-choice-error");
    let platform = form.read_maybe(fields, "platform", "field-choice-error");
    let starts: Option<Option<Moment>> = form.read_maybe(fields, "starts", "field-moment-error");
    let ends: Option<Option<Moment>> = form.read_maybe(fields, "ends", "field-moment-error");
    let promise = NewPromise {
        role: role?,
        space: space?,
        platform: platform?,
        starts_at: starts?.map(|at| at.0),
        ends_at: ends?.map(|at| at.0),
    };
    Some(NewInvitations { organisation: held.slug.clone(), addresses, promises: vec![promise] })
}

async fn form(signed_in: &SignedIn, held: &Organisation) -> Result<Form, Stop> {
    let action = format!("{}/invite", path_of(held));
    let form = Form::post(signed_in.visit.language, "invite", action, "invite-button")
        .needs("addresses", "invite-addresses", Kind::Lines(6))
        .hint("invite-addresses-hint");
    places(form, signed_in, held).await
}

fn result(signed_in: &SignedIn, held: &Organisation, all: Vec<Told>, form: Option<Form>) -> Response {
    let status = if form.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Outcomes {
        frame: signed_in.frame("invited-title"),
        organisation: held.name.to_string(),
        slug: held.slug.to_string(),
        by_hand: all.iter().any(|one| one.link.is_some()),
        all,
        form,
    };
    signed_in.visit.show_as(status, &page)
}

fn of(signed_in: &SignedIn, one: Invited) -> Told {
    match one.outcome {
        Ok(sent) => told(sent),
        Err(unsent) => {
            let id = format!("invite-refused-{}", unsent.as_str());
            let refused = Some(words::text(signed_in.visit.language, &id));
            Told { typed: plain(&one.typed), refused, link: None, ends: None }
        }
    }
}

fn told(sent: Sent) -> Told {
    let link = sent.link.map(|link| link.expose().clone());
    Told { typed: sent.email, refused: None, link, ends: Some(When(sent.expires_at)) }
}

/// The invitation of an id in this very organisation.
async fn known(signed_in: &SignedIn, held: &Organisation, id: &str) -> Result<NamedInvitation, Stop> {
    let visit = &signed_in.visit;
    let id: InvitationId = visit.or_say(id.parse().map_err(|_| ActionError::Missing(Noun::Invitation)))?;
    visit.or_say(act::show(&visit.app, &signed_in.actor(), &held.slug, id).await)
}

fn row(signed_in: &SignedIn, one: &NamedInvitation) -> Row {
    let (held, now) = (&one.invitation, signed_in.visit.app.clock.now());
    let state = held.state(now);
    Row {
        id: held.id.to_string(),
        email: held.email.to_string(),
        state: badge(state),
        promises: one.promises.iter().map(|promise| line(signed_in, promise)).collect(),
        sent: When(held.sent_at),
        inviter: one.inviter.as_ref().map(ToString::to_string),
        ends: When(ending(held.accepted.map(|(at, _)| at), held.cancelled_at, held.expires_at)),
        accepter: one.accepter.as_ref().map(ToString::to_string),
        open: matches!(state, InvitationState::Waiting | InvitationState::Expired),
    }
}

/// When it ended or will.
fn ending(accepted: Option<Timestamp>, cancelled: Option<Timestamp>, expires: Timestamp) -> Timestamp {
    accepted.or(cancelled).unwrap_or(expires)
}

const fn badge(state: InvitationState) -> Badge {
    match state {
        InvitationState::Waiting => ("warn", "invitation-waiting"),
        InvitationState::Accepted => ("good", "invitation-accepted"),
        InvitationState::Expired => ("bad", "invitation-expired"),
        InvitationState::Revoked => ("bad", "invitation-revoked"),
    }
}

/// Role, space and platform on one line.
fn line(signed_in: &SignedIn, promise: &Promise) -> String {
    let config = signed_in.visit.app.config.load();
    let role = config.roles.by_slug(&promise.role);
    let mut line = role.map_or_else(|| promise.role.to_string(), |role| role.title.clone());
    for part in [promise.space_slug.as_ref(), promise.platform.as_ref()].into_iter().flatten() {
        line.push_str(" • ");
        line.push_str(part.as_str());
    }
    line
}

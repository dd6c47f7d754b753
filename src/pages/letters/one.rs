//! One letter: where it stands, what it says where that may be read, and another attempt.

use askama::Template;
use axum::extract::Path;

use super::{PATH, about, badge};
use crate::actions::post::{self, Seen};
use crate::actions::{ActionError, Noun};
use crate::model::id::OutboxId;
use crate::model::outbox::OutboxState;
use crate::pages::frame::{Frame, When};
use crate::pages::step_up;
use crate::pages::visit::{Outcome, Overseer, SignedIn, Stop};
use crate::web::fields::Fields;
use crate::web::problem_of;

#[derive(Template)]
#[template(path = "pages/letters/one.html")]
struct Page {
    frame: Frame,
    id: String,
    to: String,
    badge: (&'static str, &'static str),
    created: When,
    next: Option<When>,
    sent: Option<When>,
    attempts: i64,
    error: Option<String>,
    content: Option<(String, String)>,
    may_resend: bool,
}

/// Shows the letter.
pub async fn show(Path(id): Path<String>, Overseer(signed_in): Overseer) -> Outcome {
    let id = read(&signed_in, &id)?;
    let visit = &signed_in.visit;
    let Seen { entry, content } = visit.or_say(post::read(&visit.app, &signed_in.actor(), id).await)?;
    let mut frame = signed_in.frame("nav-letters");
    frame.title = about(&frame, &entry);
    let waits = entry.state() == OutboxState::Waiting;
    let page = Page {
        frame,
        id: id.to_string(),
        to: entry.recipient.clone(),
        badge: badge(&entry),
        created: When(entry.created_at),
        next: waits.then_some(When(entry.not_before)),
        sent: entry.sent_at.map(When),
        attempts: entry.attempts,
        content: content.map(|(subject, text)| (subject, text.expose().clone())),
        may_resend: entry.state() != OutboxState::Sent && signed_in.administers(),
        error: entry.last_error,
    };
    Ok(visit.show(&page))
}

/// Tries the letter again now.
pub async fn again(Path(id): Path<String>, Overseer(signed_in): Overseer, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let id = read(&signed_in, &id)?;
    step_up::fresh(&mut signed_in, &fields).await?;
    let visit = &signed_in.visit;
    visit.or_say(post::again(&visit.app, &signed_in.actor(), id).await)?;
    Ok(signed_in.visit.go_saying(PATH, "flash-letter-again"))
}

fn read(signed_in: &SignedIn, id: &str) -> Result<OutboxId, Stop> {
    let missing = || signed_in.visit.say(&problem_of::action(&ActionError::Missing(Noun::Letter)));
    id.parse().map_err(|_| missing().into())
}

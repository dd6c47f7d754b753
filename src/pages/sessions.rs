//! Where one is signed in, and ending it there.

use askama::Template;

use super::device;
use super::frame::{Frame, When};
use super::used::Used;
use super::visit::{Outcome, SignedIn};
use crate::actions::session as act;
use crate::model::session::Session;
use crate::web::cookie;
use crate::web::fields::Fields;

/// The page.
const PATH: &str = "/.portcullis/sessions";

#[derive(Template)]
#[template(path = "pages/sessions.html")]
struct Page {
    frame: Frame,
    sessions: Vec<Row>,
}

/// One session.
struct Row {
    id: String,
    device: String,
    agent: String,
    address: String,
    begun: When,
    seen: Used,
    ends: When,
    here: bool,
}

/// Shows the page: this browser's session first.
pub async fn show(signed_in: SignedIn) -> Outcome {
    let visit = &signed_in.visit;
    let own = signed_in.person.session.account;
    let mut open = visit.or_say(act::list(&visit.app, &signed_in.actor(), own).await)?;
    open.sort_by_key(|session| session.id != signed_in.person.session.id);
    let sessions = open.iter().map(|session| row(&signed_in, session)).collect();
    Ok(visit.show(&Page { frame: signed_in.frame("nav-sessions"), sessions }))
}

fn row(signed_in: &SignedIn, session: &Session) -> Row {
    let (visit, now) = (&signed_in.visit, signed_in.visit.app.clock.now());
    let unwritten = visit.app.last_used.sessions.unwritten(&session.id);
    let seen = unwritten.map_or(session.last_seen_at, |seen| seen.max(session.last_seen_at));
    let here = session.id == signed_in.person.session.id;
    Row {
        id: session.id.to_string(),
        device: device::words(&session.device, visit.language),
        agent: session.device.to_string(),
        address: session.address.map(|address| address.to_string()).unwrap_or_default(),
        begun: When(session.created_at),
        seen: if here { Used::Lately } else { Used::of(Some(seen), now) },
        ends: When(session.ends_at),
        here,
    }
}

/// Ends one session, all others, or all.
pub async fn end(signed_in: SignedIn, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let (visit, actor) = (&signed_in.visit, signed_in.actor());
    let (here, own) = (signed_in.person.session.id, signed_in.person.session.account);
    let ends_here = match fields.text("end") {
        "all" => {
            visit.or_say(act::end_all(&visit.app, &actor, own, None).await)?;
            true
        }
        "others" => {
            visit.or_say(act::end_all(&visit.app, &actor, own, Some(here)).await)?;
            false
        }
        one => {
            let Ok(id) = one.parse() else { return Ok(visit.go(PATH)) };
            visit.or_say(act::end(&visit.app, &actor, id).await)?;
            id == here
        }
    };
    if ends_here {
        signed_in.visit.set(cookie::forget(cookie::SESSION));
        return Ok(signed_in.visit.go("/.portcullis/sign-out"));
    }
    Ok(signed_in.visit.go_saying(PATH, "flash-sessions-ended"))
}

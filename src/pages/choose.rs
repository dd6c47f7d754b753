//! Choosing under which credentials to work on a platform, where several fit.

use askama::Template;
use axum::extract::Query;
use serde::Deserialize;

use super::frame::Frame;
use super::sign_in::{kept, onward};
use super::visit::{Outcome, SignedIn};
use crate::actions::session;
use crate::model::slug::Slug;
use crate::web::fields::Fields;
use crate::web::target::Target;

#[derive(Template)]
#[template(path = "pages/choose.html")]
struct Page {
    frame: Frame,
    to: String,
    choices: Vec<Choice>,
    error: bool,
}

/// One set of credentials, as `Platform • Space • Role`.
struct Choice {
    value: String,
    platform: String,
    space: String,
    role: String,
    organisation: String,
    current: bool,
}

/// What the address of the page may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// A sealed target.
    #[serde(default)]
    to: String,
}

/// Shows what there is to choose from: on the platform that was asked for, or on all of them.
pub async fn show(Query(asked): Query<Asked>, signed_in: SignedIn) -> Outcome {
    Ok(ask(&signed_in, asked.to, false))
}

/// Takes the choice and leads on.
pub async fn choose(signed_in: SignedIn, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let to = fields.exact("to");
    let Ok(wanted) = fields.text("credentials").parse() else {
        return Ok(ask(&signed_in, to.to_owned(), true));
    };
    let visit = &signed_in.visit;
    let id = signed_in.person.session.id;
    let token = visit.or_say(session::choose(&visit.app, &signed_in.actor(), id, wanted).await)?;
    let kept = kept(&visit.app, &signed_in.person.session);
    signed_in.visit.hold_session(&token, kept);
    if to.is_empty() {
        return Ok(signed_in.visit.go_saying(super::HOME, "flash-credentials-chosen"));
    }
    onward(&signed_in.visit, &signed_in.person.session, to).await
}

fn ask(signed_in: &SignedIn, to: String, error: bool) -> axum::response::Response {
    let visit = &signed_in.visit;
    let platform = Target::open(&visit.app, &to).and_then(|target| target.platform);
    let choices = choices(signed_in, platform.as_ref());
    let frame = signed_in.frame("choose-title");
    visit.show(&Page { frame, to, choices, error })
}

fn choices(signed_in: &SignedIn, platform: Option<&Slug>) -> Vec<Choice> {
    let config = signed_in.visit.app.config.load();
    let (now, person) = (signed_in.visit.app.clock.now(), &signed_in.person);
    let known = config.routing.platforms.iter().filter(|(slug, _)| platform.is_none_or(|one| one == *slug));
    let usable = known.flat_map(|(slug, title)| {
        let usable = person.standing.usable_on(slug, &config.roles, now);
        usable.into_iter().map(move |credentials| (title.to_string(), credentials))
    });
    let role = |slug: &Slug| {
        config.roles.by_slug(slug).map_or_else(|| slug.to_string(), |role| role.title.to_string())
    };
    let choices = usable.map(|(platform, credentials)| Choice {
        value: credentials.to_string(),
        platform,
        space: credentials.space.to_string(),
        role: role(&credentials.role),
        organisation: credentials.organisation.to_string(),
        current: person.session.chosen.contains(&credentials),
    });
    choices.collect()
}

//! Who one is here: the name shown to others, the address, and the credentials one holds.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::form::Wrong;
use super::frame::{Frame, When};
use super::sheet::plain;
use super::visit::{Outcome, SignedIn};
use crate::actions::account as act;
use crate::config::Config;
use crate::model::credentials::Credentials;
use crate::web::fields::Fields;

/// The page.
const PATH: &str = "/.portcullis/profile";

#[derive(Template)]
#[template(path = "pages/profile.html")]
struct Page {
    frame: Frame,
    shown_name: String,
    user_name: String,
    email: Option<String>,
    validated: bool,
    held: Vec<Held>,
    wrong: Wrong,
}

/// One set of credentials that can be worked under now.
struct Held {
    words: String,
    organisation: String,
    until: Option<When>,
}

/// Shows the page.
pub async fn show(signed_in: SignedIn) -> Outcome {
    let name = signed_in.person.account().display_name.to_string();
    Ok(page(&signed_in, StatusCode::OK, name, Wrong::default()))
}

/// Changes the name shown to others.
pub async fn rename(signed_in: SignedIn, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let visit = &signed_in.visit;
    let mut wrong = Wrong::default();
    let name = fields.text("shown-name").parse();
    let Some(name) = wrong.unless(name, visit, "shown-name", "field-shown-name-error") else {
        let typed = plain(fields.text("shown-name"));
        return Ok(page(&signed_in, StatusCode::UNPROCESSABLE_ENTITY, typed, wrong));
    };
    visit.or_say(act::rename(&visit.app, &signed_in.actor(), name).await)?;
    Ok(signed_in.visit.go_saying(PATH, "flash-name-saved"))
}

fn page(signed_in: &SignedIn, status: StatusCode, shown_name: String, wrong: Wrong) -> Response {
    let account = signed_in.person.account();
    let page = Page {
        frame: signed_in.frame("nav-profile"),
        shown_name,
        user_name: account.user_name.to_string(),
        email: account.email.as_deref().map(ToOwned::to_owned),
        validated: account.validated,
        held: held(signed_in),
        wrong,
    };
    signed_in.visit.show_as(status, &page)
}

fn held(signed_in: &SignedIn) -> Vec<Held> {
    let config = signed_in.visit.app.config.load();
    let (now, standing) = (signed_in.visit.app.clock.now(), &signed_in.person.standing);
    let of = |one: Credentials| Held {
        words: shown(&one, &config),
        organisation: one.organisation.to_string(),
        until: standing.covers(&one, &config.roles, now).and_then(|covered| covered.until).map(When),
    };
    usable(signed_in, &config).into_iter().map(of).collect()
}

/// All credentials that the person can work under now, by the titles of their platforms.
pub(super) fn usable(signed_in: &SignedIn, config: &Config) -> Vec<Credentials> {
    let now = signed_in.visit.app.clock.now();
    let mut platforms: Vec<_> = config.routing.platforms.iter().collect();
    platforms.sort_by_key(|(slug, title)| (title.to_lowercase(), (*slug).clone()));
    let standing = &signed_in.person.standing;
    platforms.into_iter().flat_map(|(slug, _)| standing.usable_on(slug, &config.roles, now)).collect()
}

/// Credentials as people know them: `Platform • Space • Role`.
pub(super) fn shown(one: &Credentials, config: &Config) -> String {
    let platform = config.routing.platforms.get(&one.platform).map_or(one.platform.as_str(), String::as_str);
    let role = config.roles.by_slug(&one.role).map_or(one.role.as_str(), |role| &role.title);
    format!("{platform} • {} • {role}", one.space)
}

//! Who one is here: the name shown to others, the address, and the credentials one holds.

use askama::Template;
use http::StatusCode;

use super::form::Wrong;
use super::frame::{Frame, When};
use super::sheet::plain;
use super::visit::{Outcome, SignedIn, Visit};
use crate::actions::{account as act, address};
use crate::config::Config;
use crate::model::address_change::AddressChange;
use crate::model::credentials::Credentials;
use crate::web::fields::Fields;
use crate::words;

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
    /// What is said of the address that waits for its proof, and until when it does.
    pending: Option<(String, When)>,
    new_email: String,
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
    page(&signed_in, StatusCode::OK, (name, String::new()), Wrong::default()).await
}

/// Changes the name shown to others.
pub async fn rename(signed_in: SignedIn, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let visit = &signed_in.visit;
    let mut wrong = Wrong::default();
    let name = fields.text("shown-name").parse();
    let Some(name) = wrong.unless(name, visit, "shown-name", "field-shown-name-error") else {
        let typed = plain(fields.text("shown-name"));
        return page(&signed_in, StatusCode::UNPROCESSABLE_ENTITY, (typed, String::new()), wrong).await;
    };
    visit.or_say(act::rename(&visit.app, &signed_in.actor(), name).await)?;
    Ok(signed_in.visit.go_saying(PATH, "flash-name-saved"))
}

/// The page, with what was typed as name and as new address.
pub(super) async fn page(
    signed_in: &SignedIn,
    status: StatusCode,
    (shown_name, new_email): (String, String),
    wrong: Wrong,
) -> Outcome {
    let visit = &signed_in.visit;
    let account = signed_in.person.account();
    let pending = visit.or_say(address::pending(&visit.app, &signed_in.actor()).await)?;
    let page = Page {
        frame: signed_in.frame("nav-profile"),
        shown_name,
        user_name: account.user_name.to_string(),
        email: account.email.as_deref().map(ToOwned::to_owned),
        validated: account.validated,
        held: held(signed_in),
        pending: pending.map(|change| waiting(visit, &change)),
        new_email,
        wrong,
    };
    Ok(visit.show_as(status, &page))
}

fn waiting(visit: &Visit, change: &AddressChange) -> (String, When) {
    let old = change.old.as_deref().unwrap_or("–");
    let with = [("old", old), ("new", &*change.new)];
    (words::text_with(visit.language, "address-pending", &with), When(change.expires_at))
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

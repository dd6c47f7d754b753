//! What the pages that take something back have in common: the address that the link came to is typed in, and a
//! new password set.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::form::{self, Wrong};
use super::frame::Frame;
use super::sheet::plain;
use super::visit::{Outcome, Visit};
use crate::actions::password::Password;
use crate::actions::{ActionError, Rule};
use crate::model::email::Email;
use crate::secret::Secret;
use crate::web::fields::Fields;
use crate::words;

/// The words of one such page.
pub(super) struct Words {
    /// Its address.
    pub path: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What will happen.
    pub text: &'static str,
    /// What stands on the button.
    pub button: &'static str,
}

#[derive(Template)]
#[template(path = "pages/take_back.html")]
struct Page {
    frame: Frame,
    text: String,
    action: &'static str,
    button: &'static str,
    email: String,
    wrong: Wrong,
}

/// Shows the page.
pub(super) fn ask(visit: &Visit, words: &Words) -> Response {
    page(visit, words, &Fields::default(), (StatusCode::OK, Wrong::default()))
}

/// The address and the password that were typed, or the page that says what is wrong with them.
///
/// # Errors
/// That page.
pub(super) fn read(
    visit: &Visit,
    words: &Words,
    fields: &Fields,
) -> Result<(Email, Password), Box<Response>> {
    let mut wrong = Wrong::default();
    let email = wrong.unless(fields.text("email").parse(), visit, "email", "field-email-error");
    let password = Password::parse(&Secret::new(fields.exact("password").to_owned()));
    let password = password.map_err(|rule| wrong.note("password", form::of_password(visit, rule)));
    match (email, password) {
        (Some(email), Ok(password)) => Ok((email, password)),
        _ => Err(Box::new(page(visit, words, fields, (StatusCode::UNPROCESSABLE_ENTITY, wrong)))),
    }
}

/// Says why it was not done: on the page where a field is to blame.
pub(super) fn refused(visit: &Visit, words: &Words, fields: &Fields, error: ActionError) -> Outcome {
    let wrong = match blame(visit, &error) {
        Some(wrong) => wrong,
        None => visit.or_say(form::blame(visit, error))?,
    };
    Ok(page(visit, words, fields, (StatusCode::UNPROCESSABLE_ENTITY, wrong)))
}

/// The field of the address, where another one was typed than the link came to.
pub(super) fn blame(visit: &Visit, error: &ActionError) -> Option<Wrong> {
    let ActionError::Refused(Rule::OtherAddress) = error else { return None };
    Some(Wrong::only("email", form::detail(visit, "other-address")))
}

fn page(visit: &Visit, words: &Words, fields: &Fields, (status, wrong): (StatusCode, Wrong)) -> Response {
    let page = Page {
        frame: visit.frame(words.title),
        text: words::text(visit.language, words.text),
        action: words.path,
        button: words.button,
        email: plain(fields.text("email")),
        wrong,
    };
    visit.show_as(status, &page)
}

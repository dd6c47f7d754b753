//! The first administrator: made with the one-time link that the first start prints.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;

use super::HOME;
use super::form::{self, Wrong};
use super::frame::Frame;
use super::sheet::plain;
use super::sign_in::hold;
use super::visit::{Outcome, Stop, Visit};
use crate::actions::account::NewPerson;
use crate::actions::password::Password;
use crate::actions::{ActionError, Noun, set_up as act, sign_in};
use crate::model::account::Office;
use crate::secret::Secret;
use crate::web::cookie::{self, Kept};
use crate::web::fields::Fields;
use crate::web::problem_of;

/// The page, once the link's token is in a cookie.
const PATH: &str = "/.portcullis/set-up";

/// How long a browser keeps the token of a link, in seconds.
const KEPT: u32 = 3600;

#[derive(Template)]
#[template(path = "pages/set_up.html")]
struct Page {
    frame: Frame,
    user_name: String,
    shown_name: String,
    email: String,
    wrong: Wrong,
}

/// Takes the token out of the address, so that it stays in no history.
pub async fn follow(Path(token): Path<String>, visit: Visit) -> Outcome {
    Ok(keep(visit, token, PATH))
}

/// Shows the form, when the link would work.
pub async fn show(visit: Visit) -> Outcome {
    let token = token(&visit)?;
    if visit.or_say(act::peek(&visit.app, &token).await)? {
        Ok(ask(&visit, StatusCode::OK, &Fields::default(), Wrong::default()))
    } else {
        Err(gone(&visit))
    }
}

/// Makes the administrator and signs them in.
pub async fn complete(visit: Visit, fields: Fields) -> Outcome {
    let mut visit = visit;
    let token = token(&visit)?;
    let new = match read(&visit, &fields) {
        Ok(new) => new,
        Err(wrong) => return Ok(ask(&visit, StatusCode::UNPROCESSABLE_ENTITY, &fields, wrong)),
    };
    let browser = visit.cookie(cookie::DEVICE).map(|value| Secret::new(value.to_owned()));
    let by = sign_in::Visit { browser, device: visit.device(), remember: false };
    match act::complete(&visit.app, visit.origin(), &token, new, by).await {
        Ok(begun) => {
            hold(&mut visit, &begun);
            visit.set(cookie::forget(cookie::LINK));
            Ok(visit.go_saying(HOME, "flash-set-up"))
        }
        Err(error) => {
            let wrong = visit.or_say(form::blame(&visit, error))?;
            Ok(ask(&visit, StatusCode::UNPROCESSABLE_ENTITY, &fields, wrong))
        }
    }
}

/// Keeps the token of a one-time link in a cookie and leads to the page that uses it. Changes nothing else:
/// whatever only looks at links does not spend them.
pub(super) fn keep(mut visit: Visit, token: String, page: &str) -> Response {
    visit.set(cookie::set_secret(cookie::LINK, &Secret::new(token), Kept::Seconds(KEPT)));
    visit.go(page)
}

/// The token of the link that was followed.
pub(super) fn token(visit: &Visit) -> Result<Secret<String>, Stop> {
    visit.cookie(cookie::LINK).map(|token| Secret::new(token.to_owned())).ok_or_else(|| gone(visit))
}

/// The link does not work, or not any more.
pub(super) fn gone(visit: &Visit) -> Stop {
    visit.say(&problem_of::action(&ActionError::Missing(Noun::Link))).into()
}

/// The person and the password that a form describes, or what is wrong with it.
fn read(visit: &Visit, fields: &Fields) -> Result<(NewPerson, Password), Wrong> {
    let mut wrong = Wrong::default();
    let user_name = fields.text("user-name").parse();
    let user_name = wrong.unless(user_name, visit, "user-name", "field-user-name-error");
    let shown_name = fields.text("shown-name").parse();
    let shown_name = wrong.unless(shown_name, visit, "shown-name", "field-shown-name-error");
    let email = wrong.unless(fields.text("email").parse(), visit, "email", "field-email-error");
    let password = Password::parse(&Secret::new(fields.exact("password").to_owned()));
    let password = password.map_err(|rule| wrong.note("password", form::of_password(visit, rule)));
    match (user_name, shown_name, password) {
        (Some(user_name), Some(shown_name), Ok(password)) if wrong.is_empty() => {
            let office = Some(Office::Administrator);
            Ok((NewPerson { user_name, email, shown_name, validated: true, office }, password))
        }
        _ => Err(wrong),
    }
}

fn ask(visit: &Visit, status: StatusCode, fields: &Fields, wrong: Wrong) -> Response {
    let again = |name| plain(fields.text(name));
    let (user_name, shown_name, email) = (again("user-name"), again("shown-name"), again("email"));
    let frame = visit.frame("set-up-title");
    visit.show_as(status, &Page { frame, user_name, shown_name, email, wrong })
}

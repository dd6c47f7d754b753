//! Setting a password with a link that was mailed or handed over. It ends every session and signs nobody in
//!

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;

use super::form::{self, Wrong};
use super::frame::Frame;
use super::set_up::{gone, keep, token};
use super::sign_in;
use super::visit::{Outcome, Visit};
use crate::actions::password::{self as act, Password};
use crate::secret::Secret;
use crate::web::cookie;
use crate::web::fields::Fields;

/// The page, once the link's token is in a cookie.
const PATH: &str = "/.portcullis/reset-password";

#[derive(Template)]
#[template(path = "pages/reset_password.html")]
struct Page {
    frame: Frame,
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
        Ok(ask(&visit, StatusCode::OK, Wrong::default()))
    } else {
        Err(gone(&visit))
    }
}

/// Sets the password and leads to the sign-in page.
pub async fn reset(visit: Visit, fields: Fields) -> Outcome {
    let mut visit = visit;
    let token = token(&visit)?;
    let new = match Password::parse(&Secret::new(fields.exact("password").to_owned())) {
        Ok(new) => new,
        Err(rule) => {
            let wrong = Wrong::only("password", form::of_password(&visit, rule));
            return Ok(ask(&visit, StatusCode::UNPROCESSABLE_ENTITY, wrong));
        }
    };
    match act::reset(&visit.app, visit.origin(), &token, new).await {
        Ok(()) => {
            visit.set(cookie::forget(cookie::LINK));
            visit.set(cookie::forget(cookie::SESSION));
            Ok(visit.go_saying(sign_in::PATH, "flash-password-reset"))
        }
        Err(error) => {
            let wrong = visit.or_say(form::blame(&visit, error))?;
            Ok(ask(&visit, StatusCode::UNPROCESSABLE_ENTITY, wrong))
        }
    }
}

fn ask(visit: &Visit, status: StatusCode, wrong: Wrong) -> Response {
    visit.show_as(status, &Page { frame: visit.frame("reset-title"), wrong })
}

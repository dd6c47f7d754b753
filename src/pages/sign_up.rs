//! Signing up without an invitation, where that is switched on; otherwise the page says whom to ask (S4-01). It
//! answers alike whoever the address belongs to.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::HOME;
use super::form::{self, Wrong};
use super::frame::Frame;
use super::invitation::read;
use super::sheet::plain;
use super::sign_in::hold;
use super::visit::{Anybody, Outcome, Visit};
use crate::actions::sign_in;
use crate::actions::sign_up::{self as act, Registration};
use crate::actions::{ActionError, Denied};
use crate::model::email::Email;
use crate::secret::Secret;
use crate::web::cookie;
use crate::web::fields::Fields;

#[derive(Template)]
#[template(path = "pages/sign_up.html")]
struct Page {
    frame: Frame,
    open: bool,
    email: String,
    user_name: String,
    shown_name: String,
    wrong: Wrong,
}

/// Shows the form, or says that an invitation is needed.
pub async fn show(visitor: Anybody) -> Outcome {
    let Anybody { visit, person } = visitor;
    match person {
        Some(_) => Ok(visit.go(HOME)),
        None => Ok(ask(&visit, &Fields::default(), Wrong::default())),
    }
}

/// Makes the account and signs in.
pub async fn sign_up(visit: Visit, fields: Fields) -> Outcome {
    let mut visit = visit;
    if !visit.app.config.load().sign_up_open {
        return visit.or_say(Err(ActionError::Denied(Denied::NeedsInvitation)));
    }
    let registration = match registration(&visit, &fields) {
        Ok(registration) => registration,
        Err(wrong) => return Ok(ask(&visit, &fields, wrong)),
    };
    let browser = visit.cookie(cookie::DEVICE).map(|value| Secret::new(value.to_owned()));
    let by = sign_in::Visit { browser, device: visit.device(), remember: false };
    match act::sign_up(&visit.app, visit.origin(), registration, by).await {
        Ok(begun) => {
            hold(&mut visit, &begun);
            Ok(visit.go_saying(HOME, "flash-registered"))
        }
        Err(error) => {
            let wrong = visit.or_say(form::blame(&visit, error))?;
            Ok(ask(&visit, &fields, wrong))
        }
    }
}

fn registration(visit: &Visit, fields: &Fields) -> Result<Registration, Wrong> {
    let mut wrong = Wrong::default();
    let email = fields.text("email").parse::<Email>();
    let email = wrong.unless(email, visit, "email", "field-email-error");
    match (email, read(visit, fields)) {
        (Some(email), Ok(choice)) => Ok(Registration { choice, email }),
        (_, Ok(_)) => Err(wrong),
        (_, Err(more)) => {
            more.iter().for_each(|(field, said)| wrong.note(field, said.clone()));
            Err(wrong)
        }
    }
}

fn ask(visit: &Visit, fields: &Fields, wrong: Wrong) -> Response {
    let again = |name| plain(fields.text(name));
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        frame: visit.frame("sign-up-title"),
        open: visit.app.config.load().sign_up_open,
        email: again("email"),
        user_name: again("user-name"),
        shown_name: again("shown-name"),
        wrong,
    };
    visit.show_as(status, &page)
}

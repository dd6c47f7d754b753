//! A forgotten password: asks for a letter with a link. What is said does not depend on whether anybody has the
//! name, and nobody is signed in by it.

use askama::Template;
use axum::response::Response;
use http::{StatusCode, header};

use super::form::{self, Wrong};
use super::frame::Frame;
use super::visit::{Outcome, Visit};
use crate::actions::ActionError;
use crate::actions::password::forgotten as act;
use crate::web::fields::Fields;
use crate::web::problem_of;

/// The page.
const PATH: &str = "/.portcullis/forgot-password";

#[derive(Template)]
#[template(path = "pages/forgot_password.html")]
struct Page {
    frame: Frame,
    /// Whether letters leave this machine.
    posted: bool,
    wrong: Wrong,
}

/// Shows the form.
pub async fn show(visit: Visit) -> Outcome {
    Ok(page(&visit, StatusCode::OK, Wrong::default()))
}

/// Asks for the letter.
pub async fn ask(visit: Visit, fields: Fields) -> Outcome {
    let mut visit = visit;
    let name = fields.text("name");
    if name.is_empty() {
        let wrong = Wrong::only("who", form::detail(&visit, "no-name"));
        return Ok(page(&visit, StatusCode::UNPROCESSABLE_ENTITY, wrong));
    }
    match act::ask(&visit.app, visit.origin(), name).await {
        Ok(()) => Ok(visit.go_saying(PATH, "flash-reset-asked")),
        Err(error @ ActionError::TooManyLetters) => {
            let problem = problem_of::action(&error);
            let wrong = Wrong::only("who", form::detail(&visit, problem.slug));
            let mut answer = page(&visit, problem.status, wrong);
            if let Some(wait) = problem.retry_after {
                answer.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().into());
            }
            Ok(answer)
        }
        Err(error) => Err(visit.say(&problem_of::action(&error)).into()),
    }
}

fn page(visit: &Visit, status: StatusCode, wrong: Wrong) -> Response {
    let posted = visit.app.mailer.load().leaves();
    visit.show_as(status, &Page { frame: visit.frame("forgot-title"), posted, wrong })
}

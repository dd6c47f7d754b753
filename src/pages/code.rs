//! The code that was mailed to whoever signs up: typed into the browser in which the sign-up was begun, and into
//! no other.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::form::{self, Wrong};
use super::frame::{Frame, When};
use super::home;
use super::sign_in::hold;
use super::visit::{Outcome, Visit};
use crate::actions::sign_in;
use crate::actions::sign_up as act;
use crate::actions::{ActionError, Rule};
use crate::secret::Secret;
use crate::store::Constraint;
use crate::web::cookie;
use crate::web::fields::Fields;
use crate::web::flow::Flow;
use crate::web::problem_of;

/// The page.
pub const PATH: &str = "/.portcullis/sign-up/code";

#[derive(Template)]
#[template(path = "pages/code.html")]
struct Page {
    frame: Frame,
    email: String,
    until: When,
    wrong: Wrong,
}

/// What this browser is known by to a sign-up; it gets its cookie with the answer.
pub(super) fn browser(visit: &mut Visit) -> Secret<String> {
    let flow = Flow::read_or_begin(visit.cookie(cookie::FLOW));
    visit.set(flow.cookie());
    Secret::new(format!("sign-up\n{}", flow.token()))
}

/// Asks for the code.
pub async fn show(visit: Visit) -> Outcome {
    let mut visit = visit;
    let browser = browser(&mut visit);
    ask(&visit, &browser, Wrong::default()).await
}

/// Takes the code; whoever typed it is in.
pub async fn complete(visit: Visit, fields: Fields) -> Outcome {
    let mut visit = visit;
    let browser = browser(&mut visit);
    let code = Secret::new(fields.text("code").to_owned());
    let device = visit.cookie(cookie::DEVICE).map(|value| Secret::new(value.to_owned()));
    let by = sign_in::Visit { browser: device, device: visit.device(), remember: false };
    match act::complete(&visit.app, visit.origin(), (&browser, &code), by).await {
        Ok(entered) => {
            hold(&mut visit, &entered.begun);
            visit.set(cookie::forget(cookie::LINK));
            let accepted = &entered.accepted;
            let to = home::landing(&visit.app, accepted.standing.as_ref(), &accepted.platforms);
            Ok(visit.go_saying(&to, "flash-signed-up"))
        }
        Err(ActionError::Taken(Constraint::UserName)) => {
            Ok(visit.go_saying("/.portcullis/invitation", "flash-name-taken"))
        }
        Err(error) => again(&visit, &browser, error).await,
    }
}

/// Mails another code.
pub async fn send_again(visit: Visit) -> Outcome {
    let mut visit = visit;
    let browser = browser(&mut visit);
    match act::send_again(&visit.app, visit.origin(), &browser).await {
        Ok(()) => Ok(visit.go_saying(PATH, "flash-code-sent")),
        Err(error) => again(&visit, &browser, error).await,
    }
}

/// Asks once more where a code can mend it.
async fn again(visit: &Visit, browser: &Secret<String>, error: ActionError) -> Outcome {
    match &error {
        ActionError::Refused(Rule::WrongCode | Rule::CodeOver | Rule::TooSoon) => {
            let said = form::detail(visit, problem_of::action(&error).slug);
            ask(visit, browser, Wrong::only("code", said)).await
        }
        _ => visit.or_say(Err(error)),
    }
}

async fn ask(visit: &Visit, browser: &Secret<String>, wrong: Wrong) -> Result<Response, super::visit::Stop> {
    let waiting = visit.or_say(act::waiting(&visit.app, browser).await)?;
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (email, until) = (waiting.email, When(waiting.expires_at));
    Ok(visit.show_as(status, &Page { frame: visit.frame("code-title"), email, until, wrong }))
}

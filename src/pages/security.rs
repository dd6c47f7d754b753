//! How one proves who one is: the password, changed here with the old one.

use askama::Template;
use axum::response::Response;
use http::{StatusCode, header};

use super::form::{self, Wrong};
use super::frame::{Frame, When};
use super::sign_in::told;
use super::visit::{Outcome, SignedIn};
use crate::actions::password::{self as act, ChangeError, EndOthers, Password};
use crate::actions::sign_in::SignInError;
use crate::secret::Secret;
use crate::web::fields::Fields;
use crate::words;

/// The page.
const PATH: &str = "/.portcullis/security";

#[derive(Template)]
#[template(path = "pages/security.html")]
struct Page {
    frame: Frame,
    user_name: String,
    since: Option<When>,
    others: bool,
    wrong: Wrong,
}

/// Shows the page.
pub async fn show(signed_in: SignedIn) -> Outcome {
    page(&signed_in, StatusCode::OK, true, Wrong::default()).await
}

/// Changes the password.
pub async fn change(signed_in: SignedIn, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let visit = &signed_in.visit;
    let others = fields.ticked("others");
    let new = match Password::parse(&Secret::new(fields.exact("password").to_owned())) {
        Ok(new) => new,
        Err(rule) => {
            let wrong = Wrong::only("password", form::of_password(visit, rule));
            return page(&signed_in, StatusCode::UNPROCESSABLE_ENTITY, others, wrong).await;
        }
    };
    let old = Secret::new(fields.exact("current").to_owned());
    let end = if others { EndOthers::Yes } else { EndOthers::No };
    match act::change(&visit.app, &signed_in.actor(), old, new, end).await {
        Ok(_) => Ok(signed_in.visit.go_saying(PATH, "flash-password-changed")),
        Err(ChangeError::Proof(error)) => unproved(&signed_in, others, &error).await,
        Err(ChangeError::Refused(error)) => {
            let wrong = visit.or_say(form::blame(visit, error))?;
            page(&signed_in, StatusCode::UNPROCESSABLE_ENTITY, others, wrong).await
        }
    }
}

/// The current password was not proved.
async fn unproved(signed_in: &SignedIn, others: bool, error: &SignInError) -> Outcome {
    let visit = &signed_in.visit;
    let (status, wait, said) = told(visit, error);
    let said = match error {
        SignInError::Wrong => words::text(visit.language, "security-current-wrong"),
        _ => said,
    };
    let mut answer = page(signed_in, status, others, Wrong::only("current", said)).await?;
    if let Some(wait) = wait {
        answer.headers_mut().insert(header::RETRY_AFTER, wait.into());
    }
    Ok(answer)
}

async fn page(signed_in: &SignedIn, status: StatusCode, others: bool, wrong: Wrong) -> Outcome {
    let visit = &signed_in.visit;
    let since = visit.or_say(act::since(&visit.app, &signed_in.actor()).await)?.map(When);
    let user_name = signed_in.person.account().user_name.to_string();
    let frame = signed_in.frame("nav-security");
    let answer: Response = visit.show_as(status, &Page { frame, user_name, since, others, wrong });
    Ok(answer)
}

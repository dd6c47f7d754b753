//! An account that was deleted by the reader of its address, had back by the same link's reader: with a new password,
//! and without anything that another left in it.

use axum::extract::Path;

use super::set_up::{keep, token};
use super::sign_in;
use super::take_back::{self, Words};
use super::visit::{Outcome, Visit};
use crate::actions::deletion as act;
use crate::web::cookie;
use crate::web::fields::Fields;

const PAGE: Words = Words {
    path: "/.portcullis/recover-account",
    title: "recover-account-title",
    text: "recover-account-text",
    button: "recover-account-button",
};

/// Takes the token out of the address, so that it stays in no history.
pub async fn follow(Path(token): Path<String>, visit: Visit) -> Outcome {
    Ok(keep(visit, token, PAGE.path))
}

/// Asks for the address and a new password, when the link would work.
pub async fn show(visit: Visit) -> Outcome {
    let token = token(&visit)?;
    visit.or_say(act::peek_recovery(&visit.app, &token).await)?;
    Ok(take_back::ask(&visit, &PAGE))
}

/// Gives the account back, and leads to the sign-in page.
pub async fn recover(visit: Visit, fields: Fields) -> Outcome {
    let mut visit = visit;
    let token = token(&visit)?;
    let (email, password) = match take_back::read(&visit, &PAGE, &fields) {
        Ok(typed) => typed,
        Err(page) => return Ok(*page),
    };
    match act::recover(&visit.app, visit.origin(), &token, (&email, password)).await {
        Ok(()) => {
            visit.set(cookie::forget(cookie::LINK));
            Ok(visit.go_saying(sign_in::PATH, "flash-account-recovered"))
        }
        Err(error) => take_back::refused(&visit, &PAGE, &fields, error),
    }
}

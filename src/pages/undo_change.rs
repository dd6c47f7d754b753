//! A change of address taken back by the reader of the old one. Nobody is signed in for that: the link, and the address typed
//! in, are the proof.

use axum::extract::Path;

use super::set_up::{keep, token};
use super::sign_in;
use super::take_back::{self, Words};
use super::visit::{Outcome, Visit};
use crate::actions::address::{self as act, Undoing};
use crate::web::cookie;
use crate::web::fields::Fields;

const PAGE: Words = Words {
    path: "/.portcullis/undo-change",
    title: "undo-change-title",
    text: "undo-change-text",
    button: "undo-change-button",
};

/// Takes the token out of the address, so that it stays in no history.
pub async fn follow(Path(token): Path<String>, visit: Visit) -> Outcome {
    Ok(keep(visit, token, PAGE.path))
}

/// Asks for the address and a new password, when the link would work (S2-37).
pub async fn show(visit: Visit) -> Outcome {
    let mut visit = visit;
    let token = token(&visit)?;
    match visit.or_say(act::peek_undo(&visit.app, &token).await)? {
        Undoing::Ready(..) => Ok(take_back::ask(&visit, &PAGE)),
        Undoing::Done => {
            visit.set(cookie::forget(cookie::LINK));
            Ok(visit.go_saying(sign_in::PATH, "flash-change-undone"))
        }
    }
}

/// Takes the change back, and leads to the sign-in page.
pub async fn undo(visit: Visit, fields: Fields) -> Outcome {
    let mut visit = visit;
    let token = token(&visit)?;
    let (email, password) = match take_back::read(&visit, &PAGE, &fields) {
        Ok(typed) => typed,
        Err(page) => return Ok(*page),
    };
    match act::undo(&visit.app, visit.origin(), &token, (&email, password)).await {
        Ok(()) => {
            visit.set(cookie::forget(cookie::LINK));
            Ok(visit.go_saying(sign_in::PATH, "flash-change-undone"))
        }
        Err(error) => take_back::refused(&visit, &PAGE, &fields, error),
    }
}

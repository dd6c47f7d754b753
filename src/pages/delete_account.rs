//! Deletion of an account by whoever reads mail at its address: somebody else used the address. Nobody is signed in for
//! that; the link, and the address typed in, are the proof.

use axum::extract::Path;

use super::set_up::{gone, keep, token};
use super::sheet::{Form, Kind, Sheet};
use super::sign_in;
use super::visit::{Outcome, Visit};
use crate::actions::deletion::{self as act, Standing};
use crate::model::account::Account;
use crate::model::email::Email;
use crate::web::cookie;
use crate::web::fields::Fields;
use crate::words;

/// The page, once the link's token is in a cookie.
const PATH: &str = "/.portcullis/delete-account";

/// Takes the token out of the address, so that it stays in no history.
pub async fn follow(Path(token): Path<String>, visit: Visit) -> Outcome {
    Ok(keep(visit, token, PATH))
}

/// Says what would be deleted, and asks for the address.
pub async fn show(visit: Visit) -> Outcome {
    let mut visit = visit;
    let token = token(&visit)?;
    match visit.or_say(act::peek(&visit.app, &token).await)? {
        Standing::Ready(account) => Ok(visit.show(&sheet(&visit, &account, form(&visit)))),
        Standing::Done => {
            visit.set(cookie::forget(cookie::LINK));
            Ok(visit.go_saying(sign_in::PATH, "flash-account-deleted"))
        }
    }
}

/// Deletes it.
pub async fn delete(visit: Visit, fields: Fields) -> Outcome {
    let mut visit = visit;
    let token = token(&visit)?;
    let mut form = form(&visit).filled(&fields);
    let Standing::Ready(account) = visit.or_say(act::peek(&visit.app, &token).await)? else {
        return Err(gone(&visit));
    };
    let Some(typed) = form.read::<Email>(&fields, "email", "field-email-error") else {
        return Ok(visit.show_as(form.status, &sheet(&visit, &account, form)));
    };
    match act::delete(&visit.app, visit.origin(), &token, &typed).await {
        Ok(()) => {
            visit.set(cookie::forget(cookie::LINK));
            Ok(visit.go_saying(sign_in::PATH, "flash-account-deleted"))
        }
        Err(error) => {
            form.refuse(&error, &[("other-address", "email")]);
            Ok(visit.show_as(form.status, &sheet(&visit, &account, form)))
        }
    }
}

fn form(visit: &Visit) -> Form {
    let form = Form::post(visit.language, "delete", PATH.to_owned(), "delete-account-button").grave();
    form.needs("email", "field-email", Kind::Email).hint("take-back-email-hint")
}

fn sheet(visit: &Visit, account: &Account, form: Form) -> Sheet {
    Sheet {
        frame: visit.frame("delete-account-title"),
        subject: account.user_name.to_string(),
        text: words::text(visit.language, "delete-account-text"),
        form,
        back: sign_in::PATH.to_owned(),
    }
}

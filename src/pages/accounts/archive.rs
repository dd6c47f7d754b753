//! Names and addresses of deleted and erased accounts, released for new use. Only their digests are kept, so there is
//! no list: whoever asks says which one.

use axum::response::Response;

use super::PATH as ACCOUNTS;
use crate::actions::account::{self, ArchivedName};
use crate::model::reason::Reason;
use crate::pages::sheet::{Form, Kind, Sheet};
use crate::pages::step_up;
use crate::pages::visit::{Outcome, Overseer, SignedIn};
use crate::web::fields::Fields;
use crate::words;

/// The page.
const PATH: &str = "/.portcullis/archived-names";

/// Asks which one, and why.
pub async fn ask(Overseer(signed_in): Overseer) -> Outcome {
    let form = form(&signed_in);
    Ok(sheet(&signed_in, form))
}

/// Releases it.
pub async fn release(Overseer(signed_in): Overseer, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let mut form = form(&signed_in).filled(&fields);
    let name = form.read::<ArchivedName>(&fields, "name", "archive-name-error");
    let reason = form.read::<Reason>(&fields, "reason", "field-reason-error");
    let (Some(name), Some(reason)) = (name, reason) else { return Ok(sheet(&signed_in, form)) };
    step_up::fresh(&mut signed_in, &fields).await?;
    match account::release(&signed_in.visit.app, &signed_in.actor(), &name, &reason).await {
        Ok(()) => Ok(signed_in.visit.go_saying(PATH, "flash-name-released")),
        Err(error) => {
            form.refuse(&error, &[("no-archived-name", "name")]);
            Ok(sheet(&signed_in, form))
        }
    }
}

fn form(signed_in: &SignedIn) -> Form {
    let form = Form::post(signed_in.visit.language, "release", PATH.to_owned(), "archive-release-button");
    let form = form.needs("name", "archive-name", Kind::Line(254));
    form.needs("reason", "field-reason", Kind::Line(200)).hint("field-reason-hint")
}

fn sheet(signed_in: &SignedIn, form: Form) -> Response {
    signed_in.sheet(Sheet {
        frame: signed_in.frame("archive-title"),
        subject: String::new(),
        text: words::text(signed_in.visit.language, "archive-text"),
        form,
        back: ACCOUNTS.to_owned(),
    })
}

//! Signing out: here, or everywhere. Asking shows a button, since an address alone must not sign anybody out.

use askama::Template;

use super::frame::Frame;
use super::visit::{Anybody, Outcome, SignedIn};
use crate::actions::session;
use crate::web::cookie;
use crate::web::fields::Fields;

#[derive(Template)]
#[template(path = "pages/sign_out.html")]
struct Page {
    frame: Frame,
    name: Option<String>,
    sign_in: String,
}

/// Asks whether.
pub async fn ask(visitor: Anybody) -> Outcome {
    let name = visitor.person.as_ref().map(|person| person.account().display_name.to_string());
    let title = if name.is_some() { "sign-out-title" } else { "signed-out-title" };
    let visit = visitor.visit;
    let sign_in = format!("{}{}", visit.app.config.load().public_url.origin, super::sign_in::PATH);
    Ok(visit.show(&Page { frame: visit.frame(title), name, sign_in }))
}

/// Ends the session on every host, or every session of the person.
pub async fn sign_out(visitor: Anybody, fields: Fields) -> Outcome {
    let Anybody { mut visit, person } = visitor;
    if let Some(person) = person {
        let (id, account) = (person.session.id, person.session.account);
        let signed_in = SignedIn { visit, person };
        let actor = signed_in.actor();
        visit = signed_in.visit;
        let ended = match fields.ticked("everywhere") {
            true => session::end_all(&visit.app, &actor, account, None).await.map(drop),
            false => session::end(&visit.app, &actor, id).await.map(drop),
        };
        visit.or_say(ended)?;
    }
    visit.set(cookie::forget(cookie::SESSION));
    Ok(visit.go("/.portcullis/sign-out"))
}

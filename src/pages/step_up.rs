//! Proving again who one is before something delicate: a page that keeps the form that was sent and sends it
//! once more with the proof, so nothing is typed twice.

use askama::Template;
use axum::extract::Query;
use http::StatusCode;
use serde::Deserialize;

use super::frame::Frame;
use super::sign_in::{kept, onward, told};
use super::visit::{Outcome, SignedIn, Stop};
use crate::actions::step_up as act;
use crate::secret::Secret;
use crate::web::fields::Fields;

/// The field of the proof. No other form may have one of this name.
const PROOF: &str = "step-up-password";

#[derive(Template)]
#[template(path = "pages/step_up.html")]
struct Page {
    frame: Frame,
    name: String,
    user_name: String,
    action: String,
    kept: Vec<(String, String)>,
    error: Option<String>,
}

/// What the address of the page may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// A sealed target.
    #[serde(default)]
    to: String,
}

/// Shows the page on its own: a route asked for a recent sign-in.
pub async fn show(Query(asked): Query<Asked>, signed_in: SignedIn) -> Outcome {
    let kept = vec![("to".to_owned(), asked.to)];
    Ok(ask(&signed_in, StatusCode::OK, kept, None))
}

/// Takes the proof and leads back.
pub async fn confirm(signed_in: SignedIn, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    if fields.exact(PROOF).is_empty() {
        let kept = vec![("to".to_owned(), fields.exact("to").to_owned())];
        return Ok(ask(&signed_in, StatusCode::OK, kept, None));
    }
    prove(&mut signed_in, &fields).await?;
    onward(&signed_in.visit, &signed_in.person.session, fields.exact("to")).await
}

/// Goes on when the person proved who they are within the last minutes, or does so with this form.
///
/// # Errors
/// The page that asks for it.
pub(super) async fn fresh(signed_in: &mut SignedIn, fields: &Fields) -> Result<(), Stop> {
    if act::is_fresh(&signed_in.person.session, signed_in.visit.app.clock.now()) {
        return Ok(());
    }
    if fields.exact(PROOF).is_empty() {
        return Err(ask(signed_in, StatusCode::OK, others(fields), None).into());
    }
    prove(signed_in, fields).await
}

async fn prove(signed_in: &mut SignedIn, fields: &Fields) -> Result<(), Stop> {
    let visit = &signed_in.visit;
    let password = Secret::new(fields.exact(PROOF).to_owned());
    let session = &signed_in.person.session;
    match act::confirm(&visit.app, visit.origin(), session, password).await {
        Ok(token) => {
            let kept = kept(&visit.app, session);
            signed_in.person.session.authenticated_at = visit.app.clock.now();
            signed_in.visit.hold_session(&token, kept);
            Ok(())
        }
        Err(error) => {
            let (status, _, said) = told(visit, &error);
            Err(ask(signed_in, status, others(fields), Some(said)).into())
        }
    }
}

fn others(fields: &Fields) -> Vec<(String, String)> {
    fields.without(PROOF).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn ask(
    signed_in: &SignedIn,
    status: StatusCode,
    kept: Vec<(String, String)>,
    error: Option<String>,
) -> axum::response::Response {
    let visit = &signed_in.visit;
    let account = signed_in.person.account();
    let (name, user_name) = (account.display_name.to_string(), account.user_name.to_string());
    let frame = visit.frame("step-up-title");
    visit.show_as(status, &Page { frame, name, user_name, action: visit.uri.path().to_owned(), kept, error })
}

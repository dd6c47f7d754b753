//! Another address for oneself: asked for on the profile, and waiting there until its reader proves it.

use http::StatusCode;

use super::form::{self, Wrong};
use super::sheet::plain;
use super::visit::{Outcome, SignedIn};
use super::{profile, step_up};
use crate::actions::{ActionError, Rule, address as act};
use crate::web::fields::Fields;

/// The page with the form.
const PROFILE: &str = "/.portcullis/profile";

/// Asks for another address.
pub async fn request(signed_in: SignedIn, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let mut wrong = Wrong::default();
    let email = wrong.unless(fields.text("email").parse(), &signed_in.visit, "email", "field-email-error");
    let Some(email) = email else { return ask_again(&signed_in, &fields, wrong).await };
    step_up::fresh(&mut signed_in, &fields).await?;
    let visit = &signed_in.visit;
    match act::request(&visit.app, &signed_in.actor(), &email).await {
        Ok(()) => Ok(signed_in.visit.go_saying(PROFILE, "flash-address-asked")),
        Err(ActionError::Refused(Rule::SameAddress)) => {
            let wrong = Wrong::only("email", form::detail(visit, "same-address"));
            ask_again(&signed_in, &fields, wrong).await
        }
        Err(error) => visit.or_say(Err(error)),
    }
}

/// Sends the letter to the new address again.
pub async fn resend(signed_in: SignedIn) -> Outcome {
    let mut signed_in = signed_in;
    let visit = &signed_in.visit;
    visit.or_say(act::resend(&visit.app, &signed_in.actor()).await)?;
    Ok(signed_in.visit.go_saying(PROFILE, "flash-address-asked"))
}

/// Cancels the change.
pub async fn cancel(signed_in: SignedIn) -> Outcome {
    let mut signed_in = signed_in;
    let visit = &signed_in.visit;
    visit.or_say(act::cancel(&visit.app, &signed_in.actor()).await)?;
    Ok(signed_in.visit.go_saying(PROFILE, "flash-address-cancelled"))
}

async fn ask_again(signed_in: &SignedIn, fields: &Fields, wrong: Wrong) -> Outcome {
    let name = signed_in.person.account().display_name.to_string();
    let typed = (name, plain(fields.text("email")));
    profile::page(signed_in, StatusCode::UNPROCESSABLE_ENTITY, typed, wrong).await
}

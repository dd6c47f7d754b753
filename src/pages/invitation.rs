//! The page of an invitation: for somebody new, for the holder of the invited address, and for a browser in which
//! somebody else is signed in, whom it names (S4-10). Looking changes nothing; the link is used by a button.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;

use super::form::{self, Wrong};
use super::frame::{Frame, When};
use super::set_up::{keep, token};
use super::sheet::plain;
use super::visit::{Anybody, Outcome, SignedIn, Visit};
use super::{HOME, code, home, sign_in};
use crate::actions::invitation::{self as act, Opened, Standing};
use crate::actions::password::Password;
use crate::actions::sign_up::{self, Choice};
use crate::actions::{ActionError, Noun};
use crate::auth::at_home::Person;
use crate::secret::Secret;
use crate::web::cookie;
use crate::web::fields::Fields;
use crate::web::target::Target;
use crate::words;

/// The page, once the link's token is in a cookie.
const PATH: &str = "/.portcullis/invitation";

#[derive(Template)]
#[template(path = "pages/invitation.html")]
struct Page {
    frame: Frame,
    /// Who invites, and to what.
    from: String,
    email: String,
    promises: Vec<String>,
    ends: When,
    /// What is said of somebody else who is signed in.
    other: Option<String>,
    way: Way,
    sign_in: String,
    user_name: String,
    shown_name: String,
    wrong: Wrong,
}

/// What can be done about the invitation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The holder of the address is signed in.
    Accept,
    /// The holder of the address must sign in.
    SignIn,
    /// Nobody is known to have the address.
    SignUp,
}

/// Takes the token out of the address, so that it stays in no history.
pub async fn follow(Path(token): Path<String>, visit: Visit) -> Outcome {
    Ok(keep(visit, token, PATH))
}

/// Shows the invitation.
pub async fn show(visitor: Anybody) -> Outcome {
    let Anybody { mut visit, person } = visitor;
    let token = token(&visit)?;
    let by = match visit.or_say(act::peek(&visit.app, &token).await)? {
        Standing::Waiting(found) => {
            return Ok(page(&visit, person.as_ref(), &found, (&Fields::default(), Wrong::default())));
        }
        Standing::Accepted(by) => by,
    };
    match person {
        Some(person) if person.account().id == by => {
            visit.set(cookie::forget(cookie::LINK));
            Ok(visit.go_saying(HOME, "flash-invitation-already"))
        }
        Some(_) => visit.or_say(Err(ActionError::Missing(Noun::Invitation))),
        None => Ok(visit.go(&way_back(&visit))),
    }
}

/// Accepts the invitation with the account that is signed in.
pub async fn accept(signed_in: SignedIn) -> Outcome {
    let mut signed_in = signed_in;
    let visit = &signed_in.visit;
    let token = token(visit)?;
    let accepted = visit.or_say(act::accept(&visit.app, &signed_in.actor(), &token).await)?;
    let to = home::landing(&visit.app, accepted.standing.as_ref(), &accepted.platforms);
    signed_in.visit.set(cookie::forget(cookie::LINK));
    Ok(signed_in.visit.go_saying(&to, "flash-invitation-accepted"))
}

/// Begins a sign-up: the code is on its way to the invited address.
pub async fn sign_up(visitor: Anybody, fields: Fields) -> Outcome {
    let Anybody { mut visit, person } = visitor;
    let token = token(&visit)?;
    let wrong = match read(&visit, &fields) {
        Ok(choice) => {
            let browser = code::browser(&mut visit);
            match sign_up::begin(&visit.app, visit.origin(), (&token, &browser), choice).await {
                Ok(()) => return Ok(visit.go(code::PATH)),
                Err(error) => visit.or_say(form::blame(&visit, error))?,
            }
        }
        Err(wrong) => wrong,
    };
    match visit.or_say(act::peek(&visit.app, &token).await)? {
        Standing::Waiting(found) => Ok(page(&visit, person.as_ref(), &found, (&fields, wrong))),
        Standing::Accepted(_) => visit.or_say(Err(ActionError::Missing(Noun::Invitation))),
    }
}

/// What a form says somebody chooses, or what is wrong with it.
pub(super) fn read(visit: &Visit, fields: &Fields) -> Result<Choice, Wrong> {
    let mut wrong = Wrong::default();
    let user_name = fields.text("user-name").parse();
    let user_name = wrong.unless(user_name, visit, "user-name", "field-user-name-error");
    let shown_name = fields.text("shown-name").parse();
    let shown_name = wrong.unless(shown_name, visit, "shown-name", "field-shown-name-error");
    let password = Password::parse(&Secret::new(fields.exact("password").to_owned()));
    let password = password.map_err(|rule| wrong.note("password", form::of_password(visit, rule)));
    match (user_name, shown_name, password) {
        (Some(user_name), Some(shown_name), Ok(password)) => Ok(Choice { user_name, shown_name, password }),
        _ => Err(wrong),
    }
}

fn page(
    visit: &Visit,
    person: Option<&Person>,
    found: &Opened,
    (fields, wrong): (&Fields, Wrong),
) -> Response {
    let own = person
        .is_some_and(|person| found.holder.as_ref().is_some_and(|holder| holder.id == person.account().id));
    let known = found.may_tell && found.holder.as_ref().is_some_and(|holder| holder.validated);
    let way = match (own, known) {
        (true, _) => Way::Accept,
        (false, true) => Way::SignIn,
        (false, false) => Way::SignUp,
    };
    let other = person.filter(|_| !own).map(|person| {
        let with = [("wanted", found.email.as_str()), ("present", person.account().user_name.as_str())];
        words::text_with(visit.language, "invitation-other", &with)
    });
    let add = if person.is_some() { "&add=1" } else { "" };
    let status = if wrong.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        frame: visit.frame("invitation-title"),
        from: from(visit, found),
        email: found.email.to_string(),
        promises: found.promises.clone(),
        ends: When(found.expires_at),
        other,
        way,
        sign_in: format!("{}{add}", way_back(visit)),
        user_name: plain(fields.text("user-name")),
        shown_name: plain(fields.text("shown-name")),
        wrong,
    };
    visit.show_as(status, &page)
}

fn from(visit: &Visit, found: &Opened) -> String {
    let home = ("organisation", found.organisation.as_str());
    match &found.inviter {
        Some(inviter) => words::text_with(visit.language, "invitation-from", &[("inviter", inviter), home]),
        None => words::text_with(visit.language, "invitation-from-nobody", &[home]),
    }
}

/// The sign-in page that leads back here.
fn way_back(visit: &Visit) -> String {
    sign_in::address(&visit.app, &Target::at(&visit.met.host, PATH, visit.app.clock.now()))
}

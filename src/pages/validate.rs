//! Validation of one's address: the letter is asked for in the profile, its link leads here, and a button acts.
//! Whoever is signed in as somebody else is told who the link is for, and it stays good.

use askama::Template;
use axum::extract::Path;

use super::frame::Frame;
use super::set_up::{keep, token};
use super::sheet::{Form, Sheet};
use super::visit::{Outcome, SignedIn, Visit};
use super::{HOME, sign_in};
use crate::actions::validation::{self as act, Standing};
use crate::model::account::Account;
use crate::web::cookie;
use crate::web::target::Target;
use crate::words;

/// The page, once the link's token is in a cookie.
const PATH: &str = "/.portcullis/validate";

/// Where the letter is sent from.
const SEND: &str = "/.portcullis/send-validation";

/// Where the letter is asked for.
const PROFILE: &str = "/.portcullis/profile";

#[derive(Template)]
#[template(path = "pages/validate.html")]
struct Page {
    frame: Frame,
    email: String,
    /// Whom the link is for, where that is somebody else.
    other: Option<Other>,
}

/// The two accounts that a link and a browser disagree about.
pub(super) struct Other {
    /// The name of the account.
    pub wanted: String,
    /// Both names, in a sentence.
    pub text: String,
    /// Where to sign in as that one.
    pub sign_in: String,
}

/// Takes the token out of the address, so that it stays in no history.
pub async fn follow(Path(token): Path<String>, visit: Visit) -> Outcome {
    Ok(keep(visit, token, PATH))
}

/// Shows what the link would do, to whom it is for.
pub async fn show(signed_in: SignedIn) -> Outcome {
    let mut signed_in = signed_in;
    let token = token(&signed_in.visit)?;
    let account = match signed_in.visit.or_say(act::peek(&signed_in.visit.app, &token).await)? {
        Standing::Ready(account) => account,
        Standing::Done(account) if account.id == signed_in.person.account().id => {
            signed_in.visit.set(cookie::forget(cookie::LINK));
            return Ok(signed_in.visit.go_saying(HOME, "flash-validated-already"));
        }
        Standing::Done(account) => account,
    };
    let other = (account.id != signed_in.person.account().id).then(|| Other::of(&signed_in, &account, PATH));
    let email = match &other {
        Some(_) => String::new(),
        None => account.email.as_deref().unwrap_or_default().to_owned(),
    };
    let page = Page { frame: signed_in.frame("validate-title"), email, other };
    Ok(signed_in.visit.show(&page))
}

/// Validates the address.
pub async fn validate(signed_in: SignedIn) -> Outcome {
    let mut signed_in = signed_in;
    let visit = &signed_in.visit;
    let token = token(visit)?;
    visit.or_say(act::validate(&visit.app, &signed_in.actor(), &token).await)?;
    signed_in.visit.set(cookie::forget(cookie::LINK));
    Ok(signed_in.visit.go_saying(HOME, "flash-validated"))
}

/// Says what to do, to whoever was turned away for an address that is not proved.
pub async fn ask(signed_in: SignedIn) -> Outcome {
    if signed_in.person.account().validated {
        return Ok(signed_in.visit.go(HOME));
    }
    let visit = &signed_in.visit;
    Ok(signed_in.sheet(Sheet {
        frame: signed_in.frame("send-validation-title"),
        subject: signed_in.person.account().email.as_deref().unwrap_or_default().to_owned(),
        text: words::text(visit.language, "send-validation-text"),
        form: Form::post(visit.language, "send", SEND.to_owned(), "profile-send-validation"),
        back: HOME.to_owned(),
    }))
}

/// Sends the letter.
pub async fn send(signed_in: SignedIn) -> Outcome {
    let mut signed_in = signed_in;
    let visit = &signed_in.visit;
    visit.or_say(act::request(&visit.app, &signed_in.actor()).await)?;
    Ok(signed_in.visit.go_saying(PROFILE, "flash-validation-sent"))
}

impl Other {
    /// Says whom a link is for, and how to go on as them at this page.
    pub(super) fn of(signed_in: &SignedIn, account: &Account, page: &str) -> Self {
        let visit = &signed_in.visit;
        let (wanted, present) = (account.user_name.as_str(), signed_in.person.account().user_name.as_str());
        let target = Target::at(&visit.met.host, page, visit.app.clock.now());
        Self {
            wanted: wanted.to_owned(),
            text: words::text_with(
                visit.language,
                "validate-other",
                &[("wanted", wanted), ("present", present)],
            ),
            sign_in: format!("{}&add=1", sign_in::address(&visit.app, &target)),
        }
    }
}

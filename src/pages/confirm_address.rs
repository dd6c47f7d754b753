//! A new address, proved by the link that was mailed there, in a session of the account that asked for it.

use askama::Template;
use axum::extract::Path;

use super::frame::Frame;
use super::set_up::{keep, token};
use super::validate::Other;
use super::visit::{Outcome, SignedIn, Visit};
use crate::actions::address::{self as act, Standing};
use crate::web::cookie;

/// The page, once the link's token is in a cookie.
const PATH: &str = "/.portcullis/confirm-address";

/// Where one lands.
const PROFILE: &str = "/.portcullis/profile";

#[derive(Template)]
#[template(path = "pages/confirm_address.html")]
struct Page {
    frame: Frame,
    email: String,
    /// Whom the link is for, where that is somebody else.
    other: Option<Other>,
}

/// Takes the token out of the address, so that it stays in no history.
pub async fn follow(Path(token): Path<String>, visit: Visit) -> Outcome {
    Ok(keep(visit, token, PATH))
}

/// Shows what the link would do, to whom it is for.
pub async fn show(signed_in: SignedIn) -> Outcome {
    let mut signed_in = signed_in;
    let token = token(&signed_in.visit)?;
    let own = signed_in.person.account().id;
    let (account, email) = match signed_in.visit.or_say(act::peek(&signed_in.visit.app, &token).await)? {
        Standing::Ready(account, email) => (account, email),
        Standing::Done(account) if account.id == own => {
            signed_in.visit.set(cookie::forget(cookie::LINK));
            return Ok(signed_in.visit.go_saying(PROFILE, "flash-address-changed"));
        }
        Standing::Done(account) => (account, String::new()),
    };
    let other = (account.id != own).then(|| Other::of(&signed_in, &account, PATH));
    let email = if other.is_some() { String::new() } else { email };
    let page = Page { frame: signed_in.frame("confirm-address-title"), email, other };
    Ok(signed_in.visit.show(&page))
}

/// Changes the address.
pub async fn confirm(signed_in: SignedIn) -> Outcome {
    let mut signed_in = signed_in;
    let visit = &signed_in.visit;
    let token = token(visit)?;
    visit.or_say(act::prove(&visit.app, &signed_in.actor(), &token).await)?;
    signed_in.visit.set(cookie::forget(cookie::LINK));
    Ok(signed_in.visit.go_saying(PROFILE, "flash-address-changed"))
}

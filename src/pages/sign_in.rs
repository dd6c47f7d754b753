//! Signing in with one's own credentials, and the way on: back to where somebody was, on whichever host.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use http::{StatusCode, header};
use serde::Deserialize;

use super::HOME;
use super::frame::Frame;
use super::visit::{Anybody, Outcome, Stop, Visit};
use crate::actions::sign_in::{self as act, Attempt, SignInError, SignedIn};
use crate::actions::{account, hand_off, session as sessions};
use crate::app::App;
use crate::model::session::Session;
use crate::secret::Secret;
use crate::web::cookie::{self, Kept};
use crate::web::fields::Fields;
use crate::web::flow::Flow;
use crate::web::target::Target;
use crate::words;

/// The sign-in page on the public origin.
pub const PATH: &str = "/.portcullis/sign-in";

#[derive(Template)]
#[template(path = "pages/sign_in.html")]
struct Page {
    frame: Frame,
    to: String,
    form_token: String,
    name: String,
    remember: bool,
    error: Option<String>,
    here: Vec<Here>,
}

/// Somebody who is signed in in this browser already.
struct Here {
    session: String,
    name: String,
    user_name: String,
    initial: String,
}

/// What the address of the page may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// A sealed target.
    #[serde(default)]
    to: String,
    /// Whether another account is to be added to those in this browser.
    #[serde(default)]
    add: String,
}

/// The path of the sign-in page that leads back to a target.
pub fn address(app: &App, target: &Target) -> String {
    match target.sealed(app) {
        Some(sealed) => format!("{PATH}?to={sealed}"),
        None => PATH.to_owned(),
    }
}

/// Shows the form. Whoever is signed in already goes on at once.
pub async fn show(Query(asked): Query<Asked>, visitor: Anybody) -> Outcome {
    let Anybody { visit, person } = visitor;
    match person {
        Some(person) if asked.add.is_empty() => onward(&visit, &person.session, &asked.to).await,
        _ => Ok(form(visit, StatusCode::OK, (asked.to, String::new(), false), None).await),
    }
}

/// Signs in.
pub async fn sign_in(visit: Visit, fields: Fields) -> Outcome {
    let mut visit = visit;
    let (to, name, remember) =
        (fields.exact("to").to_owned(), fields.text("name").to_owned(), fields.ticked("remember"));
    let flow = visit.cookie(cookie::FLOW).and_then(Flow::read);
    if !flow.is_some_and(|flow| flow.fits(fields.exact("form"))) {
        // A tab that waited for too long, or another site's form: ask once more.
        let stale = words::text(visit.language, "sign-in-stale");
        return Ok(form(visit, StatusCode::OK, (to, name, remember), Some(stale)).await);
    }
    let attempt = Attempt {
        name: name.clone(),
        password: Secret::new(fields.exact("password").to_owned()),
        remember,
        browser: visit.cookie(cookie::DEVICE).map(|value| Secret::new(value.to_owned())),
        device: visit.device(),
    };
    match act::sign_in(&visit.app, visit.origin(), attempt).await {
        Ok(begun) => {
            hold(&mut visit, &begun);
            speak(&mut visit, &begun).await?;
            onward(&visit, &begun.session, &to).await
        }
        Err(error) => {
            let (status, wait, said) = told(&visit, &error);
            let mut answer = form(visit, status, (to, name, remember), Some(said)).await;
            if let Some(wait) = wait {
                answer.headers_mut().insert(header::RETRY_AFTER, wait.into());
            }
            Ok(answer)
        }
    }
}

/// Goes on in the language that the account chose, in a browser where none was chosen yet.
async fn speak(visit: &mut Visit, begun: &SignedIn) -> Result<(), Stop> {
    if visit.ui.language.is_none() {
        visit.ui.language = visit.or_say(account::language(&visit.app, begun.session.account).await)?;
        let cookie = visit.ui.cookie();
        visit.set(cookie);
    }
    Ok(())
}

/// A year, in seconds.
const YEAR: u32 = 365 * 24 * 3600;

/// Makes the browser hold a session that just began.
pub(super) fn hold(visit: &mut Visit, begun: &SignedIn) {
    let kept = kept(&visit.app, &begun.session);
    visit.hold_session(&begun.token, kept);
    visit.set(cookie::set_secret(cookie::DEVICE, &begun.browser, Kept::Seconds(YEAR)));
}

/// How long a browser keeps the cookie of a session: past its own end only when it was asked to.
pub(super) fn kept(app: &App, session: &Session) -> Kept {
    let life = session.ends_at.since(session.created_at);
    if life <= app.config.load().sessions.absolute {
        return Kept::WhileOpen;
    }
    let left = session.ends_at.since(app.clock.now()).as_secs();
    Kept::Seconds(u32::try_from(left).unwrap_or(u32::MAX))
}

/// Leads somebody who is signed in to where they wanted to go: a path of this host, or another protected
/// host by a hand-off.
pub(super) async fn onward(visit: &Visit, session: &Session, to: &str) -> Outcome {
    let app = &visit.app;
    let Some(target) = Target::open(app, to) else { return Ok(visit.go(HOME)) };
    if *target.host == *visit.met.host {
        return Ok(visit.go(&target.path));
    }
    let code = visit.or_say(hand_off::leave(app, session, &target.host, &Secret::new(target.flow)).await)?;
    let origin = app.config.load().origin_of(&target.host);
    Ok(visit.go(&format!("{origin}/.portcullis/arrive?code={}&to={to}", code.expose())))
}

/// What is said of a failed attempt: status, seconds to wait, words. The same for every cause that could
/// tell whether there is such an account.
pub(super) fn told(visit: &Visit, error: &SignInError) -> (StatusCode, Option<u64>, String) {
    let say = |id| words::text(visit.language, id);
    match error {
        SignInError::Wrong => (StatusCode::UNPROCESSABLE_ENTITY, None, say("sign-in-wrong")),
        SignInError::Wait(wait) => {
            let seconds = wait.as_secs().max(1);
            let said = words::text_with(visit.language, "sign-in-wait", &[("seconds", &seconds.to_string())]);
            (StatusCode::TOO_MANY_REQUESTS, Some(seconds), said)
        }
        SignInError::ResetNeeded => (StatusCode::FORBIDDEN, None, say("sign-in-reset-needed")),
        SignInError::Busy => (StatusCode::SERVICE_UNAVAILABLE, Some(2), say("sign-in-busy")),
        SignInError::Unavailable(error) => {
            tracing::error!(%error, "nobody can sign in");
            (StatusCode::SERVICE_UNAVAILABLE, Some(5), say("problem-unavailable-detail"))
        }
    }
}

async fn form(
    mut visit: Visit,
    status: StatusCode,
    (to, name, remember): (String, String, bool),
    error: Option<String>,
) -> Response {
    let flow = Flow::read_or_begin(visit.cookie(cookie::FLOW));
    visit.set(flow.cookie());
    let here = here(&visit).await;
    let frame = visit.frame("sign-in-title");
    let form_token = flow.form_token();
    visit.show_as(status, &Page { frame, to, form_token, name, remember, error, here })
}

/// Who else is signed in in this browser. What the store does not tell now is no reason to show no form.
async fn here(visit: &Visit) -> Vec<Here> {
    let Some(browser) = visit.cookie(cookie::DEVICE).map(|value| Secret::new(value.to_owned())) else {
        return Vec::new();
    };
    let found = sessions::of_browser(&visit.app, &browser).await.unwrap_or_default();
    let shown = found.into_iter().map(|(session, account)| Here {
        session: session.id.to_string(),
        name: account.display_name.to_string(),
        user_name: account.user_name.to_string(),
        initial: account.initial(),
    });
    shown.collect()
}

/// Goes on as somebody who is signed in in this browser already.
pub async fn take_up(visit: Visit, fields: Fields) -> Outcome {
    let mut visit = visit;
    let back = |visit: &Visit| Stop::from(visit.go(PATH));
    let browser = visit.cookie(cookie::DEVICE).map(|value| Secret::new(value.to_owned()));
    let browser = browser.ok_or_else(|| back(&visit))?;
    let id = fields.text("session").parse().map_err(|_| back(&visit))?;
    let known = visit.or_say(sessions::of_browser(&visit.app, &browser).await)?;
    let (session, _) = known.into_iter().find(|(session, _)| session.id == id).ok_or_else(|| back(&visit))?;
    let token = visit.or_say(sessions::take_up(&visit.app, visit.origin(), &browser, id).await)?;
    let kept = kept(&visit.app, &session);
    visit.hold_session(&token, kept);
    onward(&visit, &session, fields.exact("to")).await
}

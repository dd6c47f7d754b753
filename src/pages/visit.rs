//! What a page is handed: the app, who calls and in which language, and the cookies that its answer sets. The
//! type says who may enter: a [`Visit`] is anybody's, a [`SignedIn`] a person's, an [`Overseer`] the holder of
//! an office's.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use http::request::Parts;
use http::{StatusCode, Uri};

use super::frame::Frame;
use super::sheet::Sheet;
use super::ui::Ui;
use super::{answer, trouble};
use crate::actions::{ActionError, Actor, Origin, Who};
use crate::app::App;
use crate::auth::at_home::{self, Person};
use crate::auth::error::AuthError;
use crate::model::account::Office;
use crate::model::caller::Caller;
use crate::model::id::OrganisationId;
use crate::model::identity::Presented;
use crate::secret::Secret;
use crate::web::cookie::{self, Kept};
use crate::web::problem::Problem;
use crate::web::target::Target;
use crate::web::{Met, Reception, problem_of};
use crate::words::Language;

/// A visit to a page.
pub struct Visit {
    /// What the page may reach.
    pub app: Arc<App>,
    /// What it may ask of the running gateway.
    pub reception: Arc<Reception>,
    /// Who is on the line.
    pub caller: Caller,
    /// The host that was asked for.
    pub met: Met,
    /// Language and theme, as chosen, and the message left by the last page.
    pub ui: Ui,
    /// The language of the answer.
    pub language: Language,
    /// What was asked for.
    pub uri: Uri,
    /// The request's header fields.
    pub headers: HeaderMap,
    set: Vec<HeaderValue>,
}

/// The visit of a person who is signed in.
pub struct SignedIn {
    /// The visit.
    pub visit: Visit,
    /// The person.
    pub person: Person,
}

/// The visit of a person who is signed in, or of a stranger.
pub struct Anybody {
    /// The visit.
    pub visit: Visit,
    /// The person, if there is one.
    pub person: Option<Person>,
}

/// The visit of somebody who holds an office.
pub struct Overseer(pub SignedIn);

/// An answer given instead of going on.
pub struct Stop(Box<Response>);

/// What a page answers.
pub type Outcome = Result<Response, Stop>;

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl From<Response> for Stop {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl Visit {
    /// Sets a cookie with the answer.
    pub fn set(&mut self, cookie: HeaderValue) {
        self.set.push(cookie);
    }

    /// Makes the browser hold another session on this host.
    pub fn hold_session(&mut self, token: &Secret<String>, kept: Kept) {
        self.set(cookie::set_secret(cookie::SESSION, token, kept));
    }

    /// The value of one of the gate's cookies.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        cookie::find(&self.headers, name)
    }

    /// Where the wish comes from, for the audit trail.
    pub const fn origin(&self) -> Origin {
        let (address, request) = (Some(self.caller.address), Some(self.caller.request_id));
        Origin { address, request, language: Some(self.language) }
    }

    /// What the browser calls itself.
    pub fn device(&self) -> String {
        let agent = self.headers.get(http::header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        agent.unwrap_or_default().to_owned()
    }

    /// The frame of a page of this title, for somebody who is not signed in or need not be.
    pub fn frame(&self, title: &str) -> Frame {
        Frame::of(self, title, None)
    }

    /// Answers with a page.
    pub fn show(&self, page: &impl askama::Template) -> Response {
        self.show_as(StatusCode::OK, page)
    }

    /// Answers with a page of another status than 200.
    pub fn show_as(&self, status: StatusCode, page: &impl askama::Template) -> Response {
        match page.render() {
            Ok(text) => self.with_cookies(answer::page(status, text, self.language, &self.app.config.load())),
            Err(error) => {
                tracing::error!(%error, "a page could not be written");
                self.say(&Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "broken"))
            }
        }
    }

    /// Hands out a file to be saved under this name.
    pub fn hand_out(&self, name: &str, kind: &'static str, content: axum::body::Body) -> Response {
        self.with_cookies(answer::file(name, kind, content))
    }

    /// Leads on to another address (303), of this origin or one that a [`Target`] gave.
    pub fn go(&self, to: &str) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        if let Ok(to) = HeaderValue::try_from(to) {
            response.headers_mut().insert(LOCATION, to);
        }
        self.with_cookies(response)
    }

    /// Leads on to another page, which says this message of the catalogue once.
    pub fn go_saying(&mut self, to: &str, message: &'static str) -> Response {
        self.ui.flash = Some(message.to_owned());
        let cookie = self.ui.cookie();
        self.set(cookie);
        self.go(to)
    }

    /// Says no, on a page.
    pub fn say(&self, problem: &Problem) -> Response {
        let languages = HeaderValue::from_static(self.language.tag());
        let response: http::Response<Bytes> =
            trouble::page(problem, &self.caller.request_id, Some(&languages), &self.app.config.load().pages);
        self.with_cookies(response.map(axum::body::Body::from).into_response())
    }

    /// Goes on, or says on a page why an act was not done.
    ///
    /// # Errors
    /// That page.
    pub fn or_say<T>(&self, outcome: Result<T, ActionError>) -> Result<T, Stop> {
        outcome.map_err(|error| self.say(&problem_of::action(&error)).into())
    }

    fn with_cookies(&self, mut response: Response) -> Response {
        for cookie in &self.set {
            response.headers_mut().append(SET_COOKIE, cookie.clone());
        }
        if self.ui.was_flashing
            && !self.set.iter().any(|set| set.as_bytes().starts_with(cookie::UI.as_bytes()))
        {
            let calm = Ui { flash: None, ..self.ui.clone() };
            response.headers_mut().append(SET_COOKIE, calm.cookie());
        }
        response
    }
}

impl SignedIn {
    /// On whose behalf the visit acts.
    pub fn actor(&self) -> Actor {
        let presented = Presented::Session(self.person.session.id);
        let who = Who::Account { standing: self.person.standing.clone(), presented };
        Actor { who, origin: self.visit.origin() }
    }

    /// Whether the person runs the installation. What this shows or hides is convenience: acts decide.
    pub fn administers(&self) -> bool {
        self.person.account().office == Some(Office::Administrator)
    }

    /// Turns everybody away but administrators, before a form that only they may send.
    ///
    /// # Errors
    /// The page that says so.
    pub fn needs_administrator(&self) -> Result<(), Stop> {
        match self.administers() {
            true => Ok(()),
            false => Err(self.visit.say(&Problem::new(StatusCode::FORBIDDEN, "not-administrator")).into()),
        }
    }

    /// Whether the person manages the whole of an organisation, or the installation.
    pub fn manages(&self, organisation: OrganisationId) -> bool {
        self.person.account().office != Some(Office::Support)
            && self.actor().oversees(&self.visit.app, organisation).is_ok()
    }

    /// The frame of a page with a title that is a name, not a word of the catalogue.
    pub fn frame_called(&self, name: &str) -> Frame {
        Frame { title: name.to_owned(), ..self.frame("nav-home") }
    }

    /// Answers with a page that is one form.
    pub fn sheet(&self, sheet: Sheet) -> Response {
        let status = if sheet.form.is_wrong() { sheet.form.status } else { StatusCode::OK };
        self.visit.show_as(status, &sheet)
    }

    /// After an act: leads on with a message, or shows its form again with the reason why not, on the field
    /// that `blames` names by the slug of the problem.
    pub fn settled<T>(
        mut self,
        outcome: Result<T, ActionError>,
        mut sheet: Sheet,
        blames: &[(&str, &str)],
        (to, said): (&str, &'static str),
    ) -> Outcome {
        match outcome {
            Ok(_) => Ok(self.visit.go_saying(to, said)),
            Err(error) => {
                sheet.form.refuse(&error, blames);
                Ok(self.sheet(sheet))
            }
        }
    }

    /// The frame of a page of this title, with the way to all others.
    pub fn frame(&self, title: &str) -> Frame {
        Frame::of(&self.visit, title, Some(&self.person))
    }
}

impl FromRequestParts<Arc<Reception>> for Visit {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, reception: &Arc<Reception>) -> Result<Self, Stop> {
        let lost = || Stop::from(StatusCode::INTERNAL_SERVER_ERROR.into_response());
        let caller = parts.extensions.get::<Caller>().cloned().ok_or_else(lost)?;
        let met = parts.extensions.get::<Met>().cloned().ok_or_else(lost)?;
        let ui = Ui::read(cookie::find(&parts.headers, cookie::UI).unwrap_or_default());
        let accepted = parts.headers.get(ACCEPT_LANGUAGE).and_then(|accepted| accepted.to_str().ok());
        let language = ui.language.unwrap_or_else(|| Language::negotiate(accepted));
        let (host, named) = (&*met.host, met.named.as_deref());
        let at_home = at_home::comes_from_home(&parts.method, &parts.headers, &caller, host, named);
        let visit = Self {
            app: reception.app.clone(),
            reception: reception.clone(),
            caller,
            met,
            ui,
            language,
            uri: parts.uri.clone(),
            headers: parts.headers.clone(),
            set: Vec::new(),
        };
        if at_home { Ok(visit) } else { Err(visit.say(&problem_of::auth(AuthError::CrossOrigin)).into()) }
    }
}

impl FromRequestParts<Arc<Reception>> for SignedIn {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, reception: &Arc<Reception>) -> Result<Self, Stop> {
        let visit = Visit::from_request_parts(parts, reception).await?;
        match person(&visit).await? {
            Some(person) => Ok(Self { visit, person }),
            None => Err(to_sign_in(&visit, parts).into()),
        }
    }
}

impl FromRequestParts<Arc<Reception>> for Anybody {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, reception: &Arc<Reception>) -> Result<Self, Stop> {
        let visit = Visit::from_request_parts(parts, reception).await?;
        let person = person(&visit).await?;
        Ok(Self { visit, person })
    }
}

impl FromRequestParts<Arc<Reception>> for Overseer {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, reception: &Arc<Reception>) -> Result<Self, Stop> {
        let signed_in = SignedIn::from_request_parts(parts, reception).await?;
        match signed_in.person.account().office {
            Some(Office::Administrator | Office::Support) => Ok(Self(signed_in)),
            None => {
                Err(signed_in.visit.say(&Problem::new(StatusCode::FORBIDDEN, "not-administrator")).into())
            }
        }
    }
}

async fn person(visit: &Visit) -> Result<Option<Person>, Stop> {
    let found = at_home::person(&visit.app, &visit.headers, &visit.met.host).await;
    found.map_err(|error| visit.say(&problem_of::auth(error)).into())
}

/// Leads a stranger to the sign-in page, and back here afterwards. A form that was posted is not kept.
fn to_sign_in(visit: &Visit, parts: &Parts) -> Response {
    let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let posted = !matches!(parts.method, http::Method::GET | http::Method::HEAD);
    let path = if posted { super::HOME } else { path };
    let target = Target::at(&visit.met.host, path, visit.app.clock.now());
    visit.go(&super::sign_in::address(&visit.app, &target))
}

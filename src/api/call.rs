//! What endpoints are handed of a call, and how they say no.

use std::str::FromStr;
use std::sync::Arc;

use axum::Extension;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};

use crate::actions::api_key::KeyRule;
use crate::actions::{ActionError, Actor, Origin, Who};
use crate::app::App;
use crate::auth::at_home::Visitor;
use crate::auth::error::AuthError;
use crate::model::caller::Caller;
use crate::model::grant::Standing;
use crate::model::identity::Presented;
use crate::store::Constraint;
use crate::time::Timestamp;
use crate::web::insight::Insight;
use crate::web::problem::Problem;
use crate::web::problem_of;
use crate::words::Language;

/// Who is on the line.
pub type OnTheLine = Extension<Caller>;

/// A problem as an endpoint's answer.
pub fn say(problem: &Problem, caller: &Caller) -> Response {
    problem.for_programs(&caller.request_id).map(axum::body::Body::from).into_response()
}

/// Where a wish on this call comes from, for the audit trail.
pub const fn origin(caller: &Caller) -> Origin {
    Origin { address: Some(caller.address), request: Some(caller.request_id), language: None }
}

/// A call of somebody who is known.
#[derive(Clone)]
pub struct Call {
    /// What the endpoint may reach.
    pub app: Arc<App>,
    /// What it may ask of the running gate.
    pub insight: Arc<Insight>,
    /// Who is on the line.
    pub caller: Caller,
    /// Who calls.
    pub visitor: Visitor,
    /// The parts of the path that stand for something, by name.
    pub path: Vec<(String, String)>,
}

/// An answer given instead of going on.
#[derive(Debug)]
pub struct Stop(pub Box<Problem>);

/// What an endpoint answers.
pub type Outcome<A> = Result<A, Stop>;

impl Call {
    /// On whose behalf the call acts.
    ///
    /// # Errors
    /// For nobody, who never comes this far.
    pub fn actor(&self) -> Outcome<Actor> {
        let presented = match &self.visitor {
            Visitor::Person(person) => Presented::Session(person.session.id),
            Visitor::Program(program) => Presented::Key(program.key.id),
            Visitor::Nobody => return Err(problem_of::auth(AuthError::Nobody).into()),
        };
        let who = Who::Account { standing: self.standing()?, presented };
        Ok(Actor { who, origin: origin(&self.caller) })
    }

    /// The account that calls, and what it holds.
    ///
    /// # Errors
    /// For nobody, who never comes this far.
    pub fn standing(&self) -> Outcome<Arc<Standing>> {
        match &self.visitor {
            Visitor::Person(person) => Ok(person.standing.clone()),
            Visitor::Program(program) => Ok(program.standing.clone()),
            Visitor::Nobody => Err(problem_of::auth(AuthError::Nobody).into()),
        }
    }

    /// A part of the path. What is no such name is the name of nothing.
    ///
    /// # Errors
    /// That there is nothing at this address.
    pub fn named<T: FromStr>(&self, name: &str) -> Outcome<T> {
        let found = self.path.iter().find(|(known, _)| known == name);
        let read = found.and_then(|(_, text)| text.parse().ok());
        read.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "not-found").into())
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<AuthError> for Stop {
    fn from(error: AuthError) -> Self {
        problem_of::auth(error).into()
    }
}

/// A rule about one field says which.
impl From<ActionError> for Stop {
    fn from(error: ActionError) -> Self {
        let mut problem = problem_of::action(&error);
        if let Some(pointer) = pointer(&error) {
            let detail = problem.words(Language::English).1;
            problem.members.push(at_field(pointer, &detail));
        }
        problem.into()
    }
}

/// The member of a problem that names a field (RFC 6901) and what is wrong with it.
pub fn at_field(pointer: &str, detail: &str) -> (&'static str, Value) {
    ("errors", json!([{ "pointer": pointer, "detail": detail }]))
}

/// The problem of a field that cannot be what was sent.
pub fn invalid(pointer: &str) -> Stop {
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields");
    let detail = problem.words(Language::English).1;
    Problem { members: vec![at_field(pointer, &detail)], ..problem }.into()
}

const fn pointer(error: &ActionError) -> Option<&'static str> {
    match error {
        ActionError::Taken(Constraint::UserName) => Some("/user_name"),
        ActionError::Taken(Constraint::Email) => Some("/email"),
        ActionError::Taken(Constraint::OrganisationSlug | Constraint::SpaceSlug) => Some("/slug"),
        ActionError::Taken(Constraint::Entitlement) => Some("/platform"),
        ActionError::Taken(Constraint::KeyName) | ActionError::Key(KeyRule::Name) => Some("/name"),
        ActionError::Key(KeyRule::NoCredentials | KeyRule::NotHeld(_) | KeyRule::Twice(_)) => {
            Some("/credentials")
        }
        ActionError::Key(KeyRule::Rights(_)) => Some("/rights"),
        ActionError::Key(KeyRule::TooLong(_) | KeyRule::Past) => Some("/expires_at"),
        ActionError::Key(KeyRule::Audience) => Some("/audience"),
        _ => None,
    }
}

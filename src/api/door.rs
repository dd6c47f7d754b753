//! The way of a call from the door to its endpoint: who calls, may they enter, is what they saw still so, was it
//! asked before. What remains is the endpoint's.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use http::header::{HeaderMap, IF_MATCH};
use http::{Method, StatusCode};

use super::answer::Answer;
use super::call::{self, Call, Outcome};
use super::endpoint::{Endpoint, Enter, Input};
use super::replay;
use crate::actions::step_up;
use crate::auth::at_home::{self, Person, Program, Visitor};
use crate::auth::error::{AuthError, Lack};
use crate::model::account::Office;
use crate::model::api_key::{KeyAudience, KeyKind};
use crate::model::caller::Caller;
use crate::model::role::Permission;
use crate::web::negotiate::Signs;
use crate::web::problem::{Challenge, Problem};
use crate::web::{Met, Reception};

/// Longest body that is read, in bytes; the gateway reads no more either.
const LONGEST_BODY: usize = 64 * 1024;

/// An endpoint, and the one that shows what it changes.
pub struct Door {
    /// The endpoint.
    pub endpoint: Arc<Endpoint>,
    /// Shows the thing whose version `If-Match` names.
    pub shows: Option<Arc<Endpoint>>,
}

/// Answers a call.
pub async fn answer(door: Arc<Door>, reception: Arc<Reception>, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    let (Some(caller), Some(met)) =
        (head.extensions.get::<Caller>().cloned(), head.extensions.get::<Met>().cloned())
    else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let path = match RawPathParams::from_request_parts(&mut head, &()).await {
        Ok(found) => found.iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
        Err(_) => Vec::new(),
    };
    let script = Signs::of(&head.headers).is_script();
    let body = to_bytes(body, LONGEST_BODY).await.unwrap_or_default();
    let input = Input { uri: head.uri, headers: head.headers, body };
    let came = Came { method: head.method, path, met };
    match admitted(&door, &reception, &caller, came, input).await {
        Ok(answer) => answer.into_response(),
        Err(stop) => {
            let mut problem = *stop.0;
            if script {
                // A browser would answer the challenge with a password prompt.
                problem.challenge = Challenge::None;
            }
            call::say(&problem, &caller)
        }
    }
}

/// How a call came.
struct Came {
    method: Method,
    path: Vec<(String, String)>,
    met: Met,
}

async fn admitted(
    door: &Door,
    reception: &Reception,
    caller: &Caller,
    came: Came,
    input: Input,
) -> Outcome<Answer> {
    let (app, endpoint) = (reception.app.clone(), &door.endpoint);
    let visitor = match endpoint.enter {
        Enter::Anybody => Visitor::Nobody,
        _ => at_home::visitor(&app, &input.headers, caller, &came.met.host).await?,
    };
    match &visitor {
        Visitor::Nobody if endpoint.enter == Enter::Anybody => {}
        Visitor::Nobody => return Err(AuthError::Nobody.into()),
        Visitor::Person(person) => {
            let (host, named) = (&*came.met.host, came.met.named.as_deref());
            if !at_home::comes_from_home(&came.method, &input.headers, caller, host, named) {
                return Err(AuthError::CrossOrigin.into());
            }
            person_enters(endpoint, person, app.clock.now())?;
        }
        Visitor::Program(program) => program_enters(endpoint, program, &app.config.load().roles)?,
    }
    let (insight, caller) = (reception.insight.clone(), caller.clone());
    let call = Call { app, insight, caller, visitor, path: came.path };
    unchanged(door, &call, &input).await?;
    replay::once(endpoint, call, input).await
}

fn person_enters(endpoint: &Endpoint, person: &Person, now: crate::time::Timestamp) -> Outcome<()> {
    let may = match (endpoint.enter, person.account().office) {
        (Enter::Anybody | Enter::Account | Enter::Member | Enter::Person, _) => true,
        (Enter::Office, office) => office.is_some(),
        (Enter::Administrator | Enter::Feed, office) => office == Some(Office::Administrator),
    };
    if !may {
        return Err(Problem::new(StatusCode::FORBIDDEN, "not-administrator").into());
    }
    if endpoint.fresh && !step_up::is_fresh(&person.session, now) {
        return Err(AuthError::Forbidden(Lack::Age).into());
    }
    Ok(())
}

/// Keys are told apart by what they are for (K7): those for apps do nothing here, except that a person may read
/// their own account with one. One for the API does what its service account may, if it carries the right to manage.
fn program_enters(endpoint: &Endpoint, program: &Program, roles: &crate::model::role::Roles) -> Outcome<()> {
    let key = &program.key;
    let no = |slug| Err(Problem::new(StatusCode::FORBIDDEN, slug).into());
    match (key.kind, key.audience) {
        (KeyKind::Service, KeyAudience::Api) => {}
        (KeyKind::Personal, _) if endpoint.enter == Enter::Account => {}
        (KeyKind::Personal, _) => return no("key-reads-own"),
        (KeyKind::Service | KeyKind::Imported, _) => return no("key-not-for-api"),
    }
    let manages = key.credentials.iter().filter_map(|carried| roles.by_slug(&carried.role)).any(|role| {
        key.rights.map_or(role.permissions, |rights| rights.and(role.permissions)).has(Permission::Manage)
    });
    match endpoint.enter {
        // Whether it may is for the act to say: it knows the platform.
        Enter::Anybody | Enter::Account | Enter::Feed => Ok(()),
        Enter::Member if manages => Ok(()),
        Enter::Member => no("key-may-not-manage"),
        Enter::Person | Enter::Office | Enter::Administrator => no("needs-person"),
    }
}

/// Holds a caller who changes something to what they saw of it.
async fn unchanged(door: &Door, call: &Call, input: &Input) -> Outcome<()> {
    let Some(shows) = door.shows.as_ref().filter(|_| input.headers.contains_key(IF_MATCH)) else {
        return Ok(());
    };
    let alone =
        Input { uri: http::Uri::from_static("/"), headers: HeaderMap::new(), body: bytes::Bytes::new() };
    let now = shows.answer(call.clone(), alone).await?.etag.unwrap_or_default();
    if names(&input.headers, &now) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::PRECONDITION_FAILED, "changed-meanwhile").into())
}

/// Whether `If-Match` names a version (RFC 9110, 13.1.1). Weak ones never do.
fn names(headers: &HeaderMap, version: &str) -> bool {
    let fields = headers.get_all(IF_MATCH).into_iter();
    let mut tags =
        fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    tags.any(|tag| tag == b"*" || tag == version.as_bytes())
}

//! Who comes to the gate itself: to its pages a person with a live session on this host, or nobody; to its API
//! also a program with a key. No route is involved, and keys open no page (K7).

use std::sync::Arc;

use http::Method;
use http::header::HeaderMap;

use super::charge::charge;
use super::credentials::{self, KeyText, Presented};
use super::error::{AuthError, BadKey, Lack};
use super::recall::{self, Halt, Missing};
use super::{api_key, same_origin, session_cookie};
use crate::app::App;
use crate::app::cache::Moment;
use crate::model::account::{Account, AccountStatus};
use crate::model::api_key::ApiKey;
use crate::model::caller::Caller;
use crate::model::grant::Standing;
use crate::model::route::Authorization;
use crate::model::session::Session;
use crate::telemetry::labels::{AuthKind, AuthOutcome};

/// A person who is signed in.
#[derive(Debug, Clone)]
pub struct Person {
    /// The session whose cookie was presented.
    pub session: Session,
    /// The account and all it holds.
    pub standing: Arc<Standing>,
}

impl Person {
    /// The account.
    pub fn account(&self) -> &Account {
        &self.standing.account
    }
}

/// A program whose key is good. What the key is for has not been looked at.
#[derive(Debug, Clone)]
pub struct Program {
    /// The key that was presented.
    pub key: ApiKey,
    /// Its owner, and all that it holds.
    pub standing: Arc<Standing>,
}

/// Whoever calls the API.
#[derive(Debug, Clone)]
pub enum Visitor {
    /// A person in a browser.
    Person(Box<Person>),
    /// A program with a key.
    Program(Box<Program>),
    /// Nobody known.
    Nobody,
}

/// Whoever a request to the API on this host comes from. A key counts before a cookie, and a bad one is never
/// rescued by it; failures cost the same budgets as at the routes.
///
/// # Errors
/// Each [`AuthError`] of somebody who is not known, and [`AuthError::ClearText`].
pub async fn visitor(
    app: &App,
    headers: &HeaderMap,
    caller: &Caller,
    host: &str,
) -> Result<Visitor, AuthError> {
    let kind = match credentials::read(headers, Authorization::Consume) {
        Ok(Presented::Nothing) => return Ok(Visitor::Nobody),
        Ok(Presented::Cookie(_)) => AuthKind::Session,
        Ok(Presented::Key(_)) | Err(_) => AuthKind::Key,
    };
    let found = identified(app, headers, caller, host).await;
    app.metrics.decided(kind, found.as_ref().map_or_else(AuthError::outcome, |_| AuthOutcome::Admitted));
    found
}

async fn identified(
    app: &App,
    headers: &HeaderMap,
    caller: &Caller,
    host: &str,
) -> Result<Visitor, AuthError> {
    let failed = |key, error| charge(app, caller.address, key, error, app.clock.now());
    match credentials::read(headers, Authorization::Consume) {
        Err(unreadable) => Err(failed(None, unreadable.into())),
        Ok(Presented::Key(_)) if !caller.keys_allowed => Err(AuthError::ClearText),
        Ok(Presented::Key(key)) => {
            let program = recall::settled(app, |moment| with_key(app, &key, caller, moment)).await;
            let program = program.map_err(|error| failed(Some(&key), error))?;
            app.last_used.keys.record(program.key.id, app.clock.now());
            Ok(Visitor::Program(Box::new(program)))
        }
        Ok(Presented::Cookie(_) | Presented::Nothing) => {
            let person = person(app, headers, host).await?;
            Ok(person.map_or(Visitor::Nobody, |person| Visitor::Person(Box::new(person))))
        }
    }
}

/// The program behind a key. Imported keys are not for the API, so one that waits for its first use stays
/// unknown here.
fn with_key(app: &App, key: &KeyText, caller: &Caller, moment: Moment<'_>) -> Result<Program, Halt> {
    recall::knows_enough(app, moment)?;
    let (_, found) = api_key::identify(app, key, caller.address, moment).map_err(|halt| match halt {
        Halt::Missing(Missing::Adoption) => AuthError::BadKey(BadKey::Unknown).into(),
        other => other,
    })?;
    let held = found.value.as_ref().ok_or(AuthError::BadKey(BadKey::Unknown))?;
    let standing = recall::standing_of(app, held.credential.account, moment)?;
    let active = standing.filter(|standing| standing.account.status == AccountStatus::Active);
    let standing = active.ok_or(AuthError::BadKey(BadKey::Owner))?;
    Ok(Program { key: held.credential.clone(), standing })
}

/// The person whose session cookie a request to this host carries.
///
/// # Errors
/// [`AuthError::Unreadable`] for doubled cookies, `Forbidden` where a key was sent, and
/// [`AuthError::Unavailable`] while the store is away.
pub async fn person(app: &App, headers: &HeaderMap, host: &str) -> Result<Option<Person>, AuthError> {
    match credentials::read(headers, Authorization::Consume)? {
        Presented::Key(_) => Err(AuthError::Forbidden(Lack::Method)),
        Presented::Nothing => Ok(None),
        Presented::Cookie(cookie) => {
            let person = recall::settled(app, |moment| remembered(app, cookie, host, moment)).await?;
            if let Some(person) = &person {
                app.last_used.sessions.record(person.session.id, app.clock.now());
            }
            Ok(person)
        }
    }
}

fn remembered(app: &App, cookie: &[u8], host: &str, moment: Moment<'_>) -> Result<Option<Person>, Halt> {
    recall::knows_enough(app, moment)?;
    let Some((_, found)) = session_cookie::identify(app, cookie, host, moment)? else { return Ok(None) };
    let Some(held) = &found.value else { return Ok(None) };
    let session = held.credential.clone();
    let standing = recall::standing_of(app, session.account, moment)?;
    let active = standing.filter(|standing| standing.account.status == AccountStatus::Active);
    Ok(active.map(|standing| Person { session, standing }))
}

/// Whether a request to the gate's own pages may go on: whatever changes something comes from a page of the
/// very same origin. `named` is the host as written, with its port.
pub fn comes_from_home(
    method: &Method,
    headers: &HeaderMap,
    caller: &Caller,
    host: &str,
    named: Option<&str>,
) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
        || same_origin::comes_from_self(headers, caller.secure, (host, named))
}

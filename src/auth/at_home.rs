//! Who visits the gate's own pages: a person with a live session on this host, or nobody. No route is
//! involved and keys open no page (K7).

use std::sync::Arc;

use http::Method;
use http::header::HeaderMap;

use super::credentials::{self, Presented};
use super::error::{AuthError, Lack};
use super::recall::{self, Halt};
use super::{same_origin, session_cookie};
use crate::app::App;
use crate::app::cache::Moment;
use crate::model::account::{Account, AccountStatus};
use crate::model::caller::Caller;
use crate::model::grant::Standing;
use crate::model::route::Authorization;
use crate::model::session::Session;

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

//! Identifies by session cookie: a token of 43 characters, looked up by its digest, good on one host only.
//! A dead cookie is nobody, never an error.

use super::recall::{self, Halt, HeldSession};
use crate::app::App;
use crate::app::cache::Moment;
use crate::secret::token;

/// Finds the live session of a cookie on this host, with the digest it is found under.
///
/// # Errors
/// A halt where memory does not know the session.
pub fn identify(
    app: &App,
    cookie: &[u8],
    host: &str,
    moment: Moment<'_>,
) -> Result<Option<([u8; 32], HeldSession)>, Halt> {
    if cookie.len() != token::SESSION_TOKEN_LEN {
        return Ok(None);
    }
    let digest = token::session_digest(cookie);
    let found = recall::session(app, digest, moment)?;
    let live = found.value.as_ref().is_some_and(|held| {
        let session = &held.credential;
        *session.host == *host && session.is_live(moment.now, app.last_seen(session, moment.now))
    });
    Ok(live.then_some((digest, found)))
}

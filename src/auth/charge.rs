//! What a failed credential costs, at every door alike: it is counted against its source and its key id.

use std::net::IpAddr;

use super::credentials::{KeyText, Unreadable};
use super::error::AuthError;
use crate::app::App;
use crate::model::key_text::{self, KeyShape};
use crate::model::quota::{Subject, Verdict};
use crate::time::Timestamp;

/// Counts a failed credential against its source and its key id, and says so where a budget is used up.
/// Faults of form and refusals of somebody known are not guesses and cost nothing.
pub fn charge(
    app: &App,
    source: IpAddr,
    key: Option<&KeyText>,
    error: AuthError,
    now: Timestamp,
) -> AuthError {
    let guess = match &error {
        AuthError::BadKey(_) => true,
        AuthError::Unreadable(unreadable) => {
            !matches!(unreadable, Unreadable::Several | Unreadable::ConnectionBound)
        }
        _ => false,
    };
    if !guess {
        return error;
    }
    // Every id that looks like ours is counted, so that the answer does not tell which ones exist.
    let subject = key.and_then(|key| match key_text::parse(key.expose()) {
        KeyShape::Native { id, .. } => Some(Subject::Key(id)),
        KeyShape::Foreign | KeyShape::Malformed => None,
    });
    match app.limits.before_unknown(source, subject, now) {
        Verdict::Wait(wait) => AuthError::Exhausted(wait),
        Verdict::Allowed { .. } => {
            app.limits.failed(source, subject, now);
            error
        }
    }
}

//! Letters that were sent, wait or were given up, for holders of an office. Where no letter leaves the machine, an
//! administrator reads the links here and hands them over.

pub mod list;
pub mod one;

use super::frame::Frame;
use crate::model::outbox::{OutboxEntry, OutboxState};
use crate::words;

/// The list.
const PATH: &str = "/.portcullis/letters";

/// What a letter is about: its subject, where that is the same for all of its kind.
fn about(frame: &Frame, entry: &OutboxEntry) -> String {
    let subject = format!("letter-{}-subject", entry.kind);
    if words::exists(&subject) { frame.t(&subject) } else { entry.kind.clone() }
}

/// How a letter stands, as a look and a word of the catalogue.
const fn badge(entry: &OutboxEntry) -> (&'static str, &'static str) {
    match entry.state() {
        OutboxState::Waiting if entry.attempts > 0 => ("warn", "letter-state-tried"),
        OutboxState::Waiting => ("", "letter-state-waiting"),
        OutboxState::Sent => ("good", "letter-state-sent"),
        OutboxState::Failed => ("bad", "letter-state-failed"),
    }
}

//! `[deadlines]`, `[limits]`, `[headers]` and `workers`: what a client may take of the gate.

use http::HeaderName;

use super::file;
use super::notes::Notes;
use super::{ConnectionLimits, Deadlines};

/// A request head never needs more, and the buffer is held in memory per connection.
const LARGEST_HEAD: u64 = 1 << 20;
/// Below this no browser gets through.
const SMALLEST_HEAD: u64 = 8 << 10;

/// Reads `[deadlines]`.
pub(super) fn deadlines(written: &file::Deadlines, notes: &mut Notes<'_>) -> Deadlines {
    Deadlines {
        handshake: notes.positive("deadlines.handshake", &written.handshake),
        head: notes.positive("deadlines.head", &written.head),
        body_idle: notes.positive("deadlines.body_idle", &written.body_idle),
        idle: notes.positive("deadlines.idle", &written.idle),
        age: notes.positive("deadlines.age", &written.age),
        drain_delay: notes.duration("deadlines.drain_delay", &written.drain_delay),
        drain: notes.duration("deadlines.drain", &written.drain),
    }
}

/// Reads `[limits]`.
pub(super) fn limits(written: &file::Limits, notes: &mut Notes<'_>) -> ConnectionLimits {
    let head = notes.size("limits.head_bytes", &written.head_bytes);
    if !(SMALLEST_HEAD..=LARGEST_HEAD).contains(&head) {
        let what = format!("`limits.head_bytes` must be from 8KiB to 1MiB, not {}", written.head_bytes);
        notes.error("limits.head_bytes", what, "write a size such as \"32KiB\"");
    }
    let per_source = notes.at_least_one("limits.connections_per_source", written.connections_per_source);
    if per_source > written.connections {
        let what = "one source may open more connections than there are in all";
        notes.warning("limits.connections_per_source", what, "lower it, or raise `limits.connections`");
    }
    ConnectionLimits {
        connections: notes.at_least_one("limits.connections", written.connections) as usize,
        connections_per_source: per_source as usize,
        head_bytes: usize::try_from(head).unwrap_or_default(),
        head_fields: notes.at_least_one("limits.head_fields", written.head_fields.into()) as usize,
        streams: notes.at_least_one("limits.streams", written.streams.into()),
        resets: notes.at_least_one("limits.resets", written.resets.into()) as usize,
    }
}

/// Reads `[headers] allow`.
pub(super) fn allow_headers(written: &[String], notes: &mut Notes<'_>) -> Vec<HeaderName> {
    let mut all = Vec::new();
    for (at, text) in written.iter().enumerate() {
        match header_name(text) {
            Some(name) => all.push(name),
            None => notes.error(
                &format!("headers.allow[{at}]"),
                format!("\"{text}\" is not a header name"),
                "write letters, digits, \"-\", \"_\" and \".\"",
            ),
        }
    }
    all
}

/// A header name in any letter case.
pub(super) fn header_name(written: &str) -> Option<HeaderName> {
    HeaderName::from_bytes(written.to_ascii_lowercase().as_bytes()).ok()
}

/// One per core where 0 is written.
pub(super) fn per_core(written: u16) -> usize {
    match written {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
        some => usize::from(some),
    }
}

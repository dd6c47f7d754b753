//! `[logs]`.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use super::Logs;
use super::file::{self, LogWord};
use super::notes::Notes;

/// Reads `[logs]`.
pub(super) fn logs(written: &file::Logs, notes: &mut Notes<'_>) -> Logs {
    if let Err(error) = EnvFilter::try_new(&written.filter) {
        let what = format!("`logs.filter` cannot be read: {error}");
        notes.error("logs.filter", what, "write a level (error, warn, info, debug), or levels by module");
    }
    let json = match written.format {
        LogWord::Auto => !std::io::stdout().is_terminal(),
        LogWord::Json => true,
        LogWord::Text => false,
    };
    Logs { json, filter: written.filter.clone(), access: written.access }
}

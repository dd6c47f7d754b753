//! Logs: JSON or text, on standard error. Secrets cannot get here, because their types cannot be printed.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::Logs;

/// Why logging cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// The filter is none.
    #[error("the log filter cannot be read")]
    Filter(#[from] ParseError),
    /// Logging has begun before.
    #[error("logging is already set up")]
    Twice(#[from] TryInitError),
}

/// Begins logging for the whole process; once.
///
/// # Errors
/// See [`LogsError`].
pub fn begin(logs: &Logs) -> Result<(), LogsError> {
    let filter = EnvFilter::try_new(&logs.filter)?;
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    if logs.json {
        registry
            .with(layer.json().flatten_event(true).with_current_span(true).with_span_list(false))
            .try_init()?;
    } else {
        registry.with(layer.with_ansi(std::io::stderr().is_terminal()).with_target(false)).try_init()?;
    }
    Ok(())
}

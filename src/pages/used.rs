//! When something was last used, as far as is known: uses are written down once a minute.

use super::frame::When;
use crate::time::Timestamp;

/// When something was last used.
#[derive(Debug, Clone, Copy)]
pub enum Used {
    /// Never.
    Never,
    /// Within the last minute.
    Lately,
    /// Then.
    At(When),
}

impl Used {
    /// As seen now.
    pub fn of(last: Option<Timestamp>, now: Timestamp) -> Self {
        match last {
            None => Self::Never,
            Some(last) if now.since(last).as_secs() < 60 => Self::Lately,
            Some(last) => Self::At(When(last)),
        }
    }
}

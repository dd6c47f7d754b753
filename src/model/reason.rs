//! Why somebody did something, in their own words, for the audit trail.

use std::fmt;
use std::str::FromStr;

use super::shown_name::keeps_the_line;

/// A reason: 3 to 200 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

/// The text says nothing.
#[derive(Debug, thiserror::Error)]
#[error("is no reason: 3 to 200 characters on one line")]
pub struct NotAReason;

impl FromStr for Reason {
    type Err = NotAReason;

    fn from_str(text: &str) -> Result<Self, NotAReason> {
        let text = text.trim();
        let fits = (3..=200).contains(&text.chars().count()) && text.chars().all(keeps_the_line);
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAReason) }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

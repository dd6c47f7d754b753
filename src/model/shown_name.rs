//! Names shown to people, in any script.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A name to show: 1 to 200 characters on one line. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct ShownName(Arc<str>);

impl Default for ShownName {
    fn default() -> Self {
        Self("?".into())
    }
}

/// The text cannot be shown as a name.
#[derive(Debug, thiserror::Error)]
#[error("is not a name to show: 1 to 200 characters, none of which controls the line or its direction")]
pub struct NotAShownName;

impl ShownName {
    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ShownName {
    type Err = NotAShownName;
    fn from_str(text: &str) -> Result<Self, NotAShownName> {
        let text = text.trim();
        let plain = text.chars().all(keeps_the_line);
        if plain && (1..=200).contains(&text.chars().count()) {
            Ok(Self(text.into()))
        } else {
            Err(NotAShownName)
        }
    }
}

/// Whether a character leaves line and direction as they are. Overrides of direction let one name look like
/// another (Unicode TR 36, section 2.6.1).
pub fn keeps_the_line(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl From<ShownName> for Arc<str> {
    fn from(name: ShownName) -> Self {
        name.0
    }
}

impl fmt::Debug for ShownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_in_one_direction() {
        assert_eq!(" Ada Lovelace ".parse::<ShownName>().unwrap().as_str(), "Ada Lovelace");
        assert!("Лев 李".parse::<ShownName>().is_ok());
        for bad in ["", "  ", "a\nb", "a\u{202e}b", "a\u{7}", &"x".repeat(201)] {
            assert!(bad.parse::<ShownName>().is_err(), "{bad:?}");
        }
    }
}

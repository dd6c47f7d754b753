//! Slugs: the ASCII names of platforms, organisations, spaces and roles, as they stand in credentials.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A machine name: `[a-z0-9][a-z0-9-]{0,62}`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(Arc<str>);

/// The text is not a slug.
#[derive(Debug, thiserror::Error)]
#[error("is not a slug: 1 to 63 characters of a-z, 0-9 and '-', beginning with a letter or digit")]
pub struct NotASlug;

impl Slug {
    /// A slug written in the program itself. Text that is no slug is kept as it stands.
    pub fn literal(text: &'static str) -> Self {
        Self(text.into())
    }

    /// The text of the slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = NotASlug;
    fn from_str(text: &str) -> Result<Self, NotASlug> {
        let fits = (1..=63).contains(&text.len()) && !text.starts_with('-');
        let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits && plain { Ok(Self(text.into())) } else { Err(NotASlug) }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_short_lower_case_ascii() {
        for good in ["a", "simulation-runner", "0x"] {
            assert_eq!(good.parse::<Slug>().unwrap().as_str(), good);
        }
        for bad in ["", "-a", "A", "a b", "ä", "a/b", &"a".repeat(64)] {
            assert!(bad.parse::<Slug>().is_err(), "{bad}");
        }
    }
}

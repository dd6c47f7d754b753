//! Credentials: what somebody works under. Shown as `Platform • Space • Role`,
//! written `platform/organisation/space/role` by machines.

use std::fmt;
use std::str::FromStr;

use super::slug::{NotASlug, Slug};

/// One set of credentials.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Credentials {
    /// The platform it opens.
    pub platform: Slug,
    /// The organisation on whose behalf.
    pub organisation: Slug,
    /// The space of that organisation.
    pub space: Slug,
    /// The role held there.
    pub role: Slug,
}

/// The text is not `platform/organisation/space/role`.
#[derive(Debug, thiserror::Error)]
pub enum NotCredentials {
    /// There are not exactly four parts.
    #[error("is not of the form platform/organisation/space/role")]
    Parts,
    /// One of the parts is not a slug.
    #[error("has a part that {0}")]
    Slug(#[from] NotASlug),
}

impl FromStr for Credentials {
    type Err = NotCredentials;
    fn from_str(text: &str) -> Result<Self, NotCredentials> {
        let mut parts = text.split('/');
        let mut next = || parts.next().ok_or(NotCredentials::Parts);
        let (platform, organisation, space, role) = (next()?, next()?, next()?, next()?);
        if parts.next().is_some() {
            return Err(NotCredentials::Parts);
        }
        Ok(Self {
            platform: platform.parse()?,
            organisation: organisation.parse()?,
            space: space.parse()?,
            role: role.parse()?,
        })
    }
}

impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.platform, self.organisation, self.space, self.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_text_round_trips() {
        let text = "echo/home/general/viewer";
        assert_eq!(text.parse::<Credentials>().unwrap().to_string(), text);
        for bad in ["", "a/b/c", "a/b/c/d/e", "a//c/d", "A/b/c/d"] {
            assert!(bad.parse::<Credentials>().is_err(), "{bad}");
        }
    }
}

//! Where validated addresses are demanded beside the routes that do so themselves: everywhere, on platforms, or under
//! credentials of organisations.

use std::fmt;
use std::str::FromStr;

use super::slug::Slug;

/// Where a validated address is demanded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demanded {
    /// Everywhere.
    pub everywhere: bool,
    /// On these platforms.
    pub platforms: Vec<Slug>,
    /// Under credentials of these organisations.
    pub organisations: Vec<Slug>,
}

/// The text says no such place.
#[derive(Debug, thiserror::Error)]
#[error("says places as everywhere, platform:SLUG or organisation:SLUG, with a space between")]
pub struct NotAPlace;

impl Demanded {
    /// Whether it is demanded on this platform, under credentials of this organisation.
    pub fn at(&self, platform: &Slug, organisation: Option<&Slug>) -> bool {
        self.everywhere
            || self.platforms.contains(platform)
            || organisation.is_some_and(|organisation| self.organisations.contains(organisation))
    }
}

impl FromStr for Demanded {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let mut demanded = Self::default();
        for word in text.split_whitespace() {
            match word.split_once(':') {
                None if word == "everywhere" => demanded.everywhere = true,
                Some(("platform", slug)) => demanded.platforms.push(slug.parse().map_err(|_| NotAPlace)?),
                Some(("organisation", slug)) => {
                    demanded.organisations.push(slug.parse().map_err(|_| NotAPlace)?);
                }
                _ => return Err(NotAPlace),
            }
        }
        Ok(demanded)
    }
}

impl fmt::Display for Demanded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = Vec::new();
        words.extend(self.everywhere.then(|| "everywhere".to_owned()));
        words.extend(self.platforms.iter().map(|slug| format!("platform:{slug}")));
        words.extend(self.organisations.iter().map(|slug| format!("organisation:{slug}")));
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_written_alike() {
        for text in ["", "everywhere", "platform:wiki platform:lab organisation:acme"] {
            assert_eq!(text.parse::<Demanded>().unwrap().to_string(), text);
        }
        for bad in ["nowhere", "platform:", "platform:UPPER", "space:x", "everywhere:x"] {
            assert!(bad.parse::<Demanded>().is_err(), "{bad}");
        }
    }
}

//! E-mail addresses: as written, with an ASCII domain, and in the one form in which they are compared.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;

/// An e-mail address with an A-label domain. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(Arc<str>);

/// The text is not an e-mail address.
#[derive(Debug, thiserror::Error)]
#[error("is not an e-mail address, as name@example.org")]
pub struct NotAnEmail;

/// Octets before the `@` (RFC 5321 section 4.5.3.1.1).
const LOCAL: usize = 64;

/// Octets in all: a path of 256 without its brackets (RFC 5321 section 4.5.3.1.3).
const WHOLE: usize = 254;

impl Email {
    /// The address as shown and sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An address at a domain that never is (RFC 2606), for where there must be one.
    pub fn nobody() -> Self {
        Self("nobody@invalid".into())
    }

    /// The form in which two addresses are compared: lower case throughout. Servers may tell letter case
    /// apart before the `@`; treating such addresses as one keeps look-alikes from being two people.
    pub fn canonical(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for Email {
    type Err = NotAnEmail;
    fn from_str(text: &str) -> Result<Self, NotAnEmail> {
        let (local, domain) = text.trim().rsplit_once('@').ok_or(NotAnEmail)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| NotAnEmail)?;
        let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
        // Letters that look or fold like others would make two readers of one address (K for the Kelvin sign).
        let stable = local.nfkc().eq(local.chars());
        let plain =
            stable && local.chars().all(|c| c.is_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c));
        let whole = format!("{local}@{domain}");
        let fits = (1..=LOCAL).contains(&local.len()) && whole.len() <= WHOLE && !domain.is_empty();
        if fits && plain && !dots { Ok(Self(whole.into())) } else { Err(NotAnEmail) }
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// K11: exactly one `@`, so that no two readers see two domains.
    #[test]
    fn addresses_get_an_ascii_domain_and_one_form_for_comparing() {
        let read = |text: &str| text.parse::<Email>().unwrap();
        assert_eq!(read(" Ada.L@Bücher.example ").as_str(), "Ada.L@xn--bcher-kva.example");
        assert_eq!(read("Ada@EXAMPLE.org").canonical(), "ada@example.org");
        for bad in [
            "",
            "a",
            "@b.c",
            "a@",
            "a b@c.d",
            "a@b c",
            ".a@b.c",
            "a..b@c.d",
            "a@b@c.d",
            "\"a@b\"@c.d",
            "mar\u{212a}@b.c",
            "a\n@b.c",
            "a@b\r.c",
        ] {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
        assert!(format!("{}@b.c", "a".repeat(65)).parse::<Email>().is_err());
    }
}

//! Quotas: how much is allowed in which time, and to whom it is counted.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use super::api_key::KeyId;
use super::id::AccountId;

/// So many requests or failures in such a time, all of which may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many.
    pub amount: NonZeroU32,
    /// In which time; the budget refills evenly over it.
    pub per: Duration,
}

/// What a limiter says of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Allowed.
    Allowed {
        /// What remains of the burst.
        remaining: u32,
        /// How long until the whole burst is there again.
        full_in: Duration,
    },
    /// Refused; ask again after this long.
    Wait(Duration),
}

impl Verdict {
    /// How long to wait; `None` when allowed.
    pub const fn wait(self) -> Option<Duration> {
        match self {
            Self::Allowed { .. } => None,
            Self::Wait(wait) => Some(wait),
        }
    }
}

/// Where attempts come from, as far as limits are concerned: an IPv4 address, or an IPv6 /64, which is
/// what one customer of a network gets. Written as `192.0.2.1` or `2001:db8::/64`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// One IPv4 address.
    Four(u32),
    /// The upper half of IPv6 addresses.
    Six(u64),
}

impl Source {
    /// The source an address belongs to; an IPv4 address written as IPv6 counts as IPv4.
    pub const fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(four) => Self::Four(four.to_bits()),
            IpAddr::V6(six) => Self::Six((six.to_bits() >> 64) as u64),
        }
    }

    /// The address, or the first one of the network.
    pub const fn address(self) -> IpAddr {
        match self {
            Self::Four(bits) => IpAddr::V4(std::net::Ipv4Addr::from_bits(bits)),
            Self::Six(bits) => IpAddr::V6(Ipv6Addr::from_bits((bits as u128) << 64)),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Four(_) => write!(f, "{}", self.address()),
            Self::Six(_) => write!(f, "{}/64", self.address()),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// On whom failures are counted beside their source: always the stored thing, never a spelling of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// An account, whatever name or address it was called by.
    Account(AccountId),
    /// A key of ours, by its public id.
    Key(KeyId),
    /// A name that no account has, by a keyed digest: attempts on it are counted like any other.
    Name(NameDigest),
}

/// Sixteen bytes of the keyed digest of a name. Written as 32 hexadecimal characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NameDigest(pub [u8; 16]);

impl fmt::Display for NameDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for NameDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for NameDigest {
    type Err = NotAParty;

    fn from_str(text: &str) -> Result<Self, NotAParty> {
        let plain = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let number = u128::from_str_radix(text, 16).ok().filter(|_| plain).ok_or(NotAParty)?;
        Ok(Self(number.to_be_bytes()))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => write!(f, "account {id}"),
            Self::Key(id) => write!(f, "key {id}"),
            Self::Name(name) => write!(f, "name {name}"),
        }
    }
}

/// One side of a failed attempt. Written as `source 192.0.2.1`, `account 0192…`, `key 3fQ…` or
/// `name 9f86…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Party {
    /// Where it came from.
    Source(Source),
    /// On whom it was made.
    Subject(Subject),
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(source) => write!(f, "source {source}"),
            Self::Subject(subject) => subject.fmt(f),
        }
    }
}

/// The text names neither a source nor a subject.
#[derive(Debug, thiserror::Error)]
#[error("is not a source (192.0.2.1, 2001:db8::/64), a key id, an account id or \"name\" with its digest")]
pub struct NotAParty;

/// Reads what is printed, also without the leading word: addresses, account ids and key ids cannot be
/// taken for each other.
impl FromStr for Party {
    type Err = NotAParty;

    fn from_str(text: &str) -> Result<Self, NotAParty> {
        if let Some(name) = text.strip_prefix("name ") {
            return name.trim().parse().map(|name| Self::Subject(Subject::Name(name)));
        }
        let bare = ["source ", "account ", "key "].iter().find_map(|word| text.strip_prefix(word));
        let bare = bare.unwrap_or(text).trim();
        if let Ok(address) = bare.strip_suffix("/64").unwrap_or(bare).parse() {
            return Ok(Self::Source(Source::of(address)));
        }
        if let Some(key) = KeyId::from_ascii(bare.as_bytes()) {
            return Ok(Self::Subject(Subject::Key(key)));
        }
        bare.parse().map(|id| Self::Subject(Subject::Account(id))).map_err(|_| NotAParty)
    }
}

/// What one count is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bucket<'a> {
    /// Failed attempts of or on one party, at all doors together.
    Failures(Party),
    /// Requests on the route of this name: of one account or key, or of everybody together.
    Requests(&'a str, Option<Subject>),
    /// What one source asks for under this name, where asking is free of risk but not of cost.
    Wishes(&'a str, Source),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_an_address_or_a_64() {
        let source = |text: &str| Source::of(text.parse().unwrap());
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:1"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
        assert_eq!(source("192.0.2.1"), source("::ffff:192.0.2.1"));
        assert_eq!(source("2001:db8::1").to_string(), "2001:db8::/64");
    }

    #[test]
    fn parties_are_read_back_as_printed() {
        let parties = [
            Party::Source(Source::of("192.0.2.1".parse().unwrap())),
            Party::Source(Source::of("2001:db8:1:2:3::4".parse().unwrap())),
            Party::Source(Source::of("::1".parse().unwrap())),
            Party::Subject(Subject::Key(KeyId::from_ascii(b"abcDEF123456").unwrap())),
            Party::Subject(Subject::Account(AccountId::mint())),
            Party::Subject(Subject::Name(NameDigest([0x0f; 16]))),
        ];
        for party in parties {
            assert_eq!(party.to_string().parse::<Party>().unwrap(), party);
        }
        assert!("abcDEF123456".parse::<Party>().is_ok());
        assert!("nobody".parse::<Party>().is_err());
    }
}

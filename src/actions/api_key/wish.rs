//! What somebody wants a key to be, and whether their standing and the policy allow it.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use crate::config::{Config, Keys};
use crate::model::account::{AccountKind, AccountStatus};
use crate::model::api_key::{ApiKey, KeyAudience, KeyKind};
use crate::model::credentials::Credentials;
use crate::model::grant::Standing;
use crate::model::id::OrganisationId;
use crate::model::role::Permissions;
use crate::model::shown_name::keeps_the_line;
use crate::time::Timestamp;

/// A key as wanted. Whose it will be is no part of it: that comes from who acts.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Its name, unique among the owner's live keys.
    pub name: KeyName,
    /// Which doors it opens.
    pub audience: KeyAudience,
    /// What it carries: one set, or a list among which each request picks.
    pub credentials: Vec<Credentials>,
    /// Rights within the role; `None` is all of it.
    pub rights: Option<Permissions>,
    /// How long it works.
    pub life: Life,
    /// Where it works from; nothing is anywhere.
    pub networks: Vec<IpNet>,
}

/// How long a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// As long as the policy says where nobody asked.
    Usual,
    /// As long as the policy allows.
    Longest,
    /// Until it is revoked.
    Endless,
    /// So long from now on.
    For(Duration),
    /// Until then.
    Until(Timestamp),
}

/// The name of a key: one line of 1 to 64 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName(Arc<str>);

/// Longest name in characters.
const NAME_LEN: usize = 64;

impl KeyName {
    /// The name of an existing key.
    pub(super) fn of(key: &ApiKey) -> Self {
        Self(key.name.clone())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn shared(&self) -> Arc<str> {
        self.0.clone()
    }
}

impl std::str::FromStr for KeyName {
    type Err = KeyRule;
    fn from_str(text: &str) -> Result<Self, KeyRule> {
        let text = text.trim();
        let fits = (1..=NAME_LEN).contains(&text.chars().count());
        if fits && text.chars().all(keeps_the_line) { Ok(Self(text.into())) } else { Err(KeyRule::Name) }
    }
}

/// A rule that a wanted key breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRule {
    /// A name is one short line.
    #[error("a key's name has 1 to 64 characters and no control characters")]
    Name,
    /// A key without credentials opens nothing.
    #[error("a key needs credentials: name at least one platform/organisation/space/role")]
    NoCredentials,
    /// The owner does not hold these.
    #[error("the owner does not hold {0}")]
    NotHeld(Credentials),
    /// Listed twice.
    #[error("{0} is listed twice")]
    Twice(Credentials),
    /// The role of one of the credentials does not have them all.
    #[error("the role of {0} does not have all of these rights")]
    Rights(Credentials),
    /// Longer than the policy allows, which is the figure, in days.
    #[error("keys may live for at most {0} days here")]
    TooLong(u64),
    /// It would be over at once.
    #[error("the end lies in the past")]
    Past,
    /// Only service keys open the API.
    #[error("only keys of service accounts can be for the API")]
    Audience,
    /// The owner is suspended or closed.
    #[error("the owner is not active")]
    OwnerInactive,
    /// nothing durable before the address is proved.
    #[error("the owner has not proved the e-mail address yet")]
    OwnerNotValidated,
    /// Nothing is left to do with it.
    #[error("the key works no more")]
    Ended,
    /// It is being replaced.
    #[error("the key has a successor already")]
    Replaced,
}

impl Wish {
    /// The kind of key that this owner gets, when the wish is within what the owner may have.
    pub(super) fn allowed_for(
        &self,
        owner: &Standing,
        config: &Config,
        now: Timestamp,
    ) -> Result<KeyKind, KeyRule> {
        let account = &owner.account;
        if account.status != AccountStatus::Active {
            return Err(KeyRule::OwnerInactive);
        }
        let kind = match account.kind {
            AccountKind::Person if !account.validated => return Err(KeyRule::OwnerNotValidated),
            AccountKind::Person => KeyKind::Personal,
            AccountKind::Service(_) => KeyKind::Service,
        };
        if self.audience == KeyAudience::Api && kind != KeyKind::Service {
            return Err(KeyRule::Audience);
        }
        if self.credentials.is_empty() {
            return Err(KeyRule::NoCredentials);
        }
        for (at, wanted) in self.credentials.iter().enumerate() {
            if self.credentials.iter().skip(at + 1).any(|other| other == wanted) {
                return Err(KeyRule::Twice(wanted.clone()));
            }
            self.covered(wanted, owner, config, now)?;
        }
        Ok(kind)
    }

    fn covered(
        &self,
        wanted: &Credentials,
        owner: &Standing,
        config: &Config,
        now: Timestamp,
    ) -> Result<(), KeyRule> {
        let role = config.roles.by_slug(&wanted.role).ok_or_else(|| KeyRule::NotHeld(wanted.clone()))?;
        if owner.covers(wanted, &config.roles, now).is_none() {
            return Err(KeyRule::NotHeld(wanted.clone()));
        }
        match self.rights {
            Some(rights) if !rights.within(role.permissions) => Err(KeyRule::Rights(wanted.clone())),
            Some(_) | None => Ok(()),
        }
    }

    /// The organisation that the key is noted under: that of its first credentials.
    pub(super) fn organisation(&self, owner: &Standing) -> Option<OrganisationId> {
        let first = self.credentials.first()?;
        owner.organisations.iter().find(|home| home.slug == first.organisation).map(|home| home.id)
    }
}

impl Life {
    /// When a key made now ends, as the policy allows.
    pub(super) fn end(self, policy: &Keys, now: Timestamp) -> Result<Option<Timestamp>, KeyRule> {
        const DAY: u64 = 86_400;
        let latest = policy.longest_lifetime.map(|longest| now.plus(longest));
        let end = match self {
            Self::Usual => {
                let usual = policy.default_lifetime.map(|usual| now.plus(usual));
                return Ok(usual.into_iter().chain(latest).min());
            }
            Self::Longest => return Ok(latest),
            Self::Endless => None,
            Self::For(life) => Some(now.plus(life)),
            Self::Until(end) => Some(end),
        };
        let too_long =
            || KeyRule::TooLong(policy.longest_lifetime.map_or(0, |longest| longest.as_secs() / DAY));
        match (end, latest) {
            (Some(end), _) if end <= now => Err(KeyRule::Past),
            (Some(end), Some(latest)) if end > latest => Err(too_long()),
            (None, Some(_)) => Err(too_long()),
            (end, _) => Ok(end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);
    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn policy(default_days: u32, longest_days: u32) -> Keys {
        let days = |days| (days > 0).then(|| DAY * days);
        Keys { default_lifetime: days(default_days), longest_lifetime: days(longest_days), cache_entries: 1 }
    }

    #[test]
    fn a_life_is_what_was_asked_for_within_what_is_allowed() {
        let end = |life: Life, default, longest| life.end(&policy(default, longest), NOW);
        assert_eq!(end(Life::Usual, 90, 365), Ok(Some(NOW.plus(DAY * 90))));
        assert_eq!(end(Life::Usual, 90, 30), Ok(Some(NOW.plus(DAY * 30))));
        assert_eq!(end(Life::Usual, 0, 30), Ok(Some(NOW.plus(DAY * 30))));
        assert_eq!(end(Life::Usual, 0, 0), Ok(None));
        assert_eq!(end(Life::Longest, 90, 0), Ok(None));
        assert_eq!(end(Life::Endless, 90, 0), Ok(None));
        assert_eq!(end(Life::Endless, 90, 365), Err(KeyRule::TooLong(365)));
        assert_eq!(end(Life::For(DAY * 365), 90, 365), Ok(Some(NOW.plus(DAY * 365))));
        assert_eq!(end(Life::For(DAY * 366), 90, 365), Err(KeyRule::TooLong(365)));
        assert_eq!(end(Life::Until(NOW), 90, 365), Err(KeyRule::Past));
    }

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(" my laptop ".parse::<KeyName>().unwrap().as_str(), "my laptop");
        assert_eq!("ä".repeat(64).parse::<KeyName>().unwrap().as_str().len(), 128);
        for bad in ["", "  ", "a\nb", "\u{7f}x", "a\u{202e}b", &"a".repeat(65)] {
            assert_eq!(bad.parse::<KeyName>(), Err(KeyRule::Name), "{bad:?}");
        }
    }
}

//! Accounts: people, and services that belong to an organisation.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::id::{AccountId, OrganisationId};
use crate::time::Timestamp;

/// A person or a service that can be identified.
#[derive(Debug, Clone)]
pub struct Account {
    /// Immutable identifier.
    pub id: AccountId,
    /// Immutable name, unique among people and services together.
    pub user_name: UserName,
    /// Address with an ASCII (A-label) domain; services have none.
    pub email: Option<Arc<str>>,
    /// Name shown to people, any script.
    pub display_name: Arc<str>,
    /// Whether the address was proved.
    pub validated: bool,
    /// Person, or service of an organisation.
    pub kind: AccountKind,
    /// May it be used?
    pub status: AccountStatus,
    /// Deployment-wide office, if any. An office opens no upstream by itself.
    pub office: Option<Office>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Account {
    /// The first letter of the name shown to people, as it stands in for a picture.
    pub fn initial(&self) -> String {
        self.display_name.chars().next().map(|first| first.to_uppercase().to_string()).unwrap_or_default()
    }
}

/// What stands behind an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// A human being.
    Person,
    /// A program of this organisation: no factors, owner of `pcs_` keys.
    Service(OrganisationId),
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStatus {
    /// In use.
    Active,
    /// Stopped for a while; nothing of it works.
    Suspended,
    /// Ended; its keys and sessions never come back.
    Closed,
}

/// A deployment-wide office.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Office {
    /// Runs the deployment.
    Administrator,
    /// Invites, releases addresses, starts resets.
    Support,
}

macro_rules! words {
    ($type:ty { $($variant:path => $word:literal),* $(,)? }) => {
        impl $type {
            /// The word used in storage, CLI and API.
            pub const fn as_str(self) -> &'static str {
                match self { $($variant => $word),* }
            }

            /// Reads the word back; `None` when it is no such word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some($variant),)* _ => None }
            }
        }
    };
}
pub(crate) use words;

words!(AccountStatus { Self::Active => "active", Self::Suspended => "suspended", Self::Closed => "closed" });
words!(Office { Self::Administrator => "administrator", Self::Support => "support" });

/// A user name: `[a-z0-9][a-z0-9._-]{1,62}`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(Arc<str>);

/// The text is not a user name.
#[derive(Debug, thiserror::Error)]
#[error(
    "is not a user name: 2 to 63 characters of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit"
)]
pub struct NotAUserName;

impl UserName {
    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserName {
    type Err = NotAUserName;
    fn from_str(text: &str) -> Result<Self, NotAUserName> {
        let begins = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
        if (2..=63).contains(&text.len()) && begins && plain {
            Ok(Self(text.into()))
        } else {
            Err(NotAUserName)
        }
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

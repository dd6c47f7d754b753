//! Identifiers: UUID version 7 behind a type per noun, so that one cannot stand for another.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// The text is not a UUID.
#[derive(Debug, thiserror::Error)]
#[error("is not an identifier (36 characters, as 0192d3a0-…)")]
pub struct NotAnId;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh identifier: time-ordered, never used before.
            pub fn mint() -> Self {
                Self(Uuid::now_v7())
            }

            /// The sixteen bytes.
            pub const fn bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Uuid::try_parse(text).map(Self).map_err(|_| NotAnId)
            }
        }
    )*};
}

id! {
    /// An [`Account`](super::account::Account): person or service.
    AccountId;
    /// An organisation.
    OrganisationId;
    /// A space of one organisation.
    SpaceId;
    /// A grant.
    GrantId;
    /// A session (public; not the token in its cookie).
    SessionId;
    /// A factor of an account.
    FactorId;
    /// An invitation.
    InvitationId;
    /// A sign-up that waits for its code.
    SignUpId;
    /// A mailed or printed one-time link.
    EmailLinkId;
    /// A change of an account's address.
    AddressChangeId;
    /// A letter or event waiting to be sent.
    OutboxId;
    /// An event that platforms are told of.
    EventId;
    /// A webhook: an address of a platform that events are sent to.
    WebhookId;
    /// One event on its way to one webhook.
    DeliveryId;
}

//! The shapes of events, one for each kind. They hold what a platform needs for letting people in or not: who, and
//! under which name. No secrets, and nothing of what the account holds elsewhere.

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::account::{Account, AccountKind};
use crate::model::event::EventKind;
use crate::time::Timestamp;

/// What every event says: what happened, when, and to whom.
#[derive(Debug, Serialize)]
pub struct Message<T> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: T,
}

/// An account as platforms know it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventAccount {
    /// Its id, for good.
    #[schema(format = "uuid")]
    pub id: String,
    /// `person` or `service`.
    #[schema(pattern = "^(person|service)$")]
    pub kind: &'static str,
    /// Its name, as in `X-Forwarded-User`; `null` once it is erased.
    pub user_name: Option<String>,
    /// Its address, with an ASCII domain; `null` where it has none.
    pub email: Option<String>,
    /// The name shown to people.
    pub display_name: Option<String>,
    /// Whether the address was proved.
    pub validated: bool,
    /// `active`, `suspended` or `closed`.
    #[schema(pattern = "^(active|suspended|closed)$")]
    pub status: &'static str,
}

/// What `account.…` speaks of.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountEvent {
    /// The account as it is now.
    pub account: EventAccount,
    /// Whether it was erased: whatever is known of this person should go.
    pub erased: bool,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventSession {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
}

/// What `session.ended` speaks of.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionEvent {
    /// Whose it was.
    pub account: EventAccount,
    /// The session.
    pub session: EventSession,
}

/// A key.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventKey {
    /// Its public id, as in `X-Portcullis-Key-Id`.
    pub id: String,
    /// When it stops working; a key that was replaced may go on for a while.
    #[schema(format = "date-time")]
    pub ends_at: String,
}

/// What `key.revoked` speaks of.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyEvent {
    /// Whose it was.
    pub account: EventAccount,
    /// The key.
    pub key: EventKey,
}

/// Where a grant reaches. `null` is each: each space, each entitled platform, each role.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventGrant {
    /// Its id; `null` where more than one is concerned.
    #[schema(format = "uuid")]
    pub id: Option<String>,
    /// Slug of the organisation.
    pub organisation: String,
    /// Slug of the space.
    pub space: Option<String>,
    /// Slug of the role.
    pub role: Option<String>,
    /// Slug of the platform.
    pub platform: Option<String>,
    /// When it begins to count.
    #[schema(format = "date-time")]
    pub starts_at: Option<String>,
    /// When it ceases to count.
    #[schema(format = "date-time")]
    pub ends_at: Option<String>,
}

/// What `grant.changed` speaks of.
#[derive(Debug, Serialize, ToSchema)]
pub struct GrantEvent {
    /// `added` or `removed`.
    #[schema(pattern = "^(added|removed)$")]
    pub change: &'static str,
    /// Who holds it; `null` where everybody in the organisation is concerned.
    pub account: Option<EventAccount>,
    /// What was given or taken.
    pub grant: EventGrant,
}

/// What `test.ping` speaks of.
#[derive(Debug, Serialize, ToSchema)]
pub struct PingEvent {
    /// The platform whose webhook is tried.
    pub platform: String,
}

impl<T: Serialize> Message<T> {
    /// An event of a kind, at a moment.
    pub fn of(kind: EventKind, at: Timestamp, data: T) -> Self {
        Self { kind: kind.as_str(), timestamp: at.to_string(), data }
    }

    /// What is sent.
    ///
    /// # Errors
    /// Never for the shapes of this file.
    pub fn body(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

impl From<&Account> for EventAccount {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.to_string(),
            kind: match account.kind {
                AccountKind::Person => "person",
                AccountKind::Service(_) => "service",
            },
            user_name: Some(account.user_name.to_string()),
            email: account.email.as_deref().map(str::to_owned),
            display_name: Some(account.display_name.to_string()),
            validated: account.validated,
            status: account.status.as_str(),
        }
    }
}

impl EventAccount {
    /// The same without who it is.
    #[must_use]
    pub fn nameless(self) -> Self {
        Self { user_name: None, email: None, display_name: None, ..self }
    }
}

/// An event as it was said, without who it is about: for those that wait or are kept when a person is erased.
///
/// # Errors
/// When it is no event.
pub fn without_names(body: &str) -> Result<String, serde_json::Error> {
    let mut event: serde_json::Value = serde_json::from_str(body)?;
    if let Some(account) = event.pointer_mut("/data/account").and_then(serde_json::Value::as_object_mut) {
        for name in ["user_name", "email", "display_name"] {
            account.insert(name.to_owned(), serde_json::Value::Null);
        }
    }
    serde_json::to_string(&event)
}

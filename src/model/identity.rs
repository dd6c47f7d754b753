//! Identity: who a request is, once that is known, and under which credentials it works.

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwapOption;
use http::{HeaderName, HeaderValue};

use super::api_key::KeyId;
use super::credentials::Credentials;
use super::grant::Standing;
use super::id::{AccountId, SessionId};
use super::role::{Permissions, Rank};
use super::session::Method;
use super::slug::Slug;
use crate::time::Timestamp;

/// Who a request is.
#[derive(Debug)]
pub struct Identity {
    /// The account and all it holds.
    pub standing: Arc<Standing>,
    /// What it presented.
    pub presented: Presented,
    /// The credentials it works under on the route's platform; `None` where the route asks for none
    /// and none was chosen.
    pub credentials: Option<Arc<Credentials>>,
    /// When this identity ceases to hold by itself: the end of key, session or grant. Streams end then.
    pub until: Option<Timestamp>,
    /// The rank of the credentials' role.
    pub rank: Option<Rank>,
    /// Whether the request picked them among several that its key carries.
    pub was_picked: bool,
    /// What it may do under those credentials.
    pub permissions: Permissions,
    /// When the person last proved who they are; `None` for keys.
    pub authenticated_at: Option<Timestamp>,
    /// How they did (RFC 8176 words); empty for keys.
    pub methods: Vec<Arc<str>>,
    /// The platform whose route asked.
    pub platform: Slug,
    /// Identity fields as they are sent to an app, one rendering per profile, made when first needed.
    pub rendered: [OnceLock<Vec<(HeaderName, HeaderValue)>>; 3],
    /// The signed assertion in use and when it must not be used any more.
    pub assertion: ArcSwapOption<(Timestamp, HeaderValue)>,
}

impl Identity {
    /// The key that proved it, if it was one.
    pub const fn key_id(&self) -> Option<KeyId> {
        match self.presented {
            Presented::Key(id) => Some(id),
            Presented::Session(_) => None,
        }
    }

    /// The groups of its credentials, from wide to narrow: `role`, `organisation/role`,
    /// `organisation/space/role`.
    pub fn groups(&self) -> Vec<String> {
        let Some(credentials) = &self.credentials else { return Vec::new() };
        let Credentials { organisation, space, role, .. } = &**credentials;
        vec![role.to_string(), format!("{organisation}/{role}"), format!("{organisation}/{space}/{role}")]
    }
}

/// A credential that was seen on a request which was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Which one.
    pub credential: Presented,
    /// Whose it is; `None` where nobody proved to hold it.
    pub account: Option<AccountId>,
}

/// The credential that proved an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presented {
    /// A session.
    Session(SessionId),
    /// A key.
    Key(KeyId),
}

impl Presented {
    /// The kind of credential.
    pub const fn method(self) -> Method {
        match self {
            Self::Session(_) => Method::Session,
            Self::Key(_) => Method::Key,
        }
    }
}

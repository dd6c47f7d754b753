//! Identity: who a request is, once that is known, and under which credentials it works.

use std::sync::Arc;

use super::api_key::KeyId;
use super::credentials::Credentials;
use super::grant::Standing;
use super::id::SessionId;
use super::session::Method;
use crate::time::Timestamp;

/// Who a request is.
#[derive(Debug, Clone)]
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

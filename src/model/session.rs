//! Sessions: a person signed in, with one cookie per protected host and one row for all of them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::account::words;
use super::credentials::Credentials;
use super::id::{AccountId, SessionId};
use crate::time::Timestamp;

/// A session as stored. Its tokens are stored only as digests.
#[derive(Debug, Clone)]
pub struct Session {
    /// Public identifier, as listed.
    pub id: SessionId,
    /// Who is signed in.
    pub account: AccountId,
    /// When it began.
    pub created_at: Timestamp,
    /// When the person last proved who they are (step-up renews it).
    pub authenticated_at: Timestamp,
    /// How, e.g. `pwd`, `otp`, `hwk` (RFC 8176 words).
    pub methods: Vec<Arc<str>>,
    /// Last use known to the store, at minute precision.
    pub last_seen_at: Timestamp,
    /// Longest pause; after it the session is over.
    pub idle: Duration,
    /// When it is over whatever happens.
    pub ends_at: Timestamp,
    /// When it was ended early.
    pub ended_at: Option<Timestamp>,
    /// Chosen credentials, at most one per platform.
    pub chosen: Vec<Credentials>,
    /// The host whose cookie was presented (each token belongs to one host).
    pub host: Arc<str>,
    /// `User-Agent` at sign-in, shown in the list of sessions; at most 200 characters.
    pub device: Arc<str>,
    /// The client's address at sign-in; none where an operator began it.
    pub address: Option<IpAddr>,
}

impl Session {
    /// Whether the session lives at this moment, given the last use the gate knows of.
    pub fn is_live(&self, now: Timestamp, last_seen: Timestamp) -> bool {
        self.ended_at.is_none_or(|end| now < end) && now < self.ends_at && now.since(last_seen) < self.idle
    }
}

/// How a request proved who is calling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// A session cookie.
    Session,
    /// An API key.
    Key,
}

words!(Method { Self::Session => "session", Self::Key => "key" });

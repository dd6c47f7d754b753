//! The terms of sending, and what is known about a request that got no answer.

use http::Request;

use super::error::SendError;
use super::signs::{Patience, Watched};

/// Whatever a body failed with.
pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// When a request may be sent a second time. One that was never written may be in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Only if nothing of it was written.
    Unsent,
    /// Also, once, if a connection that had been idle died under it without a byte in answer, provided its
    /// method is idempotent and it has no body.
    Idempotent,
}

/// How one attempt is made.
pub(super) struct Terms<'a> {
    pub(super) retry: Retry,
    pub(super) patience: Patience<'a>,
    /// Use no pooled connection.
    pub(super) fresh: bool,
    pub(super) preserve_header_case: bool,
}

/// A request that got no answer.
pub(super) struct Missed<B> {
    pub(super) error: SendError,
    /// The request, if it may be sent again.
    pub(super) again: Option<Request<Watched<B>>>,
    /// Whether the connection had served before: then the target is not to blame.
    pub(super) reused: bool,
}

impl<B> Missed<B> {
    /// One that is not tried again.
    pub(super) const fn for_good(error: SendError) -> Self {
        Self { error, again: None, reused: false }
    }
}

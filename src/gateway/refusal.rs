//! Why a request was turned away: what it is called in logs, whose fault it is, and the problem that the
//! caller is told.

use std::time::Duration;

use http::{HeaderValue, StatusCode};

use super::body::BodyError;
use super::host::BadHost;
use super::path::BadPath;
use super::pool::SendError;
use super::quota::QuotaVerdict;
use super::request_headers::BadFields;
use crate::auth::error::AuthError;
use crate::web::problem::Problem;
use crate::web::problem_of;

/// Why a request was turned away.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Its host is missing, doubled or malformed.
    #[error(transparent)]
    Host(#[from] BadHost),
    /// Its path could be read in two ways.
    #[error(transparent)]
    Path(#[from] BadPath),
    /// Its fields could be read in two ways.
    #[error(transparent)]
    Fields(#[from] BadFields),
    /// A method that no gateway passes on (`CONNECT`, `TRACE`).
    #[error("the method is not passed on")]
    Method,
    /// The host is none of ours, or not one of this connection's (421).
    #[error("the host is not served on this connection")]
    Misdirected,
    /// Nothing is served at this path.
    #[error("no route")]
    NoRoute,
    /// Something is, by other methods.
    #[error("no route for this method")]
    NoMethod(HeaderValue),
    /// An upgrade that is not passed on.
    #[error("the upgrade is not passed on")]
    Upgrade,
    /// Not admitted.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// A request quota is used up.
    #[error("a request quota is used up")]
    Quota(Box<QuotaVerdict>),
    /// The body is longer than the route allows.
    #[error("the body is longer than the route allows")]
    TooLong,
    /// The client stopped sending its body.
    #[error("the body was not sent")]
    Body(#[source] BodyError),
    /// The app did not answer.
    #[error(transparent)]
    Upstream(#[from] SendError),
}

/// Whose fault a refusal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The caller's.
    Caller,
    /// The app's.
    Upstream,
    /// Ours.
    Gate,
}

impl Refusal {
    /// Whose fault it is: the level of the log line follows from it.
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Upstream(SendError::Body(_) | SendError::Cut) => Fault::Caller,
            Self::Upstream(_) => Fault::Upstream,
            Self::Auth(AuthError::Unavailable(_)) => Fault::Gate,
            _ => Fault::Caller,
        }
    }

    /// Whether nothing more should be read on an HTTP/1.1 connection: what follows may not be a request.
    pub const fn ends_connection(&self) -> bool {
        matches!(
            self,
            Self::Host(_) | Self::Fields(_) | Self::TooLong | Self::Body(_) | Self::Method | Self::Upgrade
        )
    }

    /// What the quotas say, where one of them was the reason.
    pub fn quota(&self) -> Option<QuotaVerdict> {
        match self {
            Self::Quota(verdict) => Some(**verdict),
            _ => None,
        }
    }

    /// A stable word for logs, metrics and `explain`.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Host(BadHost::Missing) => "host-missing",
            Self::Host(BadHost::Several) => "host-doubled",
            Self::Host(BadHost::Malformed) => "host-malformed",
            Self::Path(_) => "path-ambiguous",
            Self::Fields(BadFields::TooMany) => "fields-many",
            Self::Fields(_) => "fields-ambiguous",
            Self::Method => "method-refused",
            Self::Misdirected => "misdirected",
            Self::NoRoute => "no-route",
            Self::NoMethod(_) => "no-method",
            Self::Upgrade => "upgrade-refused",
            Self::Auth(error) => error.reason(),
            Self::Quota(..) => "quota",
            Self::TooLong => "body-too-long",
            Self::Body(_) | Self::Upstream(SendError::Body(_)) => "body-broken",
            Self::Upstream(SendError::NoTarget) => "upstream-no-target",
            Self::Upstream(SendError::Busy) => "upstream-busy",
            Self::Upstream(SendError::Connect(_)) => "upstream-connect",
            Self::Upstream(SendError::Timeout(_)) => "upstream-timeout",
            Self::Upstream(SendError::Broken(_)) => "upstream-broken",
            Self::Upstream(SendError::Cut) => "cut",
        }
    }

    /// What the caller is told.
    pub fn problem(self) -> Problem {
        let problem = |status, slug| Problem::new(status, slug);
        match self {
            Self::Host(_) => problem(StatusCode::BAD_REQUEST, "bad-host"),
            Self::Path(_) => problem(StatusCode::BAD_REQUEST, "bad-path"),
            Self::Fields(BadFields::Expectation) => {
                problem(StatusCode::EXPECTATION_FAILED, "bad-expectation")
            }
            Self::Fields(BadFields::TooMany) => {
                problem(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "too-many-fields")
            }
            Self::Fields(_) => problem(StatusCode::BAD_REQUEST, "bad-fields"),
            Self::Method => problem(StatusCode::NOT_IMPLEMENTED, "method-not-passed"),
            Self::Misdirected => problem(StatusCode::MISDIRECTED_REQUEST, "misdirected"),
            Self::NoRoute => problem(StatusCode::NOT_FOUND, "not-found"),
            Self::NoMethod(allow) => Problem {
                allow: Some(allow),
                ..problem(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed")
            },
            Self::Upgrade => problem(StatusCode::BAD_REQUEST, "bad-upgrade"),
            Self::Auth(error) => problem_of::auth(error),
            Self::Quota(_) => problem(StatusCode::TOO_MANY_REQUESTS, "quota"),
            Self::TooLong => problem(StatusCode::PAYLOAD_TOO_LARGE, "body-too-long"),
            Self::Body(_) | Self::Upstream(SendError::Body(_)) => {
                problem(StatusCode::BAD_REQUEST, "body-broken")
            }
            Self::Upstream(SendError::Timeout(_)) => problem(StatusCode::GATEWAY_TIMEOUT, "app-timeout"),
            Self::Upstream(SendError::Busy) => Problem {
                retry_after: Some(Duration::from_secs(1)),
                ..problem(StatusCode::SERVICE_UNAVAILABLE, "app-busy")
            },
            Self::Upstream(SendError::NoTarget | SendError::Connect(_) | SendError::Broken(_)) => {
                problem(StatusCode::BAD_GATEWAY, "app-unreachable")
            }
            Self::Upstream(SendError::Cut) => problem(StatusCode::FORBIDDEN, "cut"),
        }
    }
}

//! Routes: host and path (and methods), who may enter, and where they lead.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};

use super::quota::Quota;
use super::role::Rank;
use super::slug::Slug;
use super::upstream::Upstream;

/// One route with everything that is decided about it before a request comes.
#[derive(Debug, Clone)]
pub struct Route {
    /// Its name in configuration, logs and metrics.
    pub name: Arc<str>,
    /// Hosts it answers for, lower-case, without port; empty is every configured host.
    pub hosts: Vec<Arc<str>>,
    /// Path, matched on the normal form.
    pub path: PathRule,
    /// Methods it takes; empty is all.
    pub methods: Vec<Method>,
    /// The platform it belongs to.
    pub platform: Slug,
    /// Who may enter.
    pub access: Access,
    /// Which credentials it takes.
    pub accepts: Accepts,
    /// What is done with `Authorization`.
    pub authorization: Authorization,
    /// Why its access cannot be decided; then it answers 503.
    pub broken: Option<Arc<str>>,
    /// How the path is treated.
    pub path_policy: PathPolicy,
    /// Names of the identity headers.
    pub headers: HeaderProfile,
    /// The signed assertion.
    pub assertion: Assertion,
    /// Cross-origin rules; `None` lets preflights through to the app without identity.
    pub cors: Option<Cors>,
    /// Headers set on every response of the app.
    pub response_headers: Vec<(HeaderName, HeaderValue)>,
    /// Bodies.
    pub body: BodyPolicy,
    /// Request quota of everybody together, and of each key or account.
    pub quotas: RouteQuotas,
    /// Where it leads.
    pub destination: Destination,
}

impl Route {
    /// A route with every default, to the echo app on the whole of every host, as platform `echo`.
    pub fn to_echo(name: &str) -> Self {
        Self {
            name: name.into(),
            hosts: Vec::new(),
            path: PathRule::Prefix("/".into()),
            methods: Vec::new(),
            platform: Slug::literal("echo"),
            access: Access::Member(Demands::default()),
            accepts: Accepts { session: true, key: true },
            authorization: Authorization::Consume,
            broken: None,
            path_policy: PathPolicy::default(),
            headers: HeaderProfile::Forwarded,
            assertion: Assertion::Shared,
            cors: None,
            response_headers: Vec::new(),
            body: BodyPolicy { limit: None, buffer: false, websocket: true, response: None },
            quotas: RouteQuotas::default(),
            destination: Destination::Echo,
        }
    }

    /// Whether the route takes this method.
    pub fn takes(&self, method: &Method) -> bool {
        self.methods.is_empty() || self.methods.contains(method)
    }
}

/// How a route's path is matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathRule {
    /// This path and everything below it, on segment borders.
    Prefix(Arc<str>),
    /// Exactly this path.
    Exact(Arc<str>),
}

impl PathRule {
    /// The path as configured, in normal form.
    pub fn text(&self) -> &str {
        match self {
            Self::Prefix(path) | Self::Exact(path) => path,
        }
    }
}

/// Who may enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Everybody; nothing is examined, nothing is told to the app.
    Public,
    /// Everybody; an identity is told if there is one. A bad key is still refused.
    Optional,
    /// Every active account.
    SignedIn(Demands),
    /// Holders of usable credentials on the platform.
    Member(Demands),
    /// Holders of credentials of at least this rank.
    Role(Rank, Demands),
}

impl Access {
    /// Whether it takes credentials on the platform, and not merely somebody or nobody.
    pub const fn needs_credentials(&self) -> bool {
        matches!(self, Self::Member(_) | Self::Role(..))
    }
}

/// What a route demands beyond its access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demands {
    /// The account's address must be validated.
    pub validated: bool,
    /// Authentication at most this old (sessions).
    pub max_age: Option<Duration>,
}

/// Which credentials a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepts {
    /// Session cookies.
    pub session: bool,
    /// API keys.
    pub key: bool,
}

/// What is done with the `Authorization` field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorization {
    /// Read as a key and removed.
    Consume,
    /// Passed on unread, for apps with their own.
    Ignore,
}

/// How a route treats unusual paths.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathPolicy {
    /// Bytes that may stand percent-encoded although refused by default (e.g. `/` for `%2F`).
    pub allow_encoded: Vec<u8>,
    /// Whether `//` is allowed.
    pub allow_double_slash: bool,
    /// Prefix removed before the upstream sees the path.
    pub strip_prefix: Option<Arc<str>>,
    /// Prefix added after stripping.
    pub add_prefix: Option<Arc<str>>,
}

/// Names of identity headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderProfile {
    /// `X-Forwarded-User` and its family, and `X-Portcullis-*`.
    Forwarded,
    /// `Remote-User`, `Remote-Email`, `Remote-Name`, `Remote-Groups`.
    Remote,
    /// `X-Auth-Request-User` and its family.
    AuthRequest,
}

/// The signed assertion sent as `X-Portcullis-Jwt-Assertion`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assertion {
    /// None.
    Off,
    /// One per identity and platform, at most 60 s long, used for at most 30 s.
    Shared,
    /// One per request, with `jti`, method and path hash.
    Request,
}

/// Cross-origin rules of a route.
#[derive(Debug, Clone)]
pub struct Cors {
    /// Origins that may call, as sent by browsers (`https://app.example`).
    pub origins: Vec<Arc<str>>,
    /// Methods allowed beyond the simple ones.
    pub methods: Vec<Method>,
    /// Request headers allowed beyond the simple ones.
    pub headers: Vec<HeaderName>,
    /// Whether cookies and `Authorization` may be sent.
    pub credentials: bool,
    /// How long browsers may remember a preflight.
    pub max_age: Duration,
}

/// Limits of a route's bodies.
#[derive(Debug, Clone, Copy)]
pub struct BodyPolicy {
    /// Longest request body in bytes; `None` is no limit.
    pub limit: Option<u64>,
    /// Whether bodies of unknown length are collected first, so that the app sees a length.
    pub buffer: bool,
    /// Where the methods allow `Upgrade: websocket`.
    pub websocket: bool,
    /// Longest wait for the head of the response; `None` takes the upstream's.
    pub response: Option<Duration>,
}

/// Request quotas of a route.
#[derive(Debug, Clone, Copy, Default)]
pub struct RouteQuotas {
    /// All requests together.
    pub route: Option<Quota>,
    /// Each account.
    pub account: Option<Quota>,
    /// Each key.
    pub key: Option<Quota>,
}

impl RouteQuotas {
    /// Whether nothing is limited.
    pub const fn is_empty(&self) -> bool {
        self.route.is_none() && self.account.is_none() && self.key.is_none()
    }
}

/// Where a route leads.
#[derive(Debug, Clone)]
pub enum Destination {
    /// An app, by index into [`Routing::upstreams`].
    Upstream(usize),
    /// The built-in echo app.
    Echo,
}

/// Every route and upstream of one configuration, as the route table takes it in.
#[derive(Debug, Clone, Default)]
pub struct Routing {
    /// Every host name the gate answers for, lower-case.
    pub hosts: Vec<Arc<str>>,
    /// Routes in order of the file; the longest path wins, not the first.
    pub routes: Vec<Route>,
    /// Upstreams.
    pub upstreams: Vec<Upstream>,
    /// Display titles of platforms by slug.
    pub platforms: HashMap<Slug, String>,
}

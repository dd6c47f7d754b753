//! `[[route]]` as written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Host and path, who may enter, and where it leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Route {
    /// Name in logs and metrics; when absent it is made from host and path.
    #[schemars(example = &"wiki")]
    pub name: Option<String>,
    /// Hosts it answers for; none is every configured host.
    #[schemars(example = &"wiki.example.com")]
    pub hosts: Vec<String>,
    /// The path; of several routes that fit a request, the one with the longest path takes it.
    pub path: String,
    /// Whether everything below the path belongs to the route ("prefix") or only the path itself ("exact").
    #[serde(rename = "match")]
    pub matching: MatchWord,
    /// Methods it takes; none is all.
    pub methods: Vec<String>,
    /// The platform it belongs to; may be left out while there is only one.
    #[schemars(example = &"wiki")]
    pub platform: Option<String>,
    /// Where it leads: the name of an [[upstream]], an address as "http://127.0.0.1:3000", or "echo".
    #[schemars(example = &"http://127.0.0.1:3000")]
    pub upstream: Option<String>,
    /// Who may enter: "public", "optional", "signed-in" or "member".
    pub access: AccessWord,
    /// Only holders of one of these roles, or of a higher one, may enter.
    pub roles: Vec<String>,
    /// Credentials it takes: "session", "key".
    pub accepts: Vec<Credential>,
    /// Whether the account's e-mail address must be validated.
    pub validated: bool,
    /// How old the sign-in of a session may be; "none" is any age.
    pub max_age: String,
    /// What is done with the Authorization header: "consume" reads keys, "ignore" passes it on unread.
    pub authorization: AuthorizationWord,
    /// Names of the identity headers: "forwarded", "remote" or "auth-request".
    pub headers: HeadersWord,
    /// The signed assertion: "off", "shared" by requests of one identity, or one per "request".
    pub assertion: AssertionWord,
    /// Calls from pages of other origins.
    pub cors: Option<Cors>,
    /// Headers set on every response of the app.
    pub response_headers: BTreeMap<String, String>,
    /// Characters that may stand percent-encoded in the path, as "%2F"; refused otherwise.
    pub allow_encoded: Vec<String>,
    /// Whether "//" may stand in the path.
    pub allow_double_slash: bool,
    /// Prefix that is taken off the path before the app sees it.
    #[schemars(example = &"/wiki")]
    pub strip_prefix: Option<String>,
    /// Prefix that is put before the path, after taking off the other.
    #[schemars(example = &"/app")]
    pub add_prefix: Option<String>,
    /// Longest request body; "none" is no limit.
    pub body_limit: String,
    /// Whether request bodies are streamed, or collected first so that the app sees their length ("buffer").
    pub request_body: BodyWord,
    /// Whether WebSockets may be opened.
    pub websocket: bool,
    /// Longest wait for the head of the response; "none" takes the upstream's.
    pub response: String,
    /// Requests of everybody together, as "1000/1s"; "none" is no limit.
    pub quota: String,
    /// Requests of each account.
    pub quota_per_account: String,
    /// Requests of each key.
    pub quota_per_key: String,
}

impl Default for Route {
    fn default() -> Self {
        Self {
            name: None,
            hosts: Vec::new(),
            path: "/".into(),
            matching: MatchWord::Prefix,
            methods: Vec::new(),
            platform: None,
            upstream: None,
            access: AccessWord::Member,
            roles: Vec::new(),
            accepts: vec![Credential::Session, Credential::Key],
            validated: false,
            max_age: "none".into(),
            authorization: AuthorizationWord::Consume,
            headers: HeadersWord::Forwarded,
            assertion: AssertionWord::Shared,
            cors: None,
            response_headers: BTreeMap::new(),
            allow_encoded: Vec::new(),
            allow_double_slash: false,
            strip_prefix: None,
            add_prefix: None,
            body_limit: "none".into(),
            request_body: BodyWord::Stream,
            websocket: true,
            response: "none".into(),
            quota: "none".into(),
            quota_per_account: "none".into(),
            quota_per_key: "none".into(),
        }
    }
}

/// Calls from pages of other origins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// Origins that may call, as "https://app.example.com".
    #[schemars(example = &"https://app.example.com")]
    pub origins: Vec<String>,
    /// Methods allowed beyond GET, HEAD and POST.
    pub methods: Vec<String>,
    /// Request headers allowed beyond the simple ones.
    pub headers: Vec<String>,
    /// Whether cookies and keys may be sent along.
    pub credentials: bool,
    /// How long browsers may remember the answer to a preflight.
    pub max_age: String,
}

impl Default for Cors {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            methods: Vec::new(),
            headers: Vec::new(),
            credentials: false,
            max_age: "10m".into(),
        }
    }
}

/// Who may enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AccessWord {
    /// Everybody; nothing is examined.
    Public,
    /// Everybody; an identity is told if there is one.
    Optional,
    /// Every active account.
    SignedIn,
    /// Holders of usable credentials on the platform.
    Member,
}

/// How the path is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MatchWord {
    /// The path and everything below it.
    Prefix,
    /// The path itself.
    Exact,
}

/// A kind of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// Session cookies.
    Session,
    /// API keys.
    Key,
}

/// What is done with the Authorization header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AuthorizationWord {
    /// Read as a key and removed.
    Consume,
    /// Passed on unread.
    Ignore,
}

/// Names of the identity headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HeadersWord {
    /// X-Forwarded-User and its family.
    Forwarded,
    /// Remote-User and its family.
    Remote,
    /// X-Auth-Request-User and its family.
    AuthRequest,
}

/// The signed assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AssertionWord {
    /// None.
    Off,
    /// One for the requests of an identity within half a minute.
    Shared,
    /// One per request, bound to its method and path.
    Request,
}

/// How request bodies travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BodyWord {
    /// Passed on as they come.
    Stream,
    /// Collected first, up to the limit.
    Buffer,
}

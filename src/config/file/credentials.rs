//! `[session]`, `[password]`, `[key]`, `[failures]` and `[hashing]` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lifetimes of sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Session {
    /// Longest pause between two requests of a session.
    pub idle: String,
    /// Longest life of a session.
    pub absolute: String,
    /// Longest pause of a session that was asked to be remembered.
    pub remembered_idle: String,
    /// Longest life of a session that was asked to be remembered.
    pub remembered_absolute: String,
    /// How long identities that are already known go on while the store cannot be reached; "0s" is not at all.
    pub store_grace: String,
}

/// The first administrator, made once when there is none; without it the start prints a link for that.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FirstAdministrator {
    /// User name, for good.
    #[schemars(example = &"ada")]
    pub user_name: Option<String>,
    /// Where letters go.
    #[schemars(example = &"ada@example.com")]
    pub email: Option<String>,
    /// Password of 15 characters or more; `password_file` is better.
    #[schemars(example = &"a phrase of your own")]
    #[schemars(extend("x-secret" = true))]
    pub password: Option<String>,
    /// File whose first line is the password.
    #[schemars(example = &"/run/secrets/portcullis-first-administrator")]
    pub password_file: Option<String>,
}

/// Policy of API keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Key {
    /// Lifetime of a key for which none is asked; "none" is no end.
    pub default_lifetime: String,
    /// Longest lifetime that may be asked for; "none" is no bound.
    pub longest_lifetime: String,
    /// Known keys kept in memory, and as many unknown ones.
    pub cache_entries: u32,
}

/// Failed attempts that are borne before a source or subject is slowed down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Failures {
    /// Failures from one source (an IPv4 address or an IPv6 /64).
    pub per_source: String,
    /// Failures on one account or key.
    pub per_subject: String,
}

/// Who may make an account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SignUp {
    /// Whether anybody may make an account without an invitation; its address counts as proved only once it is validated.
    pub open: bool,
}

/// Passwords that people choose.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Password {
    /// File of leaked passwords that nobody may choose: one "SHA1HEX:count" a line, in order of the hashes, of any size; a shorter list is built in.
    #[schemars(example = &"pwned-passwords-sha1-ordered-by-hash.txt")]
    pub breached: Option<String>,
}

/// Cost of hashing passwords with argon2id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Hashing {
    /// Memory of one hash.
    pub memory: String,
    /// Passes over that memory.
    pub passes: u16,
    /// Hashes computed at once; 0 is one per core.
    pub at_once: u16,
    /// Hashes that may wait; one more is answered with 503.
    pub waiting: u16,
}

//! `[mail]` and `[links]` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How letters leave the gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// The server that takes letters: "smtps://HOST" (TLS at once), or "smtp://HOST" (STARTTLS, which only loopback may do without); "none" writes letters to `directory`.
    pub server: String,
    /// Name for signing in to the server; absent for a server that asks for none.
    #[schemars(example = &"gate")]
    pub user: Option<String>,
    /// Password for signing in to the server; a secret, so `password_file` is better.
    #[schemars(example = &"SECRET")]
    #[schemars(extend("x-secret" = true))]
    pub password: Option<String>,
    /// File that holds the password for signing in to the server.
    #[schemars(example = &"/run/secrets/portcullis-mail-password")]
    pub password_file: Option<String>,
    /// PEM file with the authorities that vouch for the server; absent means those that the system trusts.
    #[schemars(example = &"mail-authority.pem")]
    pub authorities: Option<String>,
    /// Sender of every letter; absent means no-reply at the host of `public_url`.
    #[schemars(example = &"gate@example.com")]
    pub from: Option<String>,
    /// Where answers to letters go; absent means nowhere else than to the sender.
    #[schemars(example = &"help@example.com")]
    pub reply_to: Option<String>,
    /// Where letters are written while there is no server; a relative path begins at `data`.
    pub directory: String,
    /// Longest time that the server may take for one letter.
    pub deadline: String,
    /// How long a letter is tried again that the server does not take; one with a link that ends sooner is not tried longer than the link lives.
    pub patience: String,
    /// Most letters to one address in an hour that others can cause; notices about one's own account are not counted.
    pub per_address: u32,
    /// Most letters in an hour that one source can cause.
    pub per_source: u32,
    /// Most letters of the whole gate in an hour; more wait.
    pub per_hour: u32,
}

/// How long mailed links work; none may work longer than seven days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Links {
    /// Links that prove an address, and those that delete an account made with somebody else's address.
    pub validation: String,
    /// Links that take back a change of address, or the deletion of an account.
    pub undo: String,
    /// Links that set a new password.
    pub reset: String,
    /// Codes that are typed when signing up.
    pub code: String,
    /// Invitations.
    pub invitation: String,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            server: "none".into(),
            user: None,
            password: None,
            password_file: None,
            authorities: None,
            from: None,
            reply_to: None,
            directory: "letters".into(),
            deadline: "30s".into(),
            patience: "3d".into(),
            per_address: 5,
            per_source: 20,
            per_hour: 1000,
        }
    }
}

impl Default for Links {
    fn default() -> Self {
        Self {
            validation: "7d".into(),
            undo: "7d".into(),
            reset: "60m".into(),
            code: "15m".into(),
            invitation: "7d".into(),
        }
    }
}

//! `[pages]` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the gate's own pages look, and whom they name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pages {
    /// Name of the service, beside its logo and in titles.
    pub name: String,
    /// SVG or PNG file with the logo, at most 256 KiB.
    #[schemars(example = &"logo.svg")]
    pub logo: Option<String>,
    /// Colour of buttons and links; text in it and on it must be readable, with a contrast of at least 4.5 to 1.
    #[schemars(example = &"#1f5fbf")]
    pub colour: Option<String>,
    /// E-mail address or URL where people find help, shown on the sign-in page and with problems.
    #[schemars(example = &"help@example.com")]
    pub support: Option<String>,
}

impl Default for Pages {
    fn default() -> Self {
        Self { name: "Portcullis".into(), logo: None, colour: None, support: None }
    }
}

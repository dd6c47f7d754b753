//! `[validation]` as written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Validation of addresses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Validation {
    /// Where validated addresses are demanded beside routes with `validated`: "everywhere", "platform:SLUG", "organisation:SLUG"; absent leaves it to administrators, and a list locks it.
    #[schemars(example = &["platform:wiki"])]
    pub demanded: Option<Vec<String>>,
}

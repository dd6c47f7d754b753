//! Wishes: letters that somebody asked for without saying who they are. Whether there is anybody to write to is
//! found out by the post, where nobody waits and measures.

use serde::{Deserialize, Serialize};

use super::super::actor::Origin;
use super::super::error::ActionError;
use super::super::password::forgotten;
use super::super::sign_up;
use crate::app::App;
use crate::model::id::OutboxId;
use crate::words::Language;

/// A wish for a letter.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// A link that sets a password anew, for whoever has this name or address.
    Reset {
        /// What was typed.
        name: String,
        /// The language of the page, by its tag.
        language: String,
        /// The client's address.
        address: Option<String>,
    },
    /// What whoever reads mail at the address of a new account is told of it.
    Registered {
        /// The account.
        account: String,
        /// The language of the page, by its tag.
        language: String,
        /// The client's address.
        address: Option<String>,
    },
}

impl Wish {
    /// The kind of letter that it is for.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Reset { .. } => "reset-asked",
            Self::Registered { .. } => "registered",
        }
    }

    /// Grants the wish, or finds that there is nobody to grant it to.
    pub(super) async fn grant(&self, app: &App, id: OutboxId) -> Result<(), ActionError> {
        match self {
            Self::Reset { name, language, address } => {
                forgotten::grant(app, id, name, origin(language, address.as_deref())).await
            }
            Self::Registered { account, language, address } => {
                sign_up::grant(app, id, account, origin(language, address.as_deref())).await
            }
        }
    }
}

/// Where a wish came from, as it was written down.
fn origin(language: &str, address: Option<&str>) -> Origin {
    let address = address.and_then(|text| text.parse().ok());
    Origin { address, request: None, language: Language::of_tag(language) }
}

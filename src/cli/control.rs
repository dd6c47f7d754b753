//! What the verbs that talk to the running gate share: its socket, and how its refusals end a verb.

use serde_json::Value;

use super::desk::{Desk, Exit};
use crate::config;
use crate::server::control::client::{self, ControlError};

/// Asks the gate that serves the data of this configuration.
pub(super) fn ask(desk: &Desk, request: &Value) -> Result<Value, Exit> {
    client::ask(&config::control_socket(&desk.sources), request).map_err(Exit::from)
}

impl From<ControlError> for Exit {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Refused { problems: Some(_), .. } => Self::Unusable(error.into()),
            other => Self::Failed(other.into()),
        }
    }
}

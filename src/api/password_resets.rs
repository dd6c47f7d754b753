//! A forgotten password, for programs that have a form of their own.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Told;
use super::call::{self, Call, Outcome};
use crate::actions::password::forgotten;
use crate::web::problem::Problem;

/// Whose password is forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgottenBody {
    /// User name or e-mail address.
    #[schema(min_length = 1, max_length = 254)]
    name: String,
}

/// That it was heard. The same whether or not anybody has the name.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeardView {
    /// Always `true`.
    heard: bool,
}

/// Asks for a letter with a link that sets a password anew.
pub async fn ask(call: Call, body: ForgottenBody) -> Outcome<Told<HeardView>> {
    if body.name.trim().is_empty() {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no-name").into());
    }
    forgotten::ask(&call.app, call::origin(&call.caller), &body.name).await?;
    Ok(Told(HeardView { heard: true }))
}

//! A forgotten password, for programs that have a form of their own.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Told;
use super::call::{self, Call, Outcome};
use crate::actions::password::forgotten;
use crate::web::problem::Problem;

/// Most characters of a name.
const LONGEST: usize = 254;

/// Whose password is forgotten.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgottenBody {
    /// User name or e-mail address, without anything before or behind it.
    #[schema(min_length = 1, max_length = 254, pattern = r"^[^\s\x00-\x1f\x7f-\x9f]{1,254}$")]
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
    let one_word = body.name.chars().all(|c| !c.is_whitespace() && !c.is_control());
    if body.name.is_empty() || body.name.chars().count() > LONGEST || !one_word {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no-name").into());
    }
    forgotten::ask(&call.app, call::origin(&call.caller), &body.name).await?;
    Ok(Told(HeardView { heard: true }))
}

//! What the gate would decide about a request that has not come.

use std::net::{IpAddr, Ipv4Addr};

use http::{Method, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::Told;
use super::call::{Call, Outcome, Stop, at_field};
use super::texts::{AddressText, CredentialsText, KeyIdText, UserNameText};
use crate::actions::ActionError;
use crate::web::explanation::{Explanation, Question, Unanswerable, Who};
use crate::web::problem::Problem;

/// Longest method and longest URL that is asked about.
const LONGEST_METHOD: usize = 32;
const LONGEST_URL: usize = 4000;

/// A request that might come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionBody {
    /// Who asks: this account, in a browser that signed in just now.
    account: Option<UserNameText>,
    /// Who asks: a program with this key. With neither, nobody known.
    key: Option<KeyIdText>,
    /// By which method; GET if left out.
    #[schema(max_length = 32, pattern = "^[A-Z]{1,32}$")]
    method: Option<String>,
    /// Scheme, host and path.
    #[schema(max_length = 4000, example = "https://app.example/path")]
    url: String,
    /// The credentials that are chosen, or picked with a key.
    credentials: Option<CredentialsText>,
    /// From which address; this machine if left out.
    from: Option<AddressText>,
}

/// Explains a request.
pub async fn explain(call: Call, body: QuestionBody) -> Outcome<Told<Explanation>> {
    let who = match (body.account, body.key) {
        (Some(_), Some(_)) => return Err(wrong("/key", "name an account or a key, not both")),
        (Some(name), None) => Who::User(name.0),
        (None, Some(key)) => Who::Key(key.0),
        (None, None) => Who::Nobody,
    };
    let method = body.method.as_deref().unwrap_or("GET");
    let plain = method.len() <= LONGEST_METHOD && method.bytes().all(|byte| byte.is_ascii_uppercase());
    if !plain || body.url.len() > LONGEST_URL {
        return Err(wrong(if plain { "/url" } else { "/method" }, "is longer or other than it may be"));
    }
    let question = Question {
        who,
        method: Method::from_bytes(method.as_bytes()).map_err(|_| wrong("/method", "is no method"))?,
        url: body.url.parse().map_err(|_| wrong("/url", "is no URL"))?,
        credentials: body.credentials.map(|one| one.0),
        from: body.from.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |from| from.0),
    };
    call.insight.explain(question).await.map(Told).map_err(unanswerable)
}

fn unanswerable(error: Unanswerable) -> Stop {
    match error {
        Unanswerable::Url => wrong("/url", &error.to_string()),
        Unanswerable::User | Unanswerable::Service => wrong("/account", &error.to_string()),
        Unanswerable::Ending => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable").into(),
        Unanswerable::Store(error) => ActionError::from(error).into(),
    }
}

fn wrong(pointer: &str, detail: &str) -> Stop {
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields");
    Problem { members: vec![at_field(pointer, detail)], ..problem }.into()
}

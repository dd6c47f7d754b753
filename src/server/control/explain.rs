//! Explanations over the control channel: of a request that was, by its id, or of one that might be.

use http::{Method, Uri};
use serde_json::{Value, json};

use super::answers::refused;
use crate::model::caller::RequestId;
use crate::web::explanation::{Explanation, Question, Who, reason_words};
use crate::web::insight::Insight;
use crate::words::Language;

/// Explains the request that is named, or the one that is described.
pub(super) async fn explain(insight: &Insight, request: &Value) -> Value {
    if let Some(id) = request.get("request").and_then(Value::as_str) {
        return decision(insight, id);
    }
    let question = match question(request) {
        Ok(question) => question,
        Err(wrong) => return refused(&wrong),
    };
    match insight.explain(question).await {
        Ok(explanation) => json!({ "done": told(&explanation) }),
        Err(error) => refused(&error.to_string()),
    }
}

/// The explanation with its words.
fn told(explanation: &Explanation) -> Value {
    let outcome = &explanation.outcome;
    let mut told = json!(explanation);
    if let Some(Value::Object(map)) = told.get_mut("outcome") {
        map.insert("because".into(), outcome.reason_in(Language::English).into());
        if let Some((title, detail)) = outcome.problem_in(Language::English) {
            map.insert("title".into(), title.into());
            map.insert("detail".into(), detail.into());
        }
    }
    told
}

fn decision(insight: &Insight, id: &str) -> Value {
    let Ok(id) = RequestId::parse(id) else {
        return refused("a request id has 32 characters of 0-9 and a-f");
    };
    let Some(decision) = insight.decision(&id) else {
        return refused(
            "nothing is remembered of this request; decisions are kept for ten minutes, the last 10,000 of them",
        );
    };
    let mut told = json!(decision);
    if let Value::Object(map) = &mut told {
        map.insert("because".into(), reason_words(Language::English, decision.reason).into());
    }
    json!({ "done": told })
}

fn question(request: &Value) -> Result<Question, String> {
    let text = |name: &str| request.get(name).and_then(Value::as_str);
    let who = match (text("as"), text("key")) {
        (Some(name), _) => {
            Who::User(name.parse().map_err(|error: crate::model::account::NotAUserName| error.to_string())?)
        }
        (None, Some(id)) => {
            let id = crate::model::api_key::KeyId::from_ascii(id.as_bytes());
            Who::Key(id.ok_or("a key id has 12 letters and digits")?)
        }
        (None, None) => Who::Nobody,
    };
    let method = text("method").unwrap_or("GET").parse::<Method>().map_err(|error| error.to_string())?;
    let url = text("url").unwrap_or_default().parse::<Uri>().map_err(|error| error.to_string())?;
    let mut question = Question::new(who, method, url);
    if let Some(credentials) = text("credentials") {
        let credentials = credentials.parse();
        question.credentials =
            Some(credentials.map_err(|error: crate::model::credentials::NotCredentials| error.to_string())?);
    }
    if let Some(from) = text("from") {
        question.from = from.parse().map_err(|error: std::net::AddrParseError| error.to_string())?;
    }
    Ok(question)
}

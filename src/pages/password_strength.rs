//! What is thought of a password while it is typed: asked by the script, answered to nobody else's page, and
//! kept nowhere. Pages work without it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER};
use serde_json::json;

use super::form;
use super::visit::{Anybody, Outcome};
use crate::actions::password::{About, may_ask, strength};
use crate::model::quota::Verdict;
use crate::secret::Secret;
use crate::web::cookie;
use crate::web::fields::Fields;
use crate::words;

/// Most bytes of a password that is looked at; more says nothing new.
const LONGEST: usize = 4096;

/// Fields whose words somebody who guesses would try.
const WORDS: [&str; 3] = ["user-name", "shown-name", "email"];

/// Judges a password.
pub async fn judge(anybody: Anybody, fields: Fields) -> Outcome {
    let visit = &anybody.visit;
    if let Verdict::Wait(wait) = may_ask(&visit.app, visit.caller.address) {
        let mut answer = StatusCode::TOO_MANY_REQUESTS.into_response();
        answer.headers_mut().insert(RETRY_AFTER, wait.as_secs().max(1).into());
        return Ok(answer);
    }
    let typed = fields.exact("password");
    if typed.is_empty() || typed.len() > LONGEST {
        return Ok(StatusCode::BAD_REQUEST.into_response());
    }
    let link = visit.cookie(cookie::LINK).map(|token| Secret::new(token.to_owned()));
    let about = match (&anybody.person, &link) {
        (Some(person), _) => About::Own(person.account()),
        (None, Some(link)) => About::Link(link),
        (None, None) => About::Nobody,
    };
    let around = WORDS.map(|name| fields.text(name));
    let judged = strength(&visit.app, about, &Secret::new(typed.to_owned()), &around).await;
    let judged = visit.or_say(judged)?;
    // What will not do never looks good.
    let score = if judged.rule.is_some() { judged.score.min(2) } else { judged.score };
    let mut text = words::text(visit.language, SCORES.get(usize::from(score)).unwrap_or(&SCORES[0]));
    if let Some(rule) = judged.rule {
        text = format!("{text} {}", form::of_password(visit, rule));
    }
    let mut answer: Response = Json(json!({ "score": score, "text": text })).into_response();
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

/// Words for scores, from the worst to the best.
const SCORES: [&str; 5] = ["strength-0", "strength-1", "strength-2", "strength-3", "strength-4"];

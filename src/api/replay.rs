//! A creation that may be asked for twice: whoever names it by an `Idempotency-Key` gets the first answer again
//! instead of a second thing. Answers are kept sealed for a day, since some hold a secret.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::HeaderMap;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::call::{Call, Outcome};
use super::endpoint::{Endpoint, Input};
use crate::actions::ActionError;
use crate::app::App;
use crate::secret::seal::Place;
use crate::secret::token;
use crate::store::{StoreError, replays};
use crate::web::problem::Problem;

/// The field that names a creation.
const FIELD: &str = "idempotency-key";

/// Longest name of a creation.
const LONGEST: usize = 255;

/// How long a creation may be under way; an answer that is not there then never comes.
const UNDER_WAY: Duration = Duration::from_secs(60);

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    location: Option<String>,
    body: String,
}

/// Lets an endpoint answer; a named creation once.
pub async fn once(endpoint: &std::sync::Arc<Endpoint>, call: Call, input: Input) -> Outcome<Answer> {
    let name = if endpoint.gives.creates { name(&input.headers)? } else { None };
    let Some(name) = name else { return endpoint.answer(call, input).await };
    let account = call.standing()?.account.id;
    let path = input.uri.path();
    let id = token::sha256(format!("{account}\n{}\n{path}\n{name}", endpoint.method).as_bytes());
    let digest = token::sha256(&input.body);
    if !replays::begin(&call.app.store, &id, &digest, call.now()).await.map_err(away)? {
        return again(&call, &id, &digest).await;
    }
    // A client that leaves now comes back for the answer, so the work goes on without it.
    let endpoint = endpoint.clone();
    let work = tokio::spawn(async move {
        let app = call.app.clone();
        let answered = endpoint.answer(call, input).await;
        let sealed = answered.as_ref().ok().map(|answer| sealed(&app, &id, answer));
        let noted = match sealed {
            Some(Some(sealed)) => replays::keep(&app.store, &id, &sealed).await,
            Some(None) => Ok(()),
            None => replays::forget(&app.store, &id).await,
        };
        if let Err(error) = noted {
            tracing::error!(%error, "an answer that may be asked for again was not kept");
        }
        answered
    });
    work.await.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "broken"))?
}

fn name(headers: &HeaderMap) -> Outcome<Option<String>> {
    let mut fields = headers.get_all(FIELD).iter();
    let Some(field) = fields.next() else { return Ok(None) };
    let text = field.to_str().unwrap_or_default();
    let fits = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits && fields.next().is_none() {
        return Ok(Some(text.to_owned()));
    }
    Err(Problem::new(StatusCode::BAD_REQUEST, "bad-idempotency-key").into())
}

/// The answer that was given before to the very same request.
async fn again(call: &Call, id: &[u8; 32], digest: &[u8; 32]) -> Outcome<Answer> {
    let conflict = |slug| Problem::new(StatusCode::CONFLICT, slug);
    let under_way = || Problem {
        retry_after: Some(Duration::from_secs(1)),
        ..Problem::new(StatusCode::CONFLICT, "idempotency-under-way")
    };
    let Some(found) = replays::find(&call.app.store, id).await.map_err(away)? else {
        // It ended without an answer a moment ago.
        return Err(under_way().into());
    };
    if found.digest != digest {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused").into());
    }
    let Some(sealed) = found.answer else {
        let lost = call.now().since(found.begun_at) > UNDER_WAY;
        return Err(if lost { conflict("idempotency-unknown") } else { under_way() }.into());
    };
    let opened = call.app.keyring.load().unseal(place(id), &sealed);
    let kept = opened.ok().and_then(|text| serde_json::from_slice::<Kept>(text.expose()).ok());
    let kept = kept.ok_or_else(|| conflict("idempotency-unknown"))?;
    Ok(Answer {
        status: StatusCode::from_u16(kept.status).unwrap_or(StatusCode::CREATED),
        kind: Some("application/json"),
        body: Bytes::from(kept.body),
        location: kept.location,
        replayed: true,
        ..Answer::default()
    })
}

/// The answer as it is kept.
fn sealed(app: &App, id: &[u8; 32], answer: &Answer) -> Option<Vec<u8>> {
    let kept = Kept {
        status: answer.status.as_u16(),
        location: answer.location.clone(),
        body: String::from_utf8_lossy(&answer.body).into_owned(),
    };
    let plain = serde_json::to_vec(&kept).unwrap_or_default();
    let sealed = app.keyring.load().seal(place(id), &plain);
    sealed.inspect_err(|error| tracing::error!(%error, "an answer could not be sealed")).ok()
}

const fn place(id: &[u8; 32]) -> Place<'_> {
    Place { table: "replay", column: "answer", row: id }
}

fn away(error: StoreError) -> ActionError {
    error.into()
}

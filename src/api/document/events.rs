//! What webhooks are sent, as the API's document says it: one shape for each type of event.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::model::event::EventKind;
use crate::webhooks::events::{AccountEvent, GrantEvent, KeyEvent, PingEvent, SessionEvent};

/// The messages, by type; the shapes that they refer to are added to `schemas`.
pub(super) fn webhooks(schemas: &mut Map<String, Value>) -> Value {
    let all = EventKind::TOLD.into_iter().chain([EventKind::Ping]);
    all.map(|kind| (kind.as_str().to_owned(), message(kind, schemas))).collect::<Map<_, _>>().into()
}

fn message(kind: EventKind, schemas: &mut Map<String, Value>) -> Value {
    let (about, data) = match kind {
        EventKind::AccountCreated => ("An account was made.", shape::<AccountEvent>(schemas)),
        EventKind::AccountValidated => {
            ("The address of an account was proved.", shape::<AccountEvent>(schemas))
        }
        EventKind::AccountUpdated => {
            ("An account says something else of itself, or is back in use.", shape::<AccountEvent>(schemas))
        }
        EventKind::AccountDeleted => ("An account was ended, or erased.", shape::<AccountEvent>(schemas)),
        EventKind::AccountRecovered => ("A deleted account is back.", shape::<AccountEvent>(schemas)),
        EventKind::AccountDisabled => ("An account was stopped for a while.", shape::<AccountEvent>(schemas)),
        EventKind::SessionEnded => ("A session was ended before its time.", shape::<SessionEvent>(schemas)),
        EventKind::KeyRevoked => ("A key was ended, or will be soon.", shape::<KeyEvent>(schemas)),
        EventKind::GrantChanged => ("Somebody holds more or less than before.", shape::<GrantEvent>(schemas)),
        EventKind::Ping => ("Nothing happened: somebody tries the webhook.", shape::<PingEvent>(schemas)),
    };
    let schema = json!({
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": { "const": kind.as_str() },
            "timestamp": { "type": "string", "format": "date-time" },
            "data": data,
        },
    });
    let answer =
        json!({ "description": "Anything from 200 to 299 says that it arrived; 410 ends the webhook." });
    json!({ "post": {
        "operationId": kind.as_str(),
        "tags": ["webhooks"],
        "summary": about,
        "parameters": [
            field("webhook-id", "The event's id, the same however often it is sent."),
            field("webhook-timestamp", "When this attempt was made, in seconds since 1970."),
            field("webhook-signature", "`v1,` and HMAC-SHA-256 in base64, by each secret in force."),
        ],
        "requestBody": { "required": true, "content": { "application/json": { "schema": schema } } },
        "responses": { "2XX": answer },
    } })
}

fn field(name: &str, about: &str) -> Value {
    json!({ "name": name, "in": "header", "required": true, "description": about, "schema": { "type": "string" } })
}

fn shape<T: ToSchema>(schemas: &mut Map<String, Value>) -> Value {
    let mut all: Vec<(String, RefOr<Schema>)> = Vec::new();
    T::schemas(&mut all);
    all.push((T::name().into_owned(), T::schema()));
    schemas.extend(all.into_iter().map(|(name, schema)| (name, json!(schema))));
    json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
}

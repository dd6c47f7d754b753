//! The API as a document for machines (OpenAPI 3.1). All of it is read off the table of endpoints and the types of
//! what they take and give.

mod events;

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::endpoint::{Endpoint, Enter, Takes};
use super::{BASE, texts};

/// Where the document is.
pub const PATH: &str = "/.portcullis/api/v1/openapi.json";

static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());

/// Gives the document to anybody: it says nothing about this installation.
pub async fn serve() -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], TEXT.as_str()).into_response()
}

/// The document.
pub fn document() -> Value {
    let table = super::table();
    let mut schemas: Map<String, Value> = Map::new();
    let all = texts::schemas().into_iter().chain(table.iter().flat_map(|one| one.schemas.clone()));
    for (name, schema) in all {
        schemas.insert(name, json!(schema));
    }
    schemas.insert("Problem".to_owned(), problem());
    let webhooks = events::webhooks(&mut schemas);
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in &table {
        let item = paths.entry(format!("{BASE}{}", endpoint.path)).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(endpoint.method.as_str().to_lowercase(), operation(endpoint));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Portcullis", "version": "1", "description": ABOUT, "license": { "name": "Apache-2.0 OR MIT" } },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "webhooks": webhooks,
        "components": { "schemas": schemas, "securitySchemes": security_schemes() },
    })
}

const ABOUT: &str = "Everything that can be done on a page or by command line can be done here, under the same \
    rules. Times are RFC 3339 in UTC. Lists come by the page: `items`, and `next` as the `cursor` of the next page. \
    Every no is a problem document (RFC 9457) with a stable `type`. Changes may be bound to what was seen by \
    `If-Match`; creations may be repeated safely under an `Idempotency-Key`. Whoever calls by session cookie must \
    come from the same origin.";

fn operation(endpoint: &Endpoint) -> Value {
    let mut parameters: Vec<Value> = path_names(endpoint.path).map(path_parameter).collect();
    if let Takes::Query(query) = &endpoint.takes {
        parameters.extend(query.iter().map(|one| json!(one)));
    }
    if endpoint.gives.creates {
        parameters.push(header(
            "Idempotency-Key",
            "Names the creation, so that asking again makes no second thing.",
        ));
    }
    if may_be_bound(endpoint) {
        parameters.push(header("If-Match", "The `ETag` of what is to be changed, as it was seen."));
    }
    let mut operation = json!({
        "operationId": operation_id(endpoint),
        "tags": [tag(endpoint.path)],
        "summary": endpoint.summary,
        "description": who(endpoint),
        "parameters": parameters,
        "responses": responses(endpoint),
        "security": security(endpoint.enter),
    });
    if let (Takes::Body(schema), Some(operation)) = (&endpoint.takes, operation.as_object_mut()) {
        let content = json!({ "application/json": { "schema": schema } });
        operation.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    operation
}

/// Whether `If-Match` counts: something that can be shown alone is changed.
pub(super) fn may_be_bound(endpoint: &Endpoint) -> bool {
    !endpoint.is_safe() && !endpoint.gives.creates && path_names(endpoint.path).next().is_some()
}

/// Who may enter, in words.
pub(super) fn who(endpoint: &Endpoint) -> String {
    let who = match endpoint.enter {
        Enter::Anybody => "For anybody.",
        Enter::Account => "For whoever is known, also by a personal key.",
        Enter::Member => "For people who are signed in, and for service accounts by a key for the API.",
        Enter::Person => "For people who are signed in.",
        Enter::Office => "For holders of an office who are signed in.",
        Enter::Administrator => "For administrators who are signed in.",
        Enter::Feed => {
            "For administrators who are signed in, and by a key for the API with the permission `feed`."
        }
    };
    let fresh = "People must have proved who they are within the last ten minutes.";
    if endpoint.fresh { format!("{who} {fresh}") } else { who.to_owned() }
}

fn security(enter: Enter) -> Value {
    let keys = [json!({ "basic": [] }), json!({ "bearer": [] }), json!({ "key": [] })];
    let session = json!({ "session": [] });
    match enter {
        Enter::Anybody => json!([]),
        Enter::Person | Enter::Office | Enter::Administrator => json!([session]),
        Enter::Account | Enter::Member | Enter::Feed => std::iter::once(session).chain(keys).collect(),
    }
}

fn security_schemes() -> Value {
    json!({
        "session": { "type": "apiKey", "in": "cookie", "name": crate::auth::credentials::SESSION_COOKIE },
        "basic": { "type": "http", "scheme": "basic", "description": "User name `__key__`, password the key." },
        "bearer": { "type": "http", "scheme": "bearer", "description": "The key." },
        "key": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
    })
}

/// The names of the parts of a path that stand for something.
fn path_names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str) -> Value {
    let schema = match name {
        "account" => "UserNameText",
        "session" => "SessionIdText",
        "key" => "KeyIdText",
        "grant" => "GrantIdText",
        "letter" => "LetterIdText",
        "webhook" => "WebhookIdText",
        "delivery" => "DeliveryIdText",
        "invitation" => "InvitationIdText",
        "request" => "RequestIdText",
        _ => "SlugText",
    };
    let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
    json!({ "name": name, "in": "path", "required": true, "schema": schema })
}

fn header(name: &str, description: &str) -> Value {
    let schema = json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" });
    json!({ "name": name, "in": "header", "required": false, "description": description, "schema": schema })
}

/// The first part of a path, which names what it is about.
pub(super) fn tag(path: &'static str) -> &'static str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
}

fn operation_id(endpoint: &Endpoint) -> String {
    let parts = endpoint.path.split('/').filter(|part| !part.is_empty());
    let parts = parts.map(|part| part.trim_matches(['{', '}']));
    let words = std::iter::once(endpoint.method.as_str()).chain(parts).collect::<Vec<_>>().join("-");
    words.to_lowercase()
}

/// Every status that an endpoint may answer with, and why.
pub(super) fn refusals(endpoint: &Endpoint) -> Vec<(StatusCode, &'static str)> {
    let named = path_names(endpoint.path).next().is_some();
    let writes = endpoint.method != Method::GET;
    let body = matches!(endpoint.takes, Takes::Body(_));
    let (known, feeds) = (endpoint.enter != Enter::Anybody, endpoint.enter == Enter::Feed);
    let all = [
        (true, StatusCode::BAD_REQUEST, "The request cannot be read."),
        (known, StatusCode::UNAUTHORIZED, "Nobody is known, or the key is not good."),
        (known, StatusCode::FORBIDDEN, "The caller may not do this, or must prove first who they are."),
        (named || known, StatusCode::NOT_FOUND, "There is no such thing, or not for the caller."),
        (true, StatusCode::REQUEST_TIMEOUT, "The body did not come in time."),
        (writes || feeds, StatusCode::CONFLICT, "Things are not as they would have to be for this."),
        (may_be_bound(endpoint), StatusCode::PRECONDITION_FAILED, "It was changed since it was seen."),
        (true, StatusCode::PAYLOAD_TOO_LARGE, "The body is longer than 64 KiB."),
        (body, StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is no JSON."),
        (writes, StatusCode::UNPROCESSABLE_ENTITY, "A field is not as it must be; `errors` says which."),
        (known || writes, StatusCode::TOO_MANY_REQUESTS, "Too much failed or was asked; see `Retry-After`."),
        (true, StatusCode::SERVICE_UNAVAILABLE, "The store does not answer; try again in a moment."),
    ];
    all.into_iter().filter(|(counts, ..)| *counts).map(|(_, status, why)| (status, why)).collect()
}

fn responses(endpoint: &Endpoint) -> Value {
    let mut responses = Map::new();
    responses.insert(endpoint.gives.status.as_str().to_owned(), success(endpoint));
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    for (status, why) in refusals(endpoint) {
        let content = json!({ "application/problem+json": { "schema": schema } });
        responses.insert(status.as_str().to_owned(), json!({ "description": why, "content": content }));
    }
    Value::Object(responses)
}

fn success(endpoint: &Endpoint) -> Value {
    let gives = &endpoint.gives;
    let mut headers = Map::new();
    let text = |about: &str| json!({ "description": about, "schema": { "type": "string" } });
    if gives.versioned {
        headers.insert("ETag".to_owned(), text("The version of what is shown, for `If-Match`."));
    }
    if gives.creates {
        headers.insert("Location".to_owned(), text("Where the new thing is, if it has a place of its own."));
        headers.insert("Idempotency-Replayed".to_owned(), text("`true` where this answer was given before."));
    }
    let mut success = json!({ "description": "It was done.", "headers": headers });
    let content = |kind: &&str| {
        let media = gives.schema.as_ref().map_or_else(|| json!({}), |schema| json!({ "schema": schema }));
        ((*kind).to_owned(), media)
    };
    if let Some(success) = success.as_object_mut().filter(|_| !gives.kinds.is_empty()) {
        success.insert("content".to_owned(), gives.kinds.iter().map(content).collect());
    }
    success
}

fn problem() -> Value {
    let error = json!({
        "type": "object",
        "properties": {
            "pointer": { "type": "string", "description": "The field (RFC 6901)." },
            "parameter": { "type": "string", "description": "The parameter." },
            "detail": { "type": "string", "description": "What is wrong with it." },
        },
        "required": ["detail"],
    });
    json!({
        "type": "object",
        "description": "Why not (RFC 9457).",
        "properties": {
            "type": { "type": "string", "description": "The kind of problem: a stable name." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "request_id": { "type": "string", "description": "The request, as in the gate's log." },
            "errors": { "type": "array", "items": error },
        },
        "required": ["type", "title", "status", "detail", "request_id"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The document says something about every endpoint, and describes whatever it refers to.
    #[test]
    fn the_document_is_whole() {
        let document = document();
        let operations: usize =
            document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len()).sum();
        assert_eq!(operations, super::super::table().len());
        let text = document.to_string();
        let known = document["components"]["schemas"].as_object().unwrap();
        for named in text.split("\"#/components/schemas/").skip(1) {
            let name = named.split('"').next().unwrap();
            assert!(known.contains_key(name), "{name} is described nowhere");
        }
    }
}

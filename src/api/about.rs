//! What programs may know before they hold a credential: who runs this, and how keys are presented.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::credentials::{KEY_USER, SESSION_COOKIE};
use crate::model::key_text;

/// The description at `/.well-known/portcullis`.
pub async fn about(State(app): State<Arc<App>>) -> Json<Value> {
    let origin = app.config.load().public_url.origin.clone();
    Json(json!({
        "issuer": &*origin,
        "jwks_uri": format!("{origin}/.well-known/jwks.json"),
        "key_report_endpoint": format!("{origin}/.portcullis/keys/report"),
        "key_pattern": key_text::PATTERN,
        "key_presentation": ["basic", "bearer", "x-api-key"],
        "basic_user_name": String::from_utf8_lossy(KEY_USER),
        "session_cookie": SESSION_COOKIE,
    }))
}

//! The public keys that assertions are verified with (RFC 7517): current, next and previous.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::app::App;

/// The key set. Apps may keep it for ten minutes: a key is published that long before it signs.
pub async fn keys(State(app): State<Arc<App>>) -> Response {
    let keys = app.keyring.load().signing().jwks().to_owned();
    ([(CONTENT_TYPE, "application/jwk-set+json"), (CACHE_CONTROL, "public, max-age=600")], keys)
        .into_response()
}

//! The gate's own endpoints: the table of them, one line each. They are guests of the walk, reached only on
//! the hosts and paths that `gateway/own.rs` gives them.

pub mod about;
pub mod call;
pub mod jwks;
pub mod report;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

/// Every endpoint.
pub fn endpoints(app: Arc<App>) -> Router {
    Router::new()
        .route("/.portcullis/jwks.json", get(jwks::keys))
        .route("/.well-known/jwks.json", get(jwks::keys))
        .route("/.well-known/portcullis", get(about::about))
        .route("/.portcullis/keys/report", post(report::report))
        .with_state(app)
}

//! A guest's connection, from its first request to its last.

use std::sync::Arc;

use http::StatusCode;

use super::entrance::Guest;
use super::shutdown::{Phase, Shutdown};
use super::small;
use crate::app::App;

/// Serves one connection. The permit is held until it is over.
pub async fn serve(guest: Guest, _app: Arc<App>, shutdown: Shutdown) {
    let Guest { stream, permit, .. } = guest;
    small::serve(stream, &shutdown, Phase::Draining, |_| {
        small::text(StatusCode::SERVICE_UNAVAILABLE, small::PLAIN, "The gateway has no routes yet.\n")
    })
    .await;
    drop(permit);
}

//! Carries the bytes of a WebSocket both ways.

use std::time::Duration;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_util::sync::CancellationToken;

/// Copies until either side ends or the exchange is cut.
pub async fn copy(client: Upgraded, app: Upgraded, cut: CancellationToken, _idle: Duration) {
    let (mut client, mut app) = (TokioIo::new(client), TokioIo::new(app));
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut app) => {}
        () = cut.cancelled() => {}
    }
}

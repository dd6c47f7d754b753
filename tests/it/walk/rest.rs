//! Connections between requests that are far apart: they are served on as if there had been no pause.

use std::time::Duration;

use crate::support::gateway::Gateway;
use crate::support::upstream::Upstream;

/// Long enough for a connection to be found at rest.
const PAUSE: Duration = Duration::from_millis(700);

async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

/// F1: whatever part of a request a pause comes before, in the middle of or after, nothing of it is lost and
/// nothing is taken for another request.
#[tokio::test]
async fn pauses_between_and_within_requests_change_nothing() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: app.test\r\nX-Api-Key: {key}\r\n\r\n");
    for mut wire in [gateway.wire().await, gateway.clear_text().await] {
        pause().await;
        wire.send(get("/first")).await;
        wire.answer().await.expect(200);
        pause().await;
        // The beginning of the next request comes with the whole of one.
        let (two, three) = (get("/second"), get("/third"));
        let (begun, rest) = three.split_at(9);
        wire.send(format!("{two}{begun}")).await;
        wire.answer().await.expect(200);
        pause().await;
        wire.send(rest).await;
        wire.answer().await.expect(200);
        let post = format!("POST /fourth HTTP/1.1\r\nHost: app.test\r\nX-Api-Key: {key}\r\n");
        wire.send(format!("{post}Content-Length: 6\r\n\r\nabc")).await;
        pause().await;
        wire.send("def").await;
        wire.answer().await.expect(200);
        pause().await;
        wire.send("GET /a#b HTTP/1.1\r\n\r\n").await;
        wire.answer().await.expect(400);
    }
    let paths: Vec<String> = app.seen().iter().map(|seen| seen.target.clone()).collect();
    let once = ["/first", "/second", "/third", "/fourth"];
    assert_eq!(paths, [once, once].concat());
}

/// The end of a connection is noticed while it rests.
#[tokio::test]
async fn a_client_that_closes_during_a_pause_is_let_go() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let mut wire = gateway.wire().await;
    wire.send("GET /x HTTP/1.1\r\nHost: app.test\r\n\r\n").await;
    wire.answer().await.expect(401);
    pause().await;
    wire.finish().await;
    assert!(wire.rest().await.is_empty());
}

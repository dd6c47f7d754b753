//! WebSockets and other upgrades (row F2).

use std::time::Duration;

use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::upstream::{Reply, Seen, Then, Upstream};

const WEBSOCKET: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const SWITCHED: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

fn switching(seen: &Seen) -> Reply {
    match seen.header("upgrade") {
        Some(_) => Reply::raw(SWITCHED, Then::Echo),
        None => Reply::ok("hello"),
    }
}

/// A WebSocket opens after admission, and bytes go both ways.
#[tokio::test]
async fn a_websocket_opens_and_bytes_go_both_ways() {
    let app = Upstream::answering(switching).await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    let mut wire = gateway.wire().await;
    wire.send(format!("GET /x HTTP/1.1\r\nHost: app.test\r\nX-API-Key: {key}\r\n{WEBSOCKET}\r\n")).await;
    let answer = wire.answer().await.expect(101);
    assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    let frame = [0x81, 0x85, 1, 2, 3, 4, b'h' ^ 1, b'e' ^ 2, b'l' ^ 3, b'l' ^ 4, b'o' ^ 1];
    wire.send(frame).await;
    assert_eq!(wire.exactly(frame.len()).await, frame);
    assert_eq!(app.only().header("x-forwarded-user"), Some("ada"));
}

/// F2: nothing of a tunnel before admission, and no tunnel after a refusal.
#[tokio::test]
async fn no_tunnel_opens_without_admission() {
    let app = Upstream::answering(switching).await;
    let gateway = Gateway::before(&app).await;
    let mut wire = gateway.wire().await;
    wire.send(format!("GET /x HTTP/1.1\r\nHost: app.test\r\n{WEBSOCKET}\r\nbytes of a tunnel")).await;
    assert_eq!(wire.answer().await.status, 401);
    assert!(app.seen().is_empty());
}

/// F2: bytes sent early wait for the app's own 101, and are no request when it refuses.
#[tokio::test]
async fn early_bytes_are_no_request_when_the_app_refuses() {
    let app = Upstream::answering(|seen| match seen.header("upgrade") {
        Some(_) => Reply::raw("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", Then::Stay),
        None => Reply::ok("hello"),
    })
    .await;
    let gateway = Gateway::before(&app).await;
    let mut wire = gateway.wire().await;
    let hidden = "GET /public/hidden HTTP/1.1\r\nHost: app.test\r\nX-Forwarded-User: root\r\n\r\n";
    wire.send(format!("GET /public/x HTTP/1.1\r\nHost: app.test\r\n{WEBSOCKET}\r\n{hidden}")).await;
    wire.answer().await.expect(403);
    // If the connection goes on, what follows is an ordinary request, judged like one.
    if wire.maybe_answer(false).await.is_some() {
        assert!(app.last().all("x-forwarded-user").is_empty());
    }
    // The connection on which the app refused is not used again.
    gateway.ask(&Ask::get("/public/y"), Over::H1).await.expect(200);
    let seen = app.seen();
    let refused = seen[0].connection;
    assert!(seen[1..].iter().all(|seen| seen.connection != refused), "{seen:?}");
}

/// F2: only the listed protocol, only without a body, only where the route allows it.
#[tokio::test]
async fn other_upgrades_and_upgrades_with_a_body_are_refused() {
    let app = Upstream::answering(switching).await;
    let gateway = Gateway::before(&app).await;
    let mut wire = gateway.wire().await;
    wire.send(format!("GET /public/x HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\n{WEBSOCKET}\r\nabc"))
        .await;
    assert_eq!(wire.answer().await.status, 400);
    let mut wire = gateway.wire().await;
    wire.send(format!(
        "GET /public/x HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n{WEBSOCKET}\r\n0\r\n\r\n"
    ))
    .await;
    assert_eq!(wire.answer().await.status, 400);
    assert!(app.seen().is_empty());
    for token in ["h2c", "TLS/1.0", "websocket, h2c", "WebSocket2", ""] {
        let mut wire = gateway.wire().await;
        let fields = "Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n";
        wire.send(format!("GET /public/x HTTP/1.1\r\nHost: app.test\r\n{fields}Upgrade: {token}\r\n\r\n"))
            .await;
        let answer = wire.answer().await;
        assert!([200, 400, 501].contains(&answer.status), "{token:?}: {answer:?}");
        assert!(app.seen().iter().all(|seen| seen.all("upgrade").is_empty()), "{token:?}: {:?}", app.seen());
    }
    let before = app.seen().len();
    let mut wire = gateway.wire().await;
    wire.send(format!("GET /small/x HTTP/1.1\r\nHost: app.test\r\n{WEBSOCKET}\r\n")).await;
    let status = wire.answer().await.status;
    assert_ne!(status, 101, "this route takes no WebSockets");
    assert!(app.seen()[before..].iter().all(|seen| seen.all("upgrade").is_empty()));
}

/// A 101 that nobody asked for opens nothing.
#[tokio::test]
async fn an_unasked_101_is_a_fault() {
    let app = Upstream::answering(|_| Reply::raw(SWITCHED, Then::Echo)).await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        gateway.ask(&Ask::get("/public/x"), over).await.expect(502);
    }
}

/// A browser's cookie opens no WebSocket for another origin.
#[tokio::test]
async fn a_session_opens_no_websocket_for_another_origin() {
    let app = Upstream::answering(switching).await;
    let gateway = Gateway::before(&app).await;
    let session = gateway.session().await;
    let open = |origin: &str| {
        let cookie = format!("Cookie: __Host-portcullis={session}\r\nOrigin: {origin}\r\n");
        format!("GET /x HTTP/1.1\r\nHost: app.test\r\n{cookie}{WEBSOCKET}\r\n")
    };
    let mut wire = gateway.wire().await;
    wire.send(open("https://evil.test")).await;
    assert_eq!(wire.answer().await.status, 403);
    assert!(app.seen().is_empty());
    let mut wire = gateway.wire().await;
    wire.send(open("https://app.test")).await;
    assert_eq!(wire.answer().await.status, 101);
}

/// A WebSocket that is in use lasts longer than it may pause; a stream that stands still does not.
#[tokio::test]
async fn a_websocket_in_use_outlives_the_longest_pause() {
    let app = Upstream::answering(|seen| match seen.target.as_str() {
        "/socket" => Reply::raw(SWITCHED, Then::Echo),
        _ => Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", Then::Hang),
    })
    .await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    let mut socket = gateway.wire().await;
    socket
        .send(format!("GET /socket HTTP/1.1\r\nHost: app.test\r\nX-API-Key: {key}\r\n{WEBSOCKET}\r\n"))
        .await;
    socket.answer().await.expect(101);
    for _ in 0..2 {
        let mut stream = gateway.wire().await;
        stream.send("GET /public/stream HTTP/1.1\r\nHost: app.test\r\n\r\n").await;
        let mut text = String::new();
        while !text.contains("abc") {
            text += &String::from_utf8_lossy(&stream.some().await);
        }
        gateway.clock.advance(Duration::from_secs(90));
        stream.rest().await;
        let frame = [0x81, 0x82, 0, 0, 0, 0, b'h', b'i'];
        socket.send(frame).await;
        assert_eq!(socket.exactly(frame.len()).await, frame);
    }
}

/// what was opened under a key ends with it.
#[tokio::test]
async fn revoking_the_key_cuts_websockets_streams_and_bodies() {
    let app = Upstream::answering(|seen| match seen.target.as_str() {
        "/socket" => Reply::raw(SWITCHED, Then::Echo),
        _ => Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", Then::Hang),
    })
    .await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    let mut socket = gateway.wire().await;
    socket
        .send(format!("GET /socket HTTP/1.1\r\nHost: app.test\r\nX-API-Key: {key}\r\n{WEBSOCKET}\r\n"))
        .await;
    socket.answer().await.expect(101);
    let mut stream = gateway.wire().await;
    stream.send(format!("GET /stream HTTP/1.1\r\nHost: app.test\r\nX-API-Key: {key}\r\n\r\n")).await;
    let mut text = String::new();
    while !text.contains("abc") {
        text += &String::from_utf8_lossy(&stream.some().await);
    }
    let mut frames = gateway.frames().await;
    let get = [
        (":method", "GET"),
        (":scheme", "https"),
        (":authority", "app.test"),
        (":path", "/stream"),
        ("x-api-key", &key),
    ];
    let number = frames.head(&get, true).await;
    app.saw(3).await;
    gateway.revoke(&key).await;
    socket.rest().await;
    assert!(!String::from_utf8_lossy(&stream.rest().await).contains("0\r\n\r\n"), "the cut must be visible");
    assert!(frames.outcome(number).await.status() != Some(200));
    app.lost(3).await;
    gateway.ask(&Ask::get("/x").key(&key), Over::H1).await.expect(401);
}

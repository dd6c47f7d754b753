//! Floods and slow clients (rows F6 to F8).

use std::time::Duration;

use crate::support::ask::{Ask, Over};
use crate::support::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, Frames, HEADERS, Outcome, PING, RST_STREAM, SETTINGS, block,
};
use crate::support::gateway::Gateway;
use crate::support::soon;
use crate::support::upstream::{Reply, Then, Upstream};

const GET: [(&str, &str); 4] =
    [(":method", "GET"), (":scheme", "https"), (":authority", "app.test"), (":path", "/public/x")];

/// Waits until the gate ends the connection, whatever it still says before.
async fn assert_ended(frames: &mut Frames) {
    soon("the end of the connection", async { while frames.frame().await.is_some() {} }).await;
}

/// F6: streams opened and reset at once (CVE-2023-44487) end the connection.
#[tokio::test]
async fn rapid_resets_end_the_connection() {
    let app = Upstream::answering(|_| Reply::raw("", Then::Hang)).await;
    let gateway = Gateway::before(&app).await;
    let mut frames = gateway.frames().await;
    for _ in 0..2_000 {
        let stream = frames.head(&GET, true).await;
        frames.send(RST_STREAM, 0, stream, &[0, 0, 0, 8]).await;
    }
    assert_ended(&mut frames).await;
    assert!(app.seen().len() < 1_000, "the app saw {} of them", app.seen().len());
}

/// F6: resets that the client provokes the gate to send (CVE-2025-8671) end the connection too.
#[tokio::test]
async fn provoked_resets_end_the_connection() {
    let app = Upstream::answering(|_| Reply::raw("", Then::Hang)).await;
    let gateway = Gateway::before(&app).await;
    let mut frames = gateway.frames().await;
    for _ in 0..3_000 {
        let stream = frames.head(&GET, true).await;
        // Data after the end of the stream is an error of the stream.
        frames.send(DATA, 0, stream, b"x").await;
    }
    assert_ended(&mut frames).await;
}

/// F6: a header block that never ends (RUSTSEC-2024-0332).
#[tokio::test]
async fn endless_continuations_end_the_connection() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let mut frames = gateway.frames().await;
    let stream = frames.fresh();
    frames.send(HEADERS, END_STREAM, stream, &block(&GET)).await;
    for at in 0..2_000 {
        let name = format!("x-{at}");
        frames.send(CONTINUATION, 0, stream, &block(&[(&name, &"v".repeat(100))])).await;
    }
    assert_ended(&mut frames).await;
    assert!(app.seen().is_empty());
}

/// F6: frames that carry nothing, without end: DATA, PING and SETTINGS.
#[tokio::test]
async fn floods_of_empty_frames_do_not_hold_the_gate_up() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let mut frames = gateway.frames().await;
    let stream = frames.head(&[&GET[1..], &[(":method", "POST")]].concat(), false).await;
    for _ in 0..20_000 {
        frames.send(DATA, 0, stream, &[]).await;
    }
    for _ in 0..2_000 {
        frames.send(PING, 0, 0, &[0; 8]).await;
        frames.send(SETTINGS, 0, 0, &[]).await;
    }
    drop(frames);
    gateway.ask(&Ask::get("/public/x"), Over::H2).await.expect(200);
}

/// F6: size and number of header fields are bounded, cookies included.
#[tokio::test]
async fn large_heads_are_refused() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let large = Ask::get("/public/x").header("x-large", &"v".repeat(100_000));
    let mut many = Ask::get("/public/x");
    let mut crumbs = Ask::get("/public/x");
    for at in 0..2_000 {
        many = many.header(&format!("x-{at}"), "v");
        crumbs = crumbs.header("cookie", &format!("c{at}=v"));
    }
    for ask in [&large, &many, &crumbs] {
        let mut wire = gateway.wire().await;
        wire.send(ask.bytes()).await;
        let status = wire.maybe_answer(false).await.map_or(0, |answer| answer.status);
        assert!([0, 400, 431].contains(&status), "{status}");
        let mut frames = gateway.frames().await;
        let stream = frames.fresh();
        let fields: Vec<(&str, &str)> =
            ask.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let block = block(&[&GET[..], &fields].concat());
        let mut chunks = block.chunks(16_000).peekable();
        let mut kind = HEADERS;
        while let Some(chunk) = chunks.next() {
            let last = if chunks.peek().is_none() { END_HEADERS } else { 0 };
            let first = if kind == HEADERS { END_STREAM } else { 0 };
            frames.send(kind, last | first, stream, chunk).await;
            kind = CONTINUATION;
        }
        let outcome = frames.outcome(stream).await;
        assert!(outcome.is_refusal() || outcome.status() == Some(431), "{outcome:?}");
    }
    let mut wire = gateway.wire().await;
    wire.send(format!("GET /public/{} HTTP/1.1\r\nHost: app.test\r\n\r\n", "a".repeat(100_000))).await;
    let status = wire.maybe_answer(false).await.map_or(0, |answer| answer.status);
    assert!([0, 400, 414, 431].contains(&status), "{status}");
    assert!(app.seen().is_empty());
}

/// F6: streams open at once are bounded; the others are refused, not queued without end.
#[tokio::test]
async fn streams_at_once_are_bounded() {
    let app = Upstream::answering(|_| Reply::raw("", Then::Hang)).await;
    let gateway = Gateway::before(&app).await;
    let mut frames = gateway.frames().await;
    let mut last = 0;
    for _ in 0..400 {
        last = frames.head(&GET, true).await;
    }
    let outcome = frames.outcome(last).await;
    assert!(matches!(outcome, Outcome::Reset(_) | Outcome::Ended), "{outcome:?}");
    assert!(app.connections() <= 200, "{} exchanges were begun", app.connections());
}

const SHORT: &str =
    "[deadlines]\nhandshake = \"300ms\"\nhead = \"300ms\"\nidle = \"300ms\"\nbody_idle = \"300ms\"\n";

/// F8: no handshake, no request.
#[tokio::test]
async fn a_silent_client_is_hung_up_on() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, SHORT).await;
    gateway.bare().await.rest().await;
    gateway.wire().await.rest().await;
    gateway.frames().await.outcome(1).await;
}

/// F8: no end of the head.
#[tokio::test]
async fn a_head_that_does_not_end_is_hung_up_on() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, SHORT).await;
    let mut wire = gateway.wire().await;
    wire.send("GET /public/x HTTP/1.1\r\nHost: app.te").await;
    let said = String::from_utf8_lossy(&wire.rest().await).into_owned();
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    // Nor of a second one, after a request that was answered.
    let mut wire = gateway.wire().await;
    wire.send("GET /public/x HTTP/1.1\r\nHost: app.test\r\n\r\n").await;
    wire.answer().await.expect(200);
    wire.send("GET /public/x HTTP/1.1\r\nHost: app.te").await;
    let said = String::from_utf8_lossy(&wire.rest().await).into_owned();
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    assert_eq!(app.seen().len(), 1);
}

/// F8: no end of the body.
#[tokio::test]
async fn a_body_that_does_not_end_is_hung_up_on() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, SHORT).await;
    let _passing = gateway.let_time_pass();
    let mut wire = gateway.wire().await;
    wire.send("POST /public/x HTTP/1.1\r\nHost: app.test\r\nContent-Length: 9\r\n\r\nabc").await;
    let said = String::from_utf8_lossy(&wire.rest().await).into_owned();
    assert!(!said.contains(" 200 "), "{said}");
    assert!(app.seen().iter().all(|seen| !seen.whole));
}

/// F8, in HTTP/2.
#[tokio::test]
async fn a_body_that_does_not_end_is_reset_in_http_2() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, SHORT).await;
    let _passing = gateway.let_time_pass();
    let mut frames = gateway.frames().await;
    let post =
        [(":method", "POST"), (":scheme", "https"), (":authority", "app.test"), (":path", "/public/x")];
    let stream = frames.head(&post, false).await;
    let outcome = frames.outcome(stream).await;
    assert!(outcome.status() != Some(200), "{outcome:?}");
    assert!(app.seen().iter().all(|seen| !seen.whole));
}

/// F8: a client that does not read is hung up on as well.
#[tokio::test]
async fn a_client_that_does_not_read_is_hung_up_on() {
    let app = Upstream::answering(|_| {
        let mut bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n".to_vec();
        bytes.resize(bytes.len() + 50_000_000, b'x');
        Reply::raw(bytes, Then::Close)
    })
    .await;
    let gateway = Gateway::with(&app, "[deadlines]\nbody_idle = \"300ms\"\n").await;
    let mut wire = gateway.wire().await;
    wire.send("GET /public/x HTTP/1.1\r\nHost: app.test\r\n\r\n").await;
    app.lost(1).await;
    assert!(wire.rest().await.len() < 50_000_000);
}

/// F7: nothing is read before the handshake is over.
#[tokio::test]
async fn no_early_data_is_taken() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    assert!(!gateway.offers_early_data().await);
}

/// Connections of one source are bounded, and free again when they end.
#[tokio::test]
async fn connections_of_one_source_are_bounded() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "[limits]\nconnections_per_source = 3\n").await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut wire = gateway.wire().await;
        wire.send("GET /public/x HTTP/1.1\r\nHost: app.test\r\n\r\n").await;
        wire.answer().await.expect(200);
        held.push(wire);
    }
    assert!(gateway.bare().await.rest().await.is_empty());
    held.clear();
    let freed = async {
        while gateway.try_stream("app.test", Over::H1).await.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    soon("a free place", freed).await;
}

//! Messages that two readers could split in two places (rows F1 to F5).

use crate::support::ask::{Ask, Over};
use crate::support::frames::{DATA, END_HEADERS, END_STREAM, HEADERS, Outcome, block};
use crate::support::gateway::Gateway;
use crate::support::upstream::{Reply, Then, Upstream};

/// What must never be taken for a request of its own.
const HIDDEN: &str = "GET /public/hidden HTTP/1.1\r\nHost: app.test\r\n\r\n";

/// Sends each text followed by a hidden request and checks that the gate refuses the first and that the
/// app never sees either. A text that the gate may also read as whole and harmless is no such text.
async fn assert_refused(texts: &[&str]) {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let mut wrong = Vec::new();
    for text in texts {
        let mut wire = gateway.wire().await;
        wire.send(format!("{text}{HIDDEN}")).await;
        wire.finish().await;
        let answers = String::from_utf8_lossy(&wire.rest().await).into_owned();
        let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
        if !matches!(statuses[..], [] | ["400" | "411" | "417" | "431" | "501" | "505"]) {
            wrong.push(format!("{text:?} was answered {statuses:?}"));
        }
    }
    let seen: Vec<String> =
        app.seen().iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect();
    assert!(wrong.is_empty() && seen.is_empty(), "{}\nthe app saw {seen:?}", wrong.join("\n"));
}

/// F1: every doubtful pair of length and transfer coding.
#[tokio::test]
async fn length_beside_transfer_coding_is_refused() {
    assert_refused(&[
        "POST /public/a HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /public/b HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "POST /public/c HTTP/1.1\r\nHost: app.test\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /public/d HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc",
        "POST /public/e HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\nabc",
        "POST /public/f HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3, 3\r\n\r\nabc",
        "POST /public/g HTTP/1.1\r\nHost: app.test\r\nContent-Length: +3\r\n\r\nabc",
        "POST /public/h HTTP/1.1\r\nHost: app.test\r\nContent-Length: -3\r\n\r\nabc",
        "POST /public/i HTTP/1.1\r\nHost: app.test\r\nContent-Length: 0x3\r\n\r\nabc",
        "POST /public/j HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3 3\r\n\r\nabc",
        "POST /public/k HTTP/1.1\r\nHost: app.test\r\nContent-Length:\r\n\r\n",
        "POST /public/l HTTP/1.1\r\nHost: app.test\r\nContent-Length: three\r\n\r\nabc",
        "POST /public/m HTTP/1.1\r\nHost: app.test\r\nContent-Length: 99999999999999999999\r\n\r\nabc",
    ])
    .await;
}

/// F1: anything but one `chunked`.
#[tokio::test]
async fn transfer_codings_other_than_chunked_are_refused() {
    assert_refused(&[
        "POST /public/a HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        "POST /public/b HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /public/c HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
        "POST /public/d HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST /public/e HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST /public/f HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST /public/g HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /public/h HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
        "POST /public/i HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked;x=y\r\n\r\n0\r\n\r\n",
        "POST /public/j HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n",
        "POST /public/k HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: \u{b}chunked\r\n\r\n0\r\n\r\n",
        "POST /public/l HTTP/1.0\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ])
    .await;
}

/// F1: line endings and blanks that some readers take and others do not.
#[tokio::test]
async fn odd_lines_are_refused() {
    assert_refused(&[
        "POST /public/a HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST /public/b HTTP/1.1\r\nHost: app.test\r\nContent-Length : 3\r\n\r\nabc",
        "POST /public/c HTTP/1.1\r\nHost: app.test\r\nX: a\r\n Content-Length: 3\r\n\r\nabc",
        "POST /public/d HTTP/1.1\r\nHost: app.test\r\nX: a\r\n\tb\r\n\r\n",
        "POST /public/e HTTP/1.1\r\n Host: app.test\r\n\r\n",
        "POST /public/f HTTP/1.1\r\nHost: app.test\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /public/g HTTP/1.1\r\nHost: app.test\r\nX: a\u{0}b\r\n\r\n",
        "POST /public/h HTTP/1.1\rHost: app.test\r\r",
        "GET /public/i HTTP/1.1\r\nHost: app.test\r\nX\u{0}: a\r\n\r\n",
        "GET /public/j\u{0} HTTP/1.1\r\nHost: app.test\r\n\r\n",
    ])
    .await;
}

/// F1: a line that ends in LF alone.
#[tokio::test]
async fn bare_line_feeds_are_refused() {
    assert_refused(&[
        "GET /public/a HTTP/1.1\nHost: app.test\n\n",
        "GET /public/b HTTP/1.1\r\nHost: app.test\nX: a\r\n\r\n",
        "POST /public/c HTTP/1.1\r\nHost: app.test\r\nX: a\nContent-Length: 3\r\n\r\nabc",
        "POST /public/d HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\n\r\nabc",
        "GET /public/e HTTP/1.1\r\nHost: app.test\r\n\n",
    ])
    .await;
}

/// F1: names that fold to framing fields go no further.
#[tokio::test]
async fn framing_in_disguise_does_not_reach_the_app() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        let ask = Ask::post("/public/x", "abc")
            .header("content_length", "0")
            .header("transfer_encoding", "chunked")
            .header("transfer.encoding", "chunked");
        gateway.ask(&ask, over).await.expect(200);
        let seen = app.last();
        assert_eq!(seen.body, b"abc");
        let framing =
            seen.names().iter().filter(|name| name.contains("ngth") || name.contains("ncoding")).count();
        assert_eq!(framing, 1, "{seen:?}");
    }
}

/// F1, F3: a chunked body that goes wrong is never passed on as whole.
#[tokio::test]
async fn a_broken_chunked_body_is_never_passed_on_as_whole() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for body in [
        "5\r\nabc",
        "x\r\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "-1\r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        "3 \nabc\r\n0\r\n\r\n",
        "3\nabc\n0\n\n",
        "fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        "3\r\nabc\r\n0\r\n",
    ] {
        let mut wire = gateway.wire().await;
        let head = "POST /public/x HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n";
        wire.send(format!("{head}{body}")).await;
        wire.finish().await;
        let answers = String::from_utf8_lossy(&wire.rest().await).into_owned();
        assert!(!answers.contains("HTTP/1.1 200"), "{body:?}: {answers}");
    }
    assert!(app.seen().iter().all(|seen| !seen.whole), "{:?}", app.seen());
}

/// F3: what was declared and what was sent must agree before the app takes it for whole.
#[tokio::test]
async fn a_body_shorter_than_declared_is_never_whole() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let mut wire = gateway.wire().await;
    wire.send("POST /public/x HTTP/1.1\r\nHost: app.test\r\nContent-Length: 10\r\n\r\nabc").await;
    wire.finish().await;
    assert!(!String::from_utf8_lossy(&wire.rest().await).contains("HTTP/1.1 200"));
    for (declared, sent) in [("10", "abc"), ("2", "abc")] {
        let mut frames = gateway.frames().await;
        let fields = [
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", "app.test"),
            (":path", "/public/x"),
            ("content-length", declared),
        ];
        let stream = frames.head(&fields, false).await;
        frames.send(DATA, END_STREAM, stream, sent.as_bytes()).await;
        let outcome = frames.outcome(stream).await;
        assert!(outcome.status() != Some(200), "{declared}: {outcome:?}");
    }
    // A head that declares a body and ends the stream.
    let mut frames = gateway.frames().await;
    let fields = [
        (":method", "POST"),
        (":scheme", "https"),
        (":authority", "app.test"),
        (":path", "/public/x"),
        ("content-length", "5"),
    ];
    let stream = frames.fresh();
    frames.send(HEADERS, END_HEADERS | END_STREAM, stream, &block(&fields)).await;
    let outcome = frames.outcome(stream).await;
    assert!(outcome.status() != Some(200), "{outcome:?}");
    assert!(app.seen().iter().all(|seen| !seen.whole), "{:?}", app.seen());
}

/// F4: after an early refusal the rest of the body is not read as the next request.
#[tokio::test]
async fn a_refused_body_is_not_read_as_the_next_request() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for filler in [0, 200_000] {
        let body = format!("{}{HIDDEN}", " ".repeat(filler));
        let mut wire = gateway.wire().await;
        wire.send(format!(
            "POST /x HTTP/1.1\r\nHost: app.test\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await;
        assert_eq!(wire.answer().await.status, 401);
        wire.send("GET /public/next HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n").await;
        let rest = String::from_utf8_lossy(&wire.rest().await).into_owned();
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 200"), "{rest}");
    }
    assert!(app.seen().iter().all(|seen| seen.target == "/public/next"), "{:?}", app.seen());
}

/// F4: a body that never ends cannot hold an early refusal up.
#[tokio::test]
async fn a_refusal_does_not_wait_for_the_body() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let mut wire = gateway.wire().await;
    wire.send("POST /x HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1000000000\r\n\r\nabc").await;
    assert_eq!(wire.answer().await.status, 401);
    let mut frames = gateway.frames().await;
    let fields = [(":method", "POST"), (":scheme", "https"), (":authority", "app.test"), (":path", "/x")];
    let stream = frames.head(&fields, false).await;
    let outcome = frames.outcome(stream).await;
    assert_eq!(outcome.status(), Some(401), "{outcome:?}");
    assert!(app.seen().is_empty());
}

/// Pipelined requests are answered in order, each judged by itself.
#[tokio::test]
async fn pipelined_requests_are_judged_one_by_one() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let mut wire = gateway.wire().await;
    let asks =
        ["/public/1", "/x", "/public/2"].map(|path| format!("GET {path} HTTP/1.1\r\nHost: app.test\r\n\r\n"));
    wire.send(asks.concat()).await;
    let statuses = [wire.answer().await.status, wire.answer().await.status, wire.answer().await.status];
    assert_eq!(statuses, [200, 401, 200]);
    assert_eq!(app.seen().len(), 2);
}

/// F5: authentication that belongs to a connection does not pass.
#[tokio::test]
async fn connection_bound_authentication_is_refused() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        for scheme in ["NTLM TlRMTVNTUAAB", "Negotiate YII=", "negotiate YII="] {
            gateway.ask(&Ask::get("/ignore/x").header("authorization", scheme), over).await.expect(400);
        }
        gateway
            .ask(&Ask::get("/ignore/x").header("authorization", "Bearer the-apps-own"), over)
            .await
            .expect(200);
        assert_eq!(app.last().header("authorization"), Some("Bearer the-apps-own"));
    }
}

/// F5: an app's connection on which such authentication was offered serves nobody else.
#[tokio::test]
async fn a_connection_that_offered_ntlm_is_not_shared() {
    let app = Upstream::answering(|_| {
        Reply::raw(
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n",
            Then::Stay,
        )
    })
    .await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        gateway.ask(&Ask::get("/public/x"), over).await.expect(401);
    }
    assert_eq!(app.connections(), 2);
}

/// F1: an app never gets more than one framing field, and it is ours.
#[tokio::test]
async fn one_framing_field_goes_out() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let mut wire = gateway.wire().await;
    wire.send("POST /public/x HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n").await;
    wire.answer().await.expect(200);
    let seen = app.last();
    assert_eq!(seen.header("transfer-encoding"), Some("chunked"));
    assert_eq!((seen.all("content-length").len(), seen.body.as_slice()), (0, &b"abc"[..]));
    // A body of unknown length over HTTP/2 becomes a chunked one.
    let mut frames = gateway.frames().await;
    let fields =
        [(":method", "POST"), (":scheme", "https"), (":authority", "app.test"), (":path", "/public/x")];
    let stream = frames.head(&fields, false).await;
    frames.send(DATA, 0, stream, b"ab").await;
    frames.send(DATA, END_STREAM, stream, b"c").await;
    assert_eq!(frames.outcome(stream).await, Outcome::Answered(200, b"hello".to_vec()));
    let seen = app.last();
    assert_eq!((seen.header("transfer-encoding"), seen.body.as_slice()), (Some("chunked"), &b"abc"[..]));
}

//! What crosses the gate and what it does about faults behind it (row H12).

use crate::support::ask::{Ask, Over};
use crate::support::frames::{DATA, END_HEADERS, END_STREAM, HEADERS, Outcome, RST_STREAM, block};
use crate::support::gateway::Gateway;
use crate::support::upstream::{Reply, Then, Upstream};

/// Every method, and fields that apps live by, pass untouched.
#[tokio::test]
async fn methods_and_fields_of_apps_pass_untouched() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        for method in
            ["PROPFIND", "REPORT", "LOCK", "MERGE", "MKCALENDAR", "PATCH", "DELETE", "OPTIONS", "PURGE"]
        {
            gateway.ask(&Ask::new(method, "/public/x"), over).await.expect(200);
            assert_eq!(app.last().method, method);
        }
        let fields = [
            ("if", "(<urn:uuid:1> [\"a\"])"),
            ("lock-token", "<urn:uuid:1>"),
            ("destination", "https://app.test/public/a%2Fb"),
            ("range", "bytes=0-1, 5-"),
            ("content-range", "bytes 0-2/3"),
            ("content-encoding", "gzip"),
            ("accept-encoding", "br;q=1.0, gzip;q=0.8, *;q=0.1"),
            ("origin", "https://app.test"),
            ("x-csrf-token", "t"),
            ("x-empty", ""),
            ("user-agent", "pip/24.0 {\"a\":\"b\"}"),
        ];
        let mut ask = Ask::post("/public/x", [0x1f, 0x8b, 0, 1]);
        for (name, value) in fields {
            ask = ask.header(name, value);
        }
        gateway.ask(&ask.header("x-two", "1").header("x-two", "2"), over).await.expect(200);
        let seen = app.last();
        for (name, value) in fields {
            assert_eq!(seen.header(name), Some(value), "over {over:?}");
        }
        assert_eq!(seen.all("x-two"), ["1", "2"]);
        assert_eq!(seen.body, [0x1f, 0x8b, 0, 1]);
    }
}

/// The host keeps its port towards the app.
#[tokio::test]
async fn the_host_keeps_its_port() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        gateway.ask(&Ask::get("/public/x").host("app.test:8443"), over).await.expect(200);
        let seen = app.last();
        assert_eq!(seen.header("host"), Some("app.test:8443"));
        assert_eq!(seen.header("x-forwarded-host"), Some("app.test:8443"));
        assert_eq!(seen.header("x-forwarded-port"), Some("8443"));
    }
}

/// Fields of the app's connection do not reach the client, what it nominates neither.
#[tokio::test]
async fn connection_fields_of_the_app_stay_behind() {
    let app = Upstream::answering(|_| {
        Reply::raw(
            "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\nX-Hop: 1\r\nX-Kept: 2\r\n\
             Proxy-Authenticate: Basic\r\nTrailer: x\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok",
            Then::Stay,
        )
    })
    .await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        let answer = gateway.ask(&Ask::get("/public/x"), over).await.expect(200);
        assert_eq!(answer.header("x-kept"), Some("2"));
        for name in ["x-hop", "keep-alive", "proxy-authenticate", "upgrade"] {
            assert!(answer.all(name).is_empty(), "{name} over {over:?}: {answer:?}");
        }
        assert_eq!(answer.text(), "ok");
    }
}

/// Trailers of a request do not become headers and carry no identity.
#[tokio::test]
async fn request_trailers_carry_no_identity() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    let head =
        format!("POST /x HTTP/1.1\r\nHost: app.test\r\nX-API-Key: {key}\r\nTransfer-Encoding: chunked\r\n");
    let body =
        "3\r\nabc\r\n0\r\nX-Forwarded-User: root\r\nX_Portcullis_Role: manager\r\nAuthorization: x\r\n\r\n";
    let mut wire = gateway.wire().await;
    wire.send(format!("{head}Trailer: X-Forwarded-User\r\n\r\n{body}")).await;
    wire.answer().await.expect(200);
    let seen = app.last();
    assert_eq!(seen.header("x-forwarded-user"), Some("ada"));
    assert!(seen.trailers.is_empty(), "{:?}", seen.trailers);

    let mut frames = gateway.frames().await;
    let fields = [
        (":method", "POST"),
        (":scheme", "https"),
        (":authority", "app.test"),
        (":path", "/x"),
        ("x-api-key", &key),
    ];
    let stream = frames.head(&fields, false).await;
    frames.send(DATA, 0, stream, b"abc").await;
    let trailers = block(&[("x-forwarded-user", "root"), ("x-portcullis-role", "manager")]);
    frames.send(HEADERS, END_HEADERS | END_STREAM, stream, &trailers).await;
    assert_eq!(frames.outcome(stream).await.status(), Some(200));
    assert!(app.last().trailers.is_empty(), "{:?}", app.last().trailers);
}

/// Trailers of a response, which gRPC ends with, reach the client.
#[tokio::test]
async fn response_trailers_reach_the_client() {
    let app = Upstream::answering(|_| {
        Reply::raw(
            "HTTP/1.1 200 OK\r\nTrailer: grpc-status\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\ngrpc-status: 0\r\n\r\n",
            Then::Stay,
        )
    })
    .await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        let answer = gateway.ask(&Ask::get("/public/x").header("te", "trailers"), over).await.expect(200);
        assert_eq!(answer.text(), "ok");
        assert_eq!(answer.trailers, [("grpc-status".to_owned(), "0".to_owned())], "over {over:?}");
    }
}

/// A HEAD has the app's length and no body, and leaves the connection in step.
#[tokio::test]
async fn head_has_a_length_and_no_body() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        let answer = gateway.ask(&Ask::new("HEAD", "/public/x"), over).await.expect(200);
        assert_eq!((answer.header("content-length"), answer.body.len()), (Some("5"), 0));
    }
    let mut wire = gateway.wire().await;
    wire.send(
        "HEAD /public/x HTTP/1.1\r\nHost: app.test\r\n\r\nGET /public/y HTTP/1.1\r\nHost: app.test\r\n\r\n",
    )
    .await;
    wire.answer_to_head().await.expect(200);
    assert_eq!(wire.answer().await.expect(200).text(), "hello");
}

/// `Expect: 100-continue`: asked for by the app's side only after admission; other expectations fail.
#[tokio::test]
async fn a_body_is_asked_for_only_after_admission() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let mut wire = gateway.wire().await;
    wire.send(
        "POST /public/x HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
    )
    .await;
    assert_eq!(wire.answer().await.status, 100);
    wire.send("abc").await;
    wire.answer().await.expect(200);
    assert_eq!(app.only().body, b"abc");
    let mut wire = gateway.wire().await;
    wire.send("POST /x HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        .await;
    assert_eq!(wire.answer().await.status, 401);
    gateway.ask(&Ask::post("/public/x", "abc").header("Expect", "200-ok"), Over::H1).await.expect(417);
    assert_eq!(app.seen().len(), 1);
}

/// An app that answers before it has read the body is heard.
#[tokio::test]
async fn an_early_response_reaches_the_client() {
    let app = Upstream::hasty(|_| {
        Reply::raw(
            "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig",
            Then::Close,
        )
    })
    .await;
    let gateway = Gateway::before(&app).await;
    let mut wire = gateway.wire().await;
    wire.send("POST /public/x HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1000000000\r\n\r\nabc").await;
    assert_eq!(wire.answer().await.expect(413).text(), "big");
    let mut frames = gateway.frames().await;
    let fields =
        [(":method", "POST"), (":scheme", "https"), (":authority", "app.test"), (":path", "/public/x")];
    let stream = frames.head(&fields, false).await;
    assert_eq!(frames.outcome(stream).await, Outcome::Answered(413, b"big".to_vec()));
}

/// A client that goes away takes the exchange with the app along.
#[tokio::test]
async fn a_client_that_goes_away_ends_the_exchange() {
    let app = Upstream::answering(|_| Reply::raw("", Then::Hang)).await;
    let gateway = Gateway::before(&app).await;
    let mut wire = gateway.wire().await;
    wire.send("GET /public/x HTTP/1.1\r\nHost: app.test\r\n\r\n").await;
    app.saw(1).await;
    drop(wire);
    app.lost(1).await;
    let mut frames = gateway.frames().await;
    let fields =
        [(":method", "GET"), (":scheme", "https"), (":authority", "app.test"), (":path", "/public/x")];
    let stream = frames.head(&fields, true).await;
    app.saw(2).await;
    frames.send(RST_STREAM, 0, stream, &[0, 0, 0, 8]).await;
    app.lost(2).await;
}

/// What is no answer becomes 502 or a visible cut, and its connection serves nobody else.
#[tokio::test]
async fn faults_of_the_app_are_told_and_their_connection_is_dropped() {
    let huge = format!("HTTP/1.1 200 OK\r\nX: {}\r\nContent-Length: 0\r\n\r\n", "v".repeat(2_000_000));
    let many_1xx = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(100_000);
    let faults: Vec<String> = vec![
        "garbage\r\n\r\n".into(),
        "<html>HTTP/0.9</html>".into(),
        "HTTP/1.1\r\n\r\n".into(),
        "HTTP/1.1 2000 OK\r\n\r\n".into(),
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc".into(),
        "HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nab".into(),
        "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nab".into(),
        "HTTP/1.1 200 OK\r\nX Y: 1\r\nContent-Length: 0\r\n\r\n".into(),
        String::new(),
        huge,
        many_1xx,
    ];
    for fault in faults {
        let bytes = fault.clone();
        let app = Upstream::answering(move |_| Reply::raw(bytes.clone(), Then::Close)).await;
        let gateway = Gateway::before(&app).await;
        for over in Over::BOTH {
            let answer = gateway.ask(&Ask::post("/public/x", "a"), over).await;
            let start: String = fault.chars().take(60).collect();
            assert_eq!(answer.status, 502, "{start:?} over {over:?}: {}", answer.text());
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        }
        assert_eq!(app.connections(), app.seen().len());
    }
}

/// A body that ends early is cut short, never completed.
#[tokio::test]
async fn a_cut_body_of_the_app_is_visibly_cut() {
    for bytes in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
    ] {
        let app = Upstream::answering(move |_| Reply::raw(bytes, Then::Close)).await;
        let gateway = Gateway::before(&app).await;
        for over in Over::BOTH {
            let answer = gateway.ask(&Ask::get("/public/x"), over).await;
            assert!(answer.status == 502 || !answer.whole, "{bytes:?} over {over:?}: {answer:?}");
        }
    }
}

/// Bytes after an answer belong to nobody.
#[tokio::test]
async fn an_extra_answer_is_given_to_nobody() {
    let app = Upstream::answering(|seen| {
        let extra = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
        match seen.target.as_str() {
            "/public/first" => {
                Reply::raw(format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst{extra}"), Then::Stay)
            }
            _ => Reply::ok("second"),
        }
    })
    .await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        for _ in 0..5 {
            assert_eq!(gateway.ask(&Ask::get("/public/first"), over).await.text(), "first");
            assert_eq!(gateway.ask(&Ask::get("/public/second"), over).await.text(), "second");
        }
    }
}

/// A pooled connection that died is replaced once for what may be repeated, never for the rest.
#[tokio::test]
async fn only_what_may_be_repeated_is_sent_again_and_only_once() {
    // Each connection answers one request and dies at the next without a word.
    let app = Upstream::answering(|seen| match seen.target.as_str() {
        "/public/first" => Reply::ok("first"),
        _ => Reply::raw("", Then::Close),
    })
    .await;
    let gateway = Gateway::before(&app).await;
    gateway.ask(&Ask::get("/public/first"), Over::H1).await.expect(200);
    let before = app.seen().len();
    gateway.ask(&Ask::post("/public/dies", "abc"), Over::H1).await.expect(502);
    assert_eq!(app.seen().len() - before, 1, "a POST was sent again: {:?}", app.seen());
    gateway.ask(&Ask::get("/public/first"), Over::H1).await.expect(200);
    let before = app.seen().len();
    gateway.ask(&Ask::get("/public/dies"), Over::H1).await.expect(502);
    assert!(app.seen().len() - before <= 2, "a GET was sent more than twice: {:?}", app.seen());
}

/// A connection that the app closed while it was idle is no fault that a client sees.
#[tokio::test]
async fn a_connection_closed_while_idle_is_replaced() {
    let app = Upstream::answering(|_| Reply { then: Then::Close, ..Reply::ok("hello") }).await;
    let gateway = Gateway::before(&app).await;
    for round in 1..=5 {
        for over in Over::BOTH {
            gateway.ask(&Ask::get("/public/x"), over).await.expect(200);
            gateway.ask(&Ask::post("/public/x", "abc"), over).await.expect(200);
        }
        app.lost(round * 4).await;
    }
}

/// Nobody at the other end.
#[tokio::test]
async fn an_app_that_is_away_is_502() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    drop(app);
    for over in Over::BOTH {
        let answer = gateway.ask(&Ask::get("/public/x"), over).await;
        assert!([502, 503].contains(&answer.status), "{answer:?}");
    }
}

/// An app that says nothing.
#[tokio::test]
async fn an_app_that_is_silent_is_504() {
    let app = Upstream::answering(|_| Reply::raw("", Then::Hang)).await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        gateway.ask(&Ask::get("/impatient/x"), over).await.expect(504);
    }
}

/// A body longer than the route takes, declared or not.
#[tokio::test]
async fn bodies_over_the_limit_of_the_route_are_refused() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        gateway.ask(&Ask::post("/small/x", vec![b'x'; 1024]), over).await.expect(200);
        gateway.ask(&Ask::post("/small/x", vec![b'x'; 1025]), over).await.expect(413);
    }
    let mut wire = gateway.wire().await;
    let chunk = format!("400\r\n{}\r\n", "x".repeat(1024));
    wire.send(format!("POST /small/x HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n")).await;
    let status = wire.maybe_answer(false).await.map_or(0, |answer| answer.status);
    assert!([0, 413, 502].contains(&status), "{status}");
    assert_eq!(app.seen().iter().filter(|seen| seen.whole).count(), 2);
}

/// Collected first, so that the app sees a length.
#[tokio::test]
async fn a_buffered_body_has_a_length() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let mut wire = gateway.wire().await;
    wire.send("POST /buffer/x HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").await;
    wire.answer().await.expect(200);
    let seen = app.only();
    assert_eq!((seen.header("content-length"), seen.body.as_slice()), (Some("5"), &b"abcde"[..]));
    assert!(seen.all("transfer-encoding").is_empty());
}

/// Streams both ways: what the app says arrives while it has not finished, and while the client speaks.
#[tokio::test]
async fn a_response_is_passed_on_as_it_comes() {
    let app = Upstream::answering(|_| {
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n", Then::Hang)
    })
    .await;
    let gateway = Gateway::before(&app).await;
    let mut wire = gateway.wire().await;
    wire.send("GET /public/x HTTP/1.1\r\nHost: app.test\r\n\r\n").await;
    let mut text = String::new();
    while !text.contains("data: 1\n\n") {
        text += &String::from_utf8_lossy(&wire.some().await);
    }
    let mut frames = gateway.frames().await;
    let fields =
        [(":method", "GET"), (":scheme", "https"), (":authority", "app.test"), (":path", "/public/x")];
    frames.head(&fields, true).await;
    loop {
        let frame = frames.frame().await.expect("an event");
        if frame.kind == DATA && frame.payload.starts_with(b"data: 1") {
            return;
        }
    }
}

/// A large `Set-Cookie` and a `Location` with state pass; so does what the route adds.
#[tokio::test]
async fn large_cookies_and_locations_pass() {
    let app = Upstream::answering(|_| {
        let cookie = "v".repeat(3_500);
        let head = format!(
            "HTTP/1.1 202 Accepted\r\nLocation: /v2/x/uploads/1?_state=a%2Bb%3D\r\nSet-Cookie: s={cookie}\r\n"
        );
        Reply::raw(head + "Content-Length: 0\r\n\r\n", Then::Stay)
    })
    .await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        let answer = gateway.ask(&Ask::post("/public/x", "a"), over).await.expect(202);
        assert_eq!(answer.header("location"), Some("/v2/x/uploads/1?_state=a%2Bb%3D"));
        assert_eq!(answer.header("set-cookie").map(str::len), Some(3_502));
    }
}

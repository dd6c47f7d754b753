//! One path is decided on and forwarded (rows P1 to P7, P14, P15).

use crate::support::ask::{Ask, Over};
use crate::support::frames::Outcome;
use crate::support::gateway::Gateway;
use crate::support::upstream::Upstream;

/// Asks for a target as it stands, over either protocol, and tells the status (0 where the gate hung up).
async fn status_of(gateway: &Gateway, target: &str, over: Over) -> u16 {
    match over {
        Over::H1 => {
            let mut wire = gateway.wire().await;
            wire.send(format!("GET {target} HTTP/1.1\r\nHost: app.test\r\n\r\n")).await;
            wire.maybe_answer(false).await.map_or(0, |answer| answer.status)
        }
        Over::H2 => {
            let fields =
                [(":method", "GET"), (":scheme", "https"), (":authority", "app.test"), (":path", target)];
            match gateway.frames().await.ask(&fields).await {
                Outcome::Answered(status, _) => status,
                Outcome::Reset(_) | Outcome::Ended => 0,
            }
        }
    }
}

async fn assert_refused(targets: &[&str]) {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        for target in targets {
            let status = status_of(&gateway, target, over).await;
            assert!(status == 400 || status == 0, "{target:?} over {over:?}: {status}");
        }
    }
    assert!(app.seen().is_empty(), "{:?}", app.seen());
}

/// P1: dot segments in any spelling, backslashes, broken escapes.
#[tokio::test]
async fn paths_with_more_than_one_reading_are_refused() {
    assert_refused(&[
        "/public/../x",
        "/public/./x",
        "/public/..",
        "/public/%2e%2e/x",
        "/public/%2E%2e/x",
        "/public/.%2e/x",
        "/public/%2e/x",
        "/public/..%2fx",
        "/public/%2e%2e%2fx",
        "/public/%252e%252e/x",
        "/public/..%255cx",
        "/public\\..\\x",
        "/public/x\\y",
        "/public//x",
        "//public/x",
        "/public/%",
        "/public/%4",
        "/public/%zz",
        "/public/x%",
    ])
    .await;
}

/// P2: escapes that change what a path means.
#[tokio::test]
async fn delicate_escapes_are_refused_by_default() {
    assert_refused(&[
        "/public/a%2Fb",
        "/public/a%2fb",
        "/public/a%5Cb",
        "/public/a%00b",
        "/public/a%3Bb",
        "/public/a%25b",
        "/public/a%3Fb",
        "/public/a%23b",
        "/public/a%0d%0aX:1",
        "/public/a%7f",
    ])
    .await;
}

/// P3: parameters do not hide a dot segment.
#[tokio::test]
async fn parameters_hide_no_dot_segment() {
    assert_refused(&[
        "/public/..;/x",
        "/..;/x",
        "/public/..;a=b/x",
        "/public/.;/x",
        "/public/%2e%2e;/x",
        "/public/..%3b/x",
        "/public/..;",
    ])
    .await;
}

/// P6, P15: what cannot stand in a target at all.
#[tokio::test]
async fn targets_without_a_slash_or_with_stray_bytes_are_refused() {
    assert_refused(&["public/x", "", "/public/\u{e4}", "/public/x\u{7f}", "/public/\u{1}", "/public/x\ty"])
        .await;
    assert_refused(&["*", "app.test:443", "https:public"]).await;
}

/// P15: what has a query and no path is refused; over HTTP/2 the library reads it as `/`, and so does the
/// decision.
#[tokio::test]
async fn a_query_without_a_path_opens_nothing() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    assert_eq!(status_of(&gateway, "?x=/public/x", Over::H1).await, 400);
    let status = status_of(&gateway, "?x=/public/x", Over::H2).await;
    assert!([0, 400, 401].contains(&status), "{status}");
    assert!(app.seen().is_empty());
}

/// P6: a fragment is refused; over HTTP/2 the library cuts it off before anybody sees it, so that the path
/// before it is the one decided on and the only one forwarded.
#[tokio::test]
async fn a_fragment_never_reaches_the_app() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for target in ["/public/x#y", "/public/x?a#b", "/x#/public/x", "/public#/../x"] {
        assert_eq!(status_of(&gateway, target, Over::H1).await, 400, "{target}");
        assert!(app.seen().is_empty());
    }
    assert_eq!(status_of(&gateway, "/x#/public/x", Over::H2).await, 401);
    status_of(&gateway, "/public/x#/../../x", Over::H2).await;
    assert!(app.seen().iter().all(|seen| seen.target == "/public/x"), "{:?}", app.seen());
}

/// P1: the normal form is what routes see and what the app gets.
#[tokio::test]
async fn the_forwarded_path_is_the_one_that_was_decided_on() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    for over in Over::BOTH {
        for (asked, forwarded) in [
            ("/public/%7Euser/%61", "/public/~user/a"),
            ("/%70ublic/x", "/public/x"),
            ("/public/a%e2%82%acb", "/public/a%E2%82%ACb"),
            ("/public/a+b,c@d:e!f$g&h'(i)*=", "/public/a+b,c@d:e!f$g&h'(i)*="),
            ("/public/a;v=1", "/public/a;v=1"),
            ("/public/...", "/public/..."),
            ("/public/x?a=%2F..%2f&b=//../#".trim_end_matches('#'), "/public/x?a=%2F..%2f&b=//../"),
            ("/public/?", "/public/?"),
        ] {
            assert_eq!(status_of(&gateway, asked, over).await, 200, "{asked} over {over:?}");
            assert_eq!(app.last().target, forwarded, "over {over:?}");
        }
        // An escape that is really a letter does not make a protected path an open one, nor the reverse.
        assert_eq!(status_of(&gateway, "/publi%63x", over).await, 401);
        gateway.ask(&Ask::get("/%78").key(&key), over).await.expect(200);
        assert_eq!(app.last().target, "/x");
    }
}

/// P2: a route that allows escapes gets them byte for byte.
#[tokio::test]
async fn allowed_escapes_are_forwarded_byte_for_byte() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        for path in ["/encoded/@scope%2Fname", "/encoded/a%252Fb", "/encoded/a%3Bb%3Fc%23d", "/encoded/a//b"]
        {
            assert_eq!(status_of(&gateway, path, over).await, 200, "{path} over {over:?}");
            assert_eq!(app.last().target, path);
        }
        for path in [
            "/encoded/..%2Fx",
            "/encoded/%2e%2e%2fx",
            "/encoded/a%00b",
            "/encoded/a%5Cb",
            "/encoded/%252e%252e%252fx",
        ] {
            assert_eq!(status_of(&gateway, path, over).await, 400, "{path} over {over:?}");
        }
    }
}

/// P4: rewriting comes before the decision, and makes no ambiguous path.
#[tokio::test]
async fn rewriting_makes_no_other_path_than_the_one_decided_on() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        for (asked, forwarded) in
            [("/strip/a/b?c", "/added/a/b?c"), ("/strip", "/added/"), ("/strip/", "/added/")]
        {
            assert_eq!(status_of(&gateway, asked, over).await, 200, "{asked}");
            assert_eq!(app.last().target, forwarded, "{asked}");
        }
        for bad in ["/strip//x", "/strip/../x", "/strip/..;/x", "/strip..", "/strip../x"] {
            let status = status_of(&gateway, bad, over).await;
            assert!(status == 400 || status == 401, "{bad}: {status}");
        }
    }
    assert!(app.seen().iter().all(|seen| seen.target.starts_with("/added/")), "{:?}", app.seen());
}

/// P5: the query opens and closes nothing.
#[tokio::test]
async fn rules_see_the_path_and_not_the_query() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        for closed in ["/x?/public/x", "/x?path=/public", "/publicx", "/x?x=/../public/", "/x/public"] {
            assert_eq!(status_of(&gateway, closed, over).await, 401, "{closed}");
        }
        assert_eq!(status_of(&gateway, "/public/x?next=/x", over).await, 200);
    }
}

/// P7, P13: no header says which path or method is meant.
#[tokio::test]
async fn no_header_names_another_path_or_method() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        for name in
            ["x-forwarded-uri", "x-original-url", "x-rewrite-url", "x-original-uri", "x-forwarded-path"]
        {
            gateway.ask(&Ask::get("/x").header(name, "/public/x"), over).await.expect(401);
        }
        let ask = Ask::post("/public/x", "a")
            .header("x-http-method-override", "DELETE")
            .header("x-forwarded-method", "DELETE")
            .header("x-original-url", "/admin");
        gateway.ask(&ask, over).await.expect(200);
        let seen = app.last();
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/public/x"));
        assert!(seen.fields.iter().all(|(_, value)| value != "DELETE" && value != "/admin"), "{seen:?}");
    }
}

/// P14: methods and forms of a target that open something else than a path.
#[tokio::test]
async fn connect_trace_and_foreign_targets_are_refused() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for (line, statuses) in [
        ("CONNECT app.test:443 HTTP/1.1", &[400, 405, 501][..]),
        ("CONNECT /public/x HTTP/1.1", &[400, 405, 501]),
        ("TRACE /public/x HTTP/1.1", &[405, 501]),
        ("GET https://other.test/public/x HTTP/1.1", &[400, 421]),
        ("GET http://user@app.test/public/x HTTP/1.1", &[400]),
        ("GET app.test:443 HTTP/1.1", &[400]),
        ("GET /public/x HTTP/1.2", &[400, 505]),
        ("GET /public/x HTTP/2.0", &[400, 505]),
        ("GET /public/x", &[400]),
        ("GET  /public/x HTTP/1.1", &[400]),
        ("GET /public/x  HTTP/1.1", &[400]),
        ("GET /public/x HTTP/1.1 x", &[400]),
        ("G(T /public/x HTTP/1.1", &[400]),
    ] {
        let mut wire = gateway.wire().await;
        wire.send(format!("{line}\r\nHost: app.test\r\n\r\n")).await;
        let status = wire.maybe_answer(false).await.map_or(0, |answer| answer.status);
        assert!(statuses.contains(&status) || status == 0, "{line}: {status}");
    }
    assert!(app.seen().is_empty(), "{:?}", app.seen());
    let mut wire = gateway.wire().await;
    wire.send("GET https://app.test/public/x HTTP/1.1\r\nHost: app.test\r\n\r\n").await;
    wire.answer().await.expect(200);
    assert_eq!(app.only().target, "/public/x");
}

/// P14, in HTTP/2: CONNECT, also with a protocol that is no WebSocket, and TRACE.
#[tokio::test]
async fn connect_and_trace_are_refused_in_http_2() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let plain = [(":method", "CONNECT"), (":authority", "app.test:443")];
    let extended = [
        (":method", "CONNECT"),
        (":protocol", "connect-udp"),
        (":scheme", "https"),
        (":authority", "app.test"),
        (":path", "/public/x"),
    ];
    let trace =
        [(":method", "TRACE"), (":scheme", "https"), (":authority", "app.test"), (":path", "/public/x")];
    for fields in [&plain[..], &extended, &trace] {
        let outcome = gateway.frames().await.ask(fields).await;
        let refused = matches!(outcome.status(), Some(405 | 501));
        assert!(refused || outcome.is_refusal(), "{fields:?}: {outcome:?}");
    }
    assert!(app.seen().is_empty(), "{:?}", app.seen());
}

/// P10: pseudo-headers that are missing, doubled or out of order make no request.
#[tokio::test]
async fn malformed_pseudo_headers_are_refused() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let (method, scheme, host, path) =
        ((":method", "GET"), (":scheme", "https"), (":authority", "app.test"), (":path", "/public/x"));
    for fields in [
        vec![scheme, host, path],
        vec![method, scheme, host],
        vec![method, host, path],
        vec![method, method, scheme, host, path],
        vec![method, scheme, host, path, (":path", "/x")],
        vec![method, scheme, ("x", "y"), host, path],
        vec![method, scheme, host, path, (":status", "200")],
        vec![("content-length", "0"), method, scheme, host, path],
        vec![method, scheme, path],
    ] {
        let outcome = gateway.frames().await.ask(&fields).await;
        assert!(outcome.is_refusal(), "{fields:?}: {outcome:?}");
    }
    assert!(app.seen().is_empty(), "{:?}", app.seen());
}

/// P1 to P3: no spelling of a path that an app may take for one of a closed route comes in by an open one.
#[tokio::test]
async fn an_open_route_lends_its_access_to_no_other_reading_of_a_path() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        for path in
            ["/public/closed;x/y", "/public/;x/closed", "/public/closed;x", "/encoded//../public/closed"]
        {
            gateway.ask(&Ask::get(path), over).await.expect(400);
        }
        gateway.ask(&Ask::get("/public/other;x/y"), over).await.expect(200);
    }
    assert!(app.seen().iter().all(|seen| !seen.target.contains("closed")));
}

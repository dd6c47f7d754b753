//! Which route a request meets, and what only the operations listener answers (rows P8, P9, P11 to P13).

use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::upstream::Upstream;

/// P8: nothing that a client says of itself opens a route, and health is not answered here.
#[tokio::test]
async fn no_header_opens_a_route_and_health_is_elsewhere() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        for agent in ["kube-probe/1.30", "GoogleHC/1.0", "ELB-HealthChecker/2.0", "Prometheus/2.0"] {
            gateway.ask(&Ask::get("/x").header("user-agent", agent), over).await.expect(401);
        }
        for path in ["/healthz", "/readyz", "/metrics", "/ping", "/debug"] {
            gateway.ask(&Ask::get(path), over).await.expect(401);
        }
        let internal = Ask::get("/x").header("x-forwarded-for", "127.0.0.1").header("x-internal", "1");
        gateway.ask(&internal, over).await.expect(401);
    }
    assert!(app.seen().is_empty());
}

/// P9: a host is one host in every spelling.
#[tokio::test]
async fn spellings_of_a_host_meet_the_same_route() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        for host in ["app.test", "APP.test", "App.Test:443", "app.test.", "app.test:8443"] {
            gateway.ask(&Ask::get("/x").host(host), over).await.expect(401);
            gateway.ask(&Ask::get("/public/x").host(host), over).await.expect(200);
        }
    }
}

/// P9: a name that is no host name names no route.
#[tokio::test]
async fn malformed_hosts_are_refused() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for host in [
        "",
        "app%2etest",
        "app.test%00",
        "app.test/x",
        "app.test@other.test",
        "app .test",
        "[::1",
        "app.test:x",
        "app.test:99999999",
        "app.test, other.test",
        "\u{e4}pp.test",
        ".",
        "app..test",
    ] {
        let mut wire = gateway.wire().await;
        wire.send(format!("GET /public/x HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        let status = wire.maybe_answer(false).await.map_or(0, |answer| answer.status);
        assert!([0, 400, 421].contains(&status), "{host:?}: {status}");
    }
    let mut wire = gateway.wire().await;
    wire.send("GET /public/x HTTP/1.1\r\n\r\n").await;
    assert_eq!(wire.answer().await.status, 400, "no host at all");
    assert!(app.seen().is_empty(), "{:?}", app.seen());
}

/// L2: a host that is not ours, or not of this connection's certificate and policy, is misdirected.
#[tokio::test]
async fn a_host_of_nobody_is_misdirected() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        for host in ["nobody.test", "127.0.0.1", "test", "sub.app.test"] {
            gateway.ask(&Ask::get("/public/x").host(host), over).await.expect(421);
        }
    }
    assert!(app.seen().is_empty());
}

/// P11: a cookie that cannot be one is nobody: turned away, or let in without identity.
#[tokio::test]
async fn a_broken_cookie_is_nobody() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let long = "x".repeat(3000);
    for over in Over::BOTH {
        for value in [
            "",
            "x",
            "=",
            "%00",
            "\"quoted\"",
            "ey.J.x",
            &long,
            "0123456789012345678901234567890123456789012",
        ] {
            let cookie = format!("__Host-portcullis={value}");
            gateway.ask(&Ask::get("/x").header("cookie", &cookie), over).await.expect(401);
            gateway.ask(&Ask::get("/optional/x").header("cookie", &cookie), over).await.expect(200);
            assert!(app.last().names().iter().all(|name| !name.eq_ignore_ascii_case("x-forwarded-user")));
            gateway.ask(&Ask::get("/public/x").header("cookie", &cookie), over).await.expect(200);
        }
    }
}

/// A path with other methods than the route takes, and a path of no route.
#[tokio::test]
async fn methods_and_paths_of_no_route_are_told_apart() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        let answer = gateway.ask(&Ask::post("/get-only/x", "a").host("other.test"), over).await.expect(405);
        assert!(answer.header("allow").is_some_and(|allow| allow.contains("GET")), "{answer:?}");
        gateway.ask(&Ask::get("/get-only/x").host("other.test"), over).await.expect(200);
        gateway.ask(&Ask::get("/elsewhere").host("other.test"), over).await.expect(404);
        gateway.ask(&Ask::get("/only-here").host("other.test"), over).await.expect(200);
        // The longest path wins, on segment borders.
        gateway.ask(&Ask::get("/public/closed/x"), over).await.expect(401);
        gateway.ask(&Ask::get("/public/closedx"), over).await.expect(200);
    }
}

/// Rank decides where roles are demanded.
#[tokio::test]
async fn a_route_for_managers_turns_viewers_away() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let viewer = gateway.key().await;
    let manager = gateway.key_of_role("manager").await;
    for over in Over::BOTH {
        gateway.ask(&Ask::get("/managers/x").key(&viewer), over).await.expect(403);
        gateway.ask(&Ask::get("/managers/x").key(&manager), over).await.expect(200);
        gateway.ask(&Ask::get("/managers/x"), over).await.expect(401);
    }
    assert_eq!(app.seen().len(), 2);
}

/// A preflight is answered by the route's rules, a plain OPTIONS is a request like any other.
#[tokio::test]
async fn only_a_real_preflight_skips_the_credential() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let preflight = |origin: &str| {
        Ask::new("OPTIONS", "/cors/x").header("origin", origin).header("access-control-request-method", "PUT")
    };
    for over in Over::BOTH {
        let answer = gateway.ask(&preflight("https://friend.test"), over).await;
        assert!([200, 204].contains(&answer.status), "{answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://friend.test"));
        let foreign = gateway.ask(&preflight("https://evil.test"), over).await;
        assert!(foreign.header("access-control-allow-origin").is_none(), "{foreign:?}");
        gateway.ask(&Ask::new("OPTIONS", "/cors/x"), over).await.expect(401);
        gateway
            .ask(&Ask::new("OPTIONS", "/x").header("origin", "https://friend.test"), over)
            .await
            .expect(401);
    }
    assert!(app.seen().is_empty(), "{:?}", app.seen());
}

/// A script of a listed origin may read why it was turned away, one of another origin may not.
#[tokio::test]
async fn a_refusal_can_be_read_by_scripts_of_listed_origins() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        let asked = async |path: &str, origin: &str| {
            gateway.ask(&Ask::get(path).header("origin", origin), over).await.expect(401)
        };
        let friend = asked("/cors/x", "https://friend.test").await;
        assert_eq!(friend.header("access-control-allow-origin"), Some("https://friend.test"), "{friend:?}");
        assert_eq!(friend.header("vary"), Some("origin"), "{friend:?}");
        let stranger = asked("/cors/x", "https://evil.test").await;
        assert!(stranger.header("access-control-allow-origin").is_none(), "{stranger:?}");
        let elsewhere = asked("/x", "https://friend.test").await;
        assert!(elsewhere.header("access-control-allow-origin").is_none(), "{elsewhere:?}");
    }
}

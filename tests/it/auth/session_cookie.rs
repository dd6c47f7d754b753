//! Sessions by cookie: their host, their end, and who may use them (rows K6, K10).

use std::time::Duration;

use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::upstream::Upstream;

fn with(cookie: &str) -> Ask {
    Ask::get("/x").header("cookie", &format!("__Host-portcullis={cookie}"))
}

/// A session tells the app who it is.
#[tokio::test]
async fn a_session_tells_the_app_who_it_is() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let session = gateway.session().await;
    for over in Over::BOTH {
        gateway.ask(&with(&session), over).await.expect(200);
        let seen = app.last();
        assert_eq!(seen.header("x-forwarded-user"), Some("ada"));
        assert_eq!(seen.header("x-portcullis-auth-method"), Some("session"));
        assert!(seen.all("x-portcullis-key-id").is_empty());
    }
}

/// A cookie counts on its own host only.
#[tokio::test]
async fn a_cookie_counts_on_its_own_host_only() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let session = gateway.session().await;
    for over in Over::BOTH {
        let elsewhere = Ask { target: "/only-here/closed".into(), ..with(&session) }.host("other.test");
        gateway.ask(&elsewhere, over).await.expect(401);
    }
}

/// K6, R-47, R-51: an ended session is refused on the next request.
#[tokio::test]
async fn an_ended_session_is_refused_on_the_next_request() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let session = gateway.session().await;
    gateway.ask(&with(&session), Over::H1).await.expect(200);
    gateway.end_sessions("ada").await;
    for over in Over::BOTH {
        gateway.ask(&with(&session), over).await.expect(401);
    }
}

/// R-49, K9: idle and absolute ends are judged at use.
#[tokio::test]
async fn a_session_ends_when_idle_and_when_old() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let (idle, old) = (gateway.session().await, gateway.session().await);
    gateway.ask(&with(&idle), Over::H1).await.expect(200);
    for _ in 0..23 {
        gateway.clock.advance(Duration::from_secs(3_500));
        gateway.ask(&with(&old), Over::H1).await.expect(200);
    }
    gateway.ask(&with(&idle), Over::H1).await.expect(401);
    gateway.clock.advance(Duration::from_secs(3_500));
    gateway.ask(&with(&old), Over::H1).await.expect(200);
    gateway.clock.advance(Duration::from_secs(3_500));
    gateway.ask(&with(&old), Over::H2).await.expect(401);
}

/// Another origin cannot use the cookie for a change.
#[tokio::test]
async fn another_origin_cannot_use_the_cookie_for_a_change() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let session = gateway.session().await;
    let post = |fields: &[(&str, &str)]| {
        let mut ask = Ask { method: "POST".into(), body: b"a".to_vec(), ..with(&session) };
        for (name, value) in fields {
            ask = ask.header(name, value);
        }
        ask
    };
    for over in Over::BOTH {
        for foreign in [
            &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")][..],
            &[("sec-fetch-site", "same-site"), ("origin", "https://evil.app.test")],
            &[("origin", "https://evil.test")],
            &[("origin", "null")],
            &[("origin", "http://app.test")],
        ] {
            gateway.ask(&post(foreign), over).await.expect(403);
        }
        for own in [
            &[("sec-fetch-site", "same-origin"), ("origin", "https://app.test")][..],
            &[("origin", "https://app.test")],
        ] {
            gateway.ask(&post(own), over).await.expect(200);
        }
    }
}

/// K8: a suspended person's session stops at once.
#[tokio::test]
async fn a_suspended_persons_session_is_refused_on_the_next_request() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let session = gateway.session().await;
    gateway.ask(&with(&session), Over::H1).await.expect(200);
    gateway.suspend("ada").await;
    for over in Over::BOTH {
        gateway.ask(&with(&session), over).await.expect(401);
    }
}

/// With several credentials one must be chosen, also right after a route that needs none.
#[tokio::test]
async fn several_credentials_are_listed_whatever_was_visited_before() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    gateway.household.space("second").await;
    let session = gateway.session().await;
    for over in Over::BOTH {
        let optional = Ask { target: "/optional/x".into(), ..with(&session) };
        gateway.ask(&optional, over).await.expect(200);
        let text = gateway.ask(&with(&session), over).await.expect(403).text();
        assert!(text.contains("app/home/second/viewer"), "{text}");
    }
}

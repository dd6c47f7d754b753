//! Who calls the API, and by what (rows K7, K16, R-53, R-54, R-64, R-65).

use std::time::Duration;

use portcullis::model::account::Office;
use portcullis::model::api_key::KeyAudience;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::office::{GATE, api, send};
use crate::support::upstream::Upstream;

/// What an answer says, in JSON.
pub(crate) fn said(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("no JSON: {}", answer.text()))
}

/// The last part of a problem's type.
#[track_caller]
pub(crate) fn problem(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let kind = said(answer)["type"].as_str().unwrap().to_owned();
    kind.rsplit(':').next().unwrap().to_owned()
}

/// Nobody gets anything but a challenge; a script in a browser gets none, as it would show a prompt.
#[tokio::test]
async fn a_stranger_is_challenged_and_a_script_is_not() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        let answer = gateway.ask(&api("GET", "/me"), over).await;
        assert_eq!(problem(&answer, 401), "nobody");
        assert_eq!(answer.all("www-authenticate").len(), 2);
        let script = api("GET", "/me").header("sec-fetch-mode", "cors");
        assert!(gateway.ask(&script, over).await.expect(401).all("www-authenticate").is_empty());
    }
}

/// a key counts before the cookie; R-64: two slots are refused; a bad key is never rescued by a cookie.
#[tokio::test]
async fn a_key_counts_before_the_cookie_and_a_bad_one_is_not_rescued() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let staff = gateway.staff();
    staff.person("grace", None).await;
    staff.grant("grace", "home", "viewer").await;
    let (cookie, _) = staff.session("grace").await;
    let key = staff.key("ada", KeyAudience::Upstream, "app/home/general/viewer").await;
    let both = gateway.ask(&api("GET", "/me").signed_in(&cookie).key(&key), Over::H1).await.expect(200);
    assert_eq!(said(&both)["account"]["user_name"], "ada");
    assert_eq!(said(&both)["presented"]["method"], "key");
    for ask in [
        api("GET", "/me").header("x-api-key", &key),
        api("GET", "/me").header("authorization", &format!("Bearer {key}")),
    ] {
        gateway.ask(&ask, Over::H2).await.expect(200);
    }
    let twice = api("GET", "/me").key(&key).header("x-api-key", &key);
    assert_eq!(problem(&gateway.ask(&twice, Over::H1).await, 400), "several-credentials");
    let forged = gateway.key_with_another_secret(&key);
    for bad in [forged.as_str(), "nonsense"] {
        let answer = gateway.ask(&api("GET", "/me").signed_in(&cookie).key(bad), Over::H1).await;
        assert_eq!(problem(&answer, 401), "bad-key");
        assert_eq!(answer.all("www-authenticate").len(), 2);
    }
}

/// K5, K7: failures at the API and at the routes are counted together.
#[tokio::test]
async fn failures_at_the_api_cost_the_same_budget_as_at_the_routes() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for turn in 0..30 {
        let ask = if turn % 2 == 0 { api("GET", "/me") } else { Ask::get("/x") };
        gateway.ask(&ask.key("nonsense"), Over::H1).await.expect(401);
    }
    for ask in [api("GET", "/me"), Ask::get("/x")] {
        let answer = gateway.ask(&ask.key("nonsense"), Over::H1).await;
        assert_eq!(problem(&answer, 429), "too-many-failures");
        assert!(answer.header("retry-after").is_some());
    }
    let good = gateway.key().await;
    gateway.ask(&api("GET", "/me").key(&good), Over::H1).await.expect(200);
}

/// K7: each kind of key opens its own doors only.
#[tokio::test]
async fn kinds_of_keys_do_not_mix() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let staff = gateway.staff();
    staff.service("robot", "home").await;
    staff.grant("robot", "home", "manager").await;
    let carried = "app/home/general/manager";
    let for_apps = staff.key("robot", KeyAudience::Upstream, carried).await;
    let for_api = staff.key("robot", KeyAudience::Api, carried).await;
    let powerless = staff.key("robot", KeyAudience::Api, "app/home/general/viewer").await;
    let personal = gateway.key().await;
    let list = || api("GET", "/organisations/home/members");
    gateway.ask(&list().key(&for_api), Over::H1).await.expect(200);
    let refused =
        [(&for_apps, "key-not-for-api"), (&personal, "key-reads-own"), (&powerless, "key-may-not-manage")];
    for (key, why) in refused {
        assert_eq!(problem(&gateway.ask(&list().key(key), Over::H1).await, 403), why);
    }
    gateway.ask(&api("GET", "/me").key(&powerless), Over::H1).await.expect(200);
    gateway.ask(&api("GET", "/me/keys").key(&personal), Over::H1).await.expect(200);
    let answer = gateway.ask(&api("GET", "/me").key(&for_apps), Over::H1).await;
    assert_eq!(problem(&answer, 403), "key-not-for-api");
    gateway.ask(&Ask::get("/x").key(&for_api), Over::H1).await.expect(403);
    assert!(app.seen().is_empty());
    // no key makes keys.
    let body = json!({ "name": "more", "credentials": [carried] });
    for key in [&for_api, &personal] {
        gateway.ask(&send("POST", "/me/keys", &body).key(key), Over::H1).await.expect(403);
    }
}

/// R-53, K16: a change by cookie must come from the gate's own origin.
#[tokio::test]
async fn a_change_by_cookie_from_another_origin_is_refused() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let staff = gateway.staff();
    staff.person("root", Some(Office::Administrator)).await;
    let (cookie, _) = staff.session("root").await;
    let body = json!({ "slug": "acme" });
    let cookie = format!("__Host-portcullis={cookie}");
    let post = || send("POST", "/organisations", &body).header("cookie", &cookie);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.test"),
        ("origin", "null"),
    ] {
        let answer = gateway.ask(&post().header(name, value), Over::H1).await;
        assert_eq!(problem(&answer, 403), "cross-origin", "{name}: {value}");
    }
    gateway.ask(&post().header("origin", "https://gate.test"), Over::H1).await.expect(201);
    let read = api("GET", "/organisations").header("cookie", &cookie).header("sec-fetch-site", "cross-site");
    gateway.ask(&read, Over::H1).await.expect(200);
}

/// what is delicate asks for a proof of the last ten minutes.
#[tokio::test]
async fn delicate_changes_need_a_fresh_proof() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let staff = gateway.staff();
    let (cookie, _) = staff.session("ada").await;
    let body = |name: &str| json!({ "name": name, "credentials": ["app/home/general/viewer"] });
    let make = |name: &str| send("POST", "/me/keys", &body(name)).signed_in(&cookie);
    gateway.ask(&make("one"), Over::H1).await.expect(201);
    gateway.clock.advance(Duration::from_secs(600));
    let answer = gateway.ask(&make("two"), Over::H1).await;
    assert_eq!(problem(&answer, 403), "authentication-too-old");
    gateway.ask(&api("GET", "/me/keys").signed_in(&cookie), Over::H1).await.expect(200);
}

/// K16: the API is on the public origin only, and no spelling of its path leads around that.
#[tokio::test]
async fn the_api_is_on_the_public_origin_only() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    gateway.ask(&api("GET", "/me").key(&key).host("other.test"), Over::H1).await.expect(404);
    // Where a route has the whole host, the path is its app's.
    gateway.ask(&api("GET", "/me").key(&key).host("app.test"), Over::H1).await.expect(200);
    assert_eq!(app.seen().len(), 1);
    for target in [
        "/.portcullis/api/v1/me/",
        "/.portcullis//api/v1/me",
        "/.Portcullis/api/v1/me",
        "/.portcullis/api/v1/%6de",
    ] {
        let answer = gateway.ask(&Ask::get(target).key(&key).host(GATE), Over::H1).await;
        assert!([200, 400, 404].contains(&answer.status), "{target} {}", answer.status);
        assert_eq!(app.seen().len(), 1, "{target}");
    }
    gateway.ask(&api("GET", "/me").key(&key), Over::H1).await.expect(200);
}

/// a program's own form asks for the letter; the answer is the same for everybody.
#[tokio::test]
async fn a_letter_that_sets_a_password_is_asked_for_by_anybody() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for name in ["ada", "nobody@example.org"] {
        let answer = gateway.ask(&send("POST", "/password-resets", &json!({ "name": name })), Over::H1).await;
        assert_eq!(said(&answer.expect(200)), json!({ "heard": true }));
    }
    let empty = gateway.ask(&send("POST", "/password-resets", &json!({ "name": " " })), Over::H1).await;
    assert_eq!(problem(&empty, 422), "no-name");
}

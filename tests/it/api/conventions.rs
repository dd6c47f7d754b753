//! What all endpoints have in common: pages of lists, problems, versions, creations that are asked for twice.

use std::time::Duration;

use portcullis::model::account::Office;
use serde_json::json;

use super::caller::{problem, said};
use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::office::{api, send};
use crate::support::upstream::Upstream;

async fn administered(app: &Upstream) -> (Gateway, String) {
    let gateway = Gateway::before(app).await;
    gateway.staff().person("root", Some(Office::Administrator)).await;
    let (cookie, _) = gateway.staff().session("root").await;
    (gateway, cookie)
}

/// Pages meet without gap or overlap, and a cursor is taken from here only.
#[tokio::test]
async fn a_list_is_read_by_the_page() {
    let app = Upstream::echo().await;
    let (gateway, cookie) = administered(&app).await;
    for name in ["bob", "carol", "dave"] {
        gateway.staff().person(name, None).await;
    }
    for list in ["/accounts", "/audit"] {
        let whole = gateway.ask(&api("GET", list).signed_in(&cookie), Over::H1).await.expect(200);
        let whole = said(&whole)["items"].as_array().unwrap().clone();
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = api("GET", &format!("{list}?limit=2{cursor}")).signed_in(&cookie);
            let page = said(&gateway.ask(&page, Over::H2).await.expect(200));
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 2);
            seen.extend(items.iter().cloned());
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, whole, "{list}");
        assert!(seen.len() > 3);
    }
    for query in ["limit=0", "limit=201", "limit=x", "cursor=%21", "more=1", "limit=1&limit=2"] {
        let answer =
            gateway.ask(&api("GET", &format!("/accounts?{query}")).signed_in(&cookie), Over::H1).await;
        assert_eq!(problem(&answer, 400), "bad-query", "{query}");
        assert!(said(&answer)["errors"][0]["detail"].is_string());
    }
}

/// What is wrong with a body is said with its place.
#[tokio::test]
async fn a_body_is_read_strictly() {
    let app = Upstream::echo().await;
    let (gateway, cookie) = administered(&app).await;
    let post = |body: &str, kind: &str| {
        let ask = api("POST", "/accounts").header("content-type", kind).signed_in(&cookie);
        Ask { body: body.as_bytes().to_vec(), ..ask }
    };
    let cases = [
        ("{\"user_name\":\"Bob\"}", "application/json", 422, "invalid-fields", "/user_name"),
        ("{\"user_name\":\"bob\",\"e\":1}", "application/json", 422, "invalid-fields", "/e"),
        ("{}", "application/json", 422, "invalid-fields", ""),
        ("{\"user_name\":\"ada\"}", "application/json", 409, "taken-user-name", "/user_name"),
        ("{\"user_name\":", "application/json", 400, "bad-json", ""),
    ];
    for (body, kind, status, slug, pointer) in cases {
        let answer = gateway.ask(&post(body, kind), Over::H1).await;
        assert_eq!(problem(&answer, status), slug, "{body}");
        assert_eq!(said(&answer)["errors"][0]["pointer"], pointer, "{body}");
    }
    let answer = gateway.ask(&post("{}", "text/plain"), Over::H1).await;
    assert_eq!(problem(&answer, 415), "no-json");
    let long = format!("{{\"user_name\":\"{}\"}}", "x".repeat(64 * 1024));
    let answer = gateway.ask(&post(&long, "application/json"), Over::H1).await;
    assert_eq!(problem(&answer, 413), "body-too-long");
}

/// Other methods are refused with those that would do; HEAD is GET without its body.
#[tokio::test]
async fn other_methods_are_refused_and_head_is_answered() {
    let app = Upstream::echo().await;
    let (gateway, cookie) = administered(&app).await;
    for over in Over::BOTH {
        let answer = gateway.ask(&api("PUT", "/accounts").signed_in(&cookie), over).await;
        assert_eq!(problem(&answer, 405), "method-not-allowed");
        assert_eq!(answer.header("allow"), Some("GET,HEAD,POST"));
        let head =
            gateway.ask(&api("HEAD", "/organisations/home").signed_in(&cookie), over).await.expect(200);
        let get = gateway.ask(&api("GET", "/organisations/home").signed_in(&cookie), over).await.expect(200);
        assert!(head.body.is_empty());
        assert_eq!(head.header("etag"), get.header("etag"));
        let nothing = gateway.ask(&api("GET", "/nothing").signed_in(&cookie), over).await;
        assert_eq!(problem(&nothing, 404), "not-found");
    }
}

/// A change can be bound to what was seen.
#[tokio::test]
async fn a_change_bound_to_a_version_is_refused_after_another_change() {
    let app = Upstream::echo().await;
    let (gateway, cookie) = administered(&app).await;
    let seen = gateway.ask(&api("GET", "/organisations/home").signed_in(&cookie), Over::H1).await;
    let version = seen.header("etag").unwrap().to_owned();
    let rename = |name: &str, version: &str| {
        send("PATCH", "/organisations/home", &json!({ "name": name }))
            .signed_in(&cookie)
            .header("if-match", version)
    };
    let renamed = gateway.ask(&rename("One", &version), Over::H1).await.expect(200);
    let answer = gateway.ask(&rename("Two", &version), Over::H1).await;
    assert_eq!(problem(&answer, 412), "changed-meanwhile");
    let weak = format!("W/{}", renamed.header("etag").unwrap());
    gateway.ask(&rename("Two", &weak), Over::H1).await.expect(412);
    let several = format!("\"other\", {}", renamed.header("etag").unwrap());
    gateway.ask(&rename("Two", &several), Over::H1).await.expect(200);
    gateway.ask(&rename("Three", "*"), Over::H1).await.expect(200);
    // A verb is bound to the thing in front of it.
    let stop =
        |version: &str| api("POST", "/accounts/ada/suspend").signed_in(&cookie).header("if-match", version);
    gateway.ask(&stop("\"other\""), Over::H1).await.expect(412);
    let seen = gateway.ask(&api("GET", "/accounts/ada").signed_in(&cookie), Over::H1).await;
    gateway.ask(&stop(seen.header("etag").unwrap()), Over::H1).await.expect(200);
}

/// A creation that is asked for twice under one name is done once, and its secret is given again.
#[tokio::test]
async fn a_named_creation_is_done_once() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let (cookie, _) = gateway.staff().session("ada").await;
    let body = |name: &str| json!({ "name": name, "credentials": ["app/home/general/viewer"] });
    let make = |name: &str, key: &str| {
        send("POST", "/me/keys", &body(name)).signed_in(&cookie).header("idempotency-key", key)
    };
    let first = gateway.ask(&make("laptop", "a-1"), Over::H1).await.expect(201);
    let again = gateway.ask(&make("laptop", "a-1"), Over::H2).await.expect(201);
    assert_eq!(first.body, again.body);
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        (None, Some("true"))
    );
    let list = gateway.ask(&api("GET", "/me/keys").signed_in(&cookie), Over::H1).await;
    assert_eq!(said(&list)["items"].as_array().unwrap().len(), 1);
    let other = gateway.ask(&make("desktop", "a-1"), Over::H1).await;
    assert_eq!(problem(&other, 422), "idempotency-key-reused");
    // What was refused may be asked for again.
    let refused = gateway.ask(&make("laptop", "a-2"), Over::H1).await;
    assert_eq!(problem(&refused, 409), "taken-key-name");
    let id = said(&first)["key"]["id"].as_str().unwrap().to_owned();
    gateway.ask(&api("DELETE", &format!("/keys/{id}")).signed_in(&cookie), Over::H1).await.expect(204);
    gateway.ask(&make("laptop", "a-2"), Over::H1).await.expect(201);
    for bad in ["", "a b", &"x".repeat(256)] {
        let answer = gateway.ask(&make("more", bad), Over::H1).await;
        assert_eq!(problem(&answer, 400), "bad-idempotency-key");
    }
    // Names are everybody's own.
    gateway.staff().person("root", Some(Office::Administrator)).await;
    let (root, _) = gateway.staff().session("root").await;
    let mine = send("POST", "/organisations", &json!({ "slug": "acme" })).signed_in(&root);
    gateway.ask(&mine.header("idempotency-key", "a-1"), Over::H1).await.expect(201);
}

/// Of two that ask at the same moment under one name, one thing comes.
#[tokio::test]
async fn a_named_creation_asked_for_at_once_is_done_once() {
    let app = Upstream::echo().await;
    let (gateway, cookie) = administered(&app).await;
    let ask = send("POST", "/accounts", &json!({ "user_name": "bob" })).signed_in(&cookie);
    let ask = ask.header("idempotency-key", "at-once");
    let (one, two) = tokio::join!(gateway.ask(&ask, Over::H1), gateway.ask(&ask, Over::H2));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert!(statuses == [201, 201] || statuses == [201, 409], "{statuses:?}");
    gateway.ask(&ask, Over::H1).await.expect(201);
}

/// An answer is kept sealed, and for a day.
#[tokio::test]
async fn kept_answers_are_sealed_and_go_after_a_day() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let (cookie, _) = gateway.staff().session("ada").await;
    let body = json!({ "name": "laptop", "credentials": ["app/home/general/viewer"] });
    let make = send("POST", "/me/keys", &body).signed_in(&cookie).header("idempotency-key", "a");
    let first = gateway.ask(&make, Over::H1).await.expect(201);
    let secret = said(&first)["secret"].as_str().unwrap().to_owned();
    let files = gateway.stored().await;
    assert!(files.len() > 1000);
    assert!(!files.windows(secret.len()).any(|part| part == secret.as_bytes()), "the key lies in the clear");
    gateway.clock.advance(Duration::from_secs(24 * 3600 + 1));
    let store = &gateway.staff().0.store;
    portcullis::store::attic::clear(store, portcullis::time::Clock::now(&*gateway.clock)).await.unwrap();
    let (cookie, _) = gateway.staff().session("ada").await;
    let make = send("POST", "/me/keys", &body).signed_in(&cookie).header("idempotency-key", "a");
    assert_eq!(problem(&gateway.ask(&make, Over::H1).await, 409), "taken-key-name");
}

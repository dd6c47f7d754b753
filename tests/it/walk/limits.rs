//! Budgets of failures and quotas of requests (row K5).

use std::time::Duration;

use serde_json::json;

use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::upstream::Upstream;

/// K5: bad keys use up the budget of their source; a key that verifies still passes.
#[tokio::test]
async fn a_flood_of_bad_keys_is_slowed_down_and_good_keys_pass() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "[failures]\nper_source = \"5/1m\"\n").await;
    let key = gateway.key().await;
    let mut statuses = Vec::new();
    for at in 0..20 {
        let over = Over::BOTH[at % 2];
        let answer = gateway.ask(&Ask::get("/x").key(&format!("made-up-{at}")), over).await;
        if answer.status == 429 {
            assert!(
                answer.header("retry-after").is_some_and(|wait| wait.parse::<u32>().is_ok()),
                "{answer:?}"
            );
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses[..5], [401; 5], "{statuses:?}");
    assert_eq!(statuses[19], 429, "{statuses:?}");
    for over in Over::BOTH {
        gateway.ask(&Ask::get("/x").key(&key), over).await.expect(200);
    }
}

/// K5: every door and every spelling counts on the same budget.
#[tokio::test]
async fn every_slot_counts_on_the_same_budget() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "[failures]\nper_source = \"4/1m\"\n").await;
    let asks = [
        Ask::get("/x").key("made-up-1"),
        Ask::get("/x").header("authorization", "Bearer made-up-2"),
        Ask::get("/x").header("x-api-key", "made-up-3"),
        Ask::get("/optional/x").header("authorization", "BEARER made-up-4"),
    ];
    for ask in &asks {
        gateway.ask(ask, Over::H1).await.expect(401);
    }
    for ask in &asks {
        let answer = gateway.ask(ask, Over::H2).await;
        assert_eq!(answer.status, 429, "{ask:?}: {answer:?}");
    }
}

/// K5: a forwarded address is no source of its own.
#[tokio::test]
async fn a_forged_address_is_no_fresh_source() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "[failures]\nper_source = \"3/1m\"\n").await;
    let mut last = 0;
    for at in 0..12 {
        let ask =
            Ask::get("/x").key(&format!("made-up-{at}")).header("x-forwarded-for", &format!("10.0.0.{at}"));
        last = gateway.ask(&ask, Over::H1).await.status;
    }
    assert_eq!(last, 429);
}

/// Quotas are told on every answer, and what is over them waits.
#[tokio::test]
async fn quotas_are_told_and_kept() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    let mut statuses = Vec::new();
    for at in 0..6 {
        let answer = gateway.ask(&Ask::get("/quota/x").key(&key), Over::BOTH[at % 2]).await;
        assert!(
            answer.header("ratelimit-policy").is_some() && answer.header("ratelimit").is_some(),
            "{answer:?}"
        );
        assert!(answer.header("x-ratelimit-limit").is_some(), "{answer:?}");
        if answer.status == 429 {
            assert!(answer.header("retry-after").is_some(), "{answer:?}");
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429, 429]);
    // Another key has its own.
    let other = gateway.key().await;
    gateway.ask(&Ask::get("/quota/x").key(&other), Over::H1).await.expect(200);
}

/// A request that presents this key as coming from this client, through a proxy that is believed.
fn from(client: &str, key: &str) -> Ask {
    Ask::get("/x").key(key).header("x-forwarded-for", client)
}

/// Put behind `[listen]`, which the gateway's file begins with.
const BELIEVED: &str = "trusted_proxies = [\"127.0.0.1\"]\n";

/// K5: a key's id has a budget of its own, from wherever it is tried, and no key is locked out by it.
/// Ids that do not exist answer the same, so that trying tells nothing.
#[tokio::test]
async fn guesses_at_one_key_are_slowed_down_from_everywhere_together() {
    let app = Upstream::echo().await;
    let more = format!("{BELIEVED}[failures]\nper_source = \"100/1m\"\nper_subject = \"3/1m\"\n");
    let gateway = Gateway::with(&app, &more).await;
    let (key, other) = (gateway.key().await, gateway.key().await);
    let gone = gateway.key_of_role("manager").await;
    gateway.revoke(&gone).await;
    for known in [&key, &gone] {
        let guess = gateway.key_with_another_secret(known);
        for (at, status) in [401, 401, 401, 429, 429].into_iter().enumerate() {
            let ask = from(&format!("203.0.113.{at}"), &guess);
            gateway.ask(&ask, Over::BOTH[at % 2]).await.expect(status);
        }
    }
    gateway.ask(&from("203.0.113.9", &key), Over::H2).await.expect(200);
    let guess = gateway.key_with_another_secret(&other);
    gateway.ask(&from("203.0.113.9", &guess), Over::H1).await.expect(401);
}

/// K5: behind a proxy that is believed clients are told apart; addresses of one IPv6 /64 are not.
#[tokio::test]
async fn clients_behind_a_proxy_have_their_own_budgets_and_a_64_has_one() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, &format!("{BELIEVED}[failures]\nper_source = \"2/1m\"\n")).await;
    for (at, status) in [401, 401, 429].into_iter().enumerate() {
        for over in Over::BOTH {
            let client = format!("2001:db8:0:{}::{at}", over.alpn().len());
            gateway.ask(&from(&client, "made-up"), over).await.expect(status);
        }
    }
    gateway.ask(&from("2001:db8:0:77::1", "made-up"), Over::H1).await.expect(401);
    gateway.ask(&from("203.0.113.1", "made-up"), Over::H1).await.expect(401);
}

#[tokio::test]
async fn budgets_refill_evenly_and_success_costs_nothing() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "[failures]\nper_source = \"5/1m\"\n").await;
    let key = gateway.key().await;
    for _ in 0..20 {
        gateway.ask(&Ask::get("/x").key(&key), Over::H1).await.expect(200);
        gateway.ask(&Ask::get("/x").header("cookie", "__Host-portcullis=dead"), Over::H1).await.expect(401);
    }
    let guess = || Ask::get("/x").key("made-up");
    for status in [401, 401, 401, 401, 401, 429] {
        gateway.ask(&guess(), Over::H1).await.expect(status);
    }
    let told = gateway.ask(&guess(), Over::H1).await;
    assert_eq!(told.header("retry-after"), Some("12"));
    gateway.clock.advance(Duration::from_secs(12));
    gateway.ask(&guess(), Over::H1).await.expect(401);
    gateway.ask(&guess(), Over::H1).await.expect(429);
}

#[tokio::test]
async fn who_must_wait_is_listed_and_let_go_through_the_control_socket() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "[failures]\nper_source = \"3/1m\"\n").await;
    let guess = || Ask::get("/x").key("made-up");
    for status in [401, 401, 401, 429] {
        gateway.ask(&guess(), Over::H1).await.expect(status);
    }
    let list = || gateway.control(json!({ "do": "ban list" }));
    assert_eq!(list().await, json!([{ "party": "source 127.0.0.1", "seconds": 20 }]));
    let lifted = gateway.control(json!({ "do": "ban remove", "party": "127.0.0.1" })).await;
    assert_eq!(lifted, json!({ "lifted": true }));
    assert_eq!(list().await, json!([]));
    gateway.ask(&guess(), Over::H1).await.expect(401);
}

#[tokio::test]
async fn many_strangers_are_held_one_by_one_and_good_keys_pass() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, &format!("{BELIEVED}[failures]\nper_source = \"1/1m\"\n")).await;
    let key = gateway.key().await;
    for at in 0..200 {
        let client = format!("198.51.100.{at}");
        gateway.ask(&from(&client, &format!("made-up-{at}")), Over::H1).await.expect(401);
        gateway.ask(&from(&client, "made-up"), Over::H1).await.expect(429);
        if at % 50 == 0 {
            gateway.ask(&from(&client, &key), Over::H2).await.expect(200);
        }
    }
    let listed = gateway.control(json!({ "do": "ban list" })).await;
    assert_eq!(listed.as_array().map(Vec::len), Some(200));
}

/// Sessions and keys of an account share its quota; each key has its own beside it.
#[tokio::test]
async fn an_account_has_one_quota_however_it_comes() {
    let app = Upstream::echo().await;
    let route = "[[route]]\nhosts = [\"app.test\"]\npath = \"/shared\"\nupstream = \"app\"\n";
    let more = format!("{route}quota_per_account = \"3/1m\"\nquota = \"4/1m\"\n");
    let gateway = Gateway::with(&app, &more).await;
    let (key, cookie) = (gateway.key().await, gateway.session().await);
    let by_cookie = Ask::get("/shared/x").header("cookie", &format!("__Host-portcullis={cookie}"));
    let by_key = Ask::get("/shared/x").key(&key);
    let other = gateway.key_of_role("manager").await;
    gateway.ask(&by_key, Over::H1).await.expect(200);
    gateway.ask(&by_cookie, Over::H2).await.expect(200);
    let third = gateway.ask(&by_cookie, Over::H1).await.expect(200);
    assert_eq!(third.header("ratelimit"), Some("\"account\";r=0;t=60, \"route\";r=1;t=45"));
    let refused = gateway.ask(&by_key, Over::H2).await.expect(429);
    assert_eq!(refused.header("retry-after"), Some("20"));
    assert_eq!(refused.header("ratelimit"), Some("\"account\";r=0;t=20, \"route\";r=1;t=45"));
    gateway.ask(&Ask::get("/shared/x").key(&other), Over::H1).await.expect(200);
    let full = gateway.ask(&Ask::get("/shared/x").key(&other), Over::H1).await.expect(429);
    assert_eq!((full.header("x-ratelimit-limit"), full.header("retry-after")), (Some("4"), Some("15")));
    assert_eq!(app.seen().len(), 4, "what is refused does not reach the app");
}

/// H8: `limits.head_fields` holds over both protocols. The crumbs that HTTP/2 cuts a cookie into are one field.
#[tokio::test]
async fn a_head_of_too_many_fields_is_refused() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "[limits]\nhead_fields = 20\n").await;
    let asked = Ask::get("/x").key(&gateway.key().await);
    let many = (0..30).fold(asked.clone(), |ask, at| ask.header(&format!("x-many-{at}"), "v"));
    for over in Over::BOTH {
        gateway.ask(&many, over).await.expect(431);
    }
    let crumbs = (0..30).fold(asked, |ask, at| ask.header("cookie", &format!("crumb{at}=v")));
    gateway.ask(&crumbs, Over::H2).await.expect(200);
}

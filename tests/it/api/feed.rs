//! Webhooks and feeds through the API.

use portcullis::actions::{Actor, account};
use portcullis::model::api_key::KeyAudience;
use serde_json::{Value, json};

use super::caller::said;
use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::office::{api, send};
use crate::support::upstream::Upstream;

const ROLES: &str = "[[role]]\nslug = \"viewer\"\npermissions = [\"view\"]\n\
    [[role]]\nslug = \"reader\"\npermissions = [\"view\", \"feed\"]\n\
    [[role]]\nslug = \"simulation-runner\"\npermissions = [\"view\", \"simulate\"]\n\
    [[role]]\nslug = \"manager\"\npermissions = [\"view\", \"simulate\", \"manage\"]\n";

async fn part(gateway: &Gateway, key: &str, after: Option<&str>, limit: u32) -> Value {
    let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
    let ask = api("GET", &format!("/platforms/app/events?limit={limit}{after}"));
    said(&gateway.ask(&ask.key(key), Over::H1).await.expect(200))
}

/// S2-19: the pull form. From the cursor given back nothing is missed and nothing comes twice.
#[tokio::test]
async fn a_program_reads_what_its_platform_was_told_in_order_and_only_with_the_permission() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, ROLES).await;
    let staff = gateway.staff();
    for (name, home) in [("robot", "home"), ("stranger", "acme")] {
        if home == "acme" {
            staff.organisation(home).await;
            staff.entitle(home).await;
        }
        staff.service(name, home).await;
        staff.grant(name, home, "reader").await;
    }
    let key = staff.key("robot", KeyAudience::Api, "app/home/general/reader").await;
    let begin = part(&gateway, &key, None, 200).await["next"].as_str().unwrap().to_owned();
    assert_eq!(part(&gateway, &key, Some(&begin), 50).await, json!({ "items": [], "next": begin }));
    for name in ["ann", "ben", "cid"] {
        staff.person(name, None).await;
        staff.grant(name, "home", "viewer").await;
        account::suspend(&staff.0, &Actor::operator(), &name.parse().unwrap()).await.unwrap();
    }
    let (mut seen, mut after) = (Vec::new(), begin);
    loop {
        let part = part(&gateway, &key, Some(&after), 2).await;
        let items = part["items"].as_array().unwrap().clone();
        after = part["next"].as_str().unwrap().to_owned();
        if items.is_empty() {
            break;
        }
        seen.extend(items.iter().map(|one| {
            assert!(one["id"].is_string() && one["timestamp"].is_string());
            format!(
                "{} {}",
                one["data"]["account"]["user_name"].as_str().unwrap(),
                one["type"].as_str().unwrap()
            )
        }));
    }
    let expected = ["ann", "ben", "cid"].map(|name| {
        let says = |kind: &str| format!("{name} {kind}");
        [says("account.created"), says("grant.changed"), says("account.disabled")]
    });
    assert_eq!(seen, expected.concat());

    let viewer = staff.key("robot", KeyAudience::Api, "app/home/general/viewer").await;
    let elsewhere = staff.key("stranger", KeyAudience::Api, "app/acme/general/reader").await;
    let upstream = staff.key("robot", KeyAudience::Upstream, "app/home/general/reader").await;
    for (key, slug) in [(viewer, "may-not-feed"), (elsewhere, "may-not-feed"), (upstream, "key-not-for-api")]
    {
        let refused = gateway.ask(&api("GET", "/platforms/app/events").key(&key), Over::H1).await;
        assert!(said(&refused.expect(403))["type"].as_str().unwrap().ends_with(slug), "{slug}");
    }
    let ahead = gateway.ask(&api("GET", "/platforms/app/events?after=999999").key(&key), Over::H1).await;
    assert!(said(&ahead.expect(409))["type"].as_str().unwrap().ends_with("feed-expired"));
    let nonsense = gateway.ask(&api("GET", "/platforms/app/events?after=-1").key(&key), Over::H1).await;
    nonsense.expect(400);
}

/// R-70, B-20: an administrator makes a webhook; its secret is in that one answer.
#[tokio::test]
async fn an_administrator_makes_a_webhook_and_its_secret_is_shown_once() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let staff = gateway.staff();
    staff.person("root", Some(portcullis::model::account::Office::Administrator)).await;
    let cookie = staff.session("root").await.0;
    let ask = async |ask: Ask| gateway.ask(&ask.signed_in(&cookie), Over::H1).await;
    let new = |url: &str| json!({ "platform": "app", "url": url, "events": ["account.validated"] });
    for (url, slug) in
        [("http://example.com/", "address-not-https"), ("https://10.0.0.1/", "address-not-public")]
    {
        let refused = ask(send("POST", "/webhooks", &new(url))).await;
        assert!(said(&refused.expect(409))["type"].as_str().unwrap().ends_with(slug));
    }
    let made = said(&ask(send("POST", "/webhooks", &new("https://hooks.invalid/in"))).await.expect(201));
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"));
    let id = made["webhook"]["id"].as_str().unwrap();
    let shown = ask(api("GET", &format!("/webhooks/{id}"))).await.expect(200).text();
    assert!(!shown.contains(secret) && shown.contains("hooks.invalid"));
    ask(api("POST", &format!("/webhooks/{id}/test"))).await.expect(204);
    let sent = said(&ask(api("GET", &format!("/webhooks/{id}/deliveries"))).await.expect(200));
    assert_eq!(sent["items"][0]["type"], "test.ping");
    let delivery = sent["items"][0]["id"].as_str().unwrap();
    ask(api("POST", &format!("/webhooks/{id}/deliveries/{delivery}/resend"))).await.expect(204);
    let rotated = said(
        &ask(send("POST", &format!("/webhooks/{id}/rotate"), &json!({ "overlap": "1h" }))).await.expect(200),
    );
    assert_ne!(rotated["secret"], made["secret"]);
    let disabled = said(&ask(api("POST", &format!("/webhooks/{id}/disable"))).await.expect(200));
    assert_eq!(
        (disabled["condition"].as_str(), disabled["disabled_because"].as_str()),
        (Some("disabled"), Some("by-hand"))
    );
    ask(api("DELETE", &format!("/webhooks/{id}"))).await.expect(204);
    ask(api("GET", &format!("/webhooks/{id}"))).await.expect(404);
}

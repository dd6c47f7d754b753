//! Where validated addresses are demanded: the administrator's switch, and who is turned away by it.

use portcullis::actions::{Actor, account, demand};
use portcullis::model::account::Office;

use super::usurper::{app, make};
use super::{PASSWORD, ada, house};
use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::guest::Guest;
use crate::support::mailbox;
use crate::support::office::send;
use crate::support::upstream::Upstream;

/// Eve, whose address is not validated, but who was given a role.
async fn eve(gateway: &Gateway) -> Guest<'_> {
    make(&app(gateway), "eve", "eve@example.com").await.unwrap();
    gateway.household.password("eve", PASSWORD).await;
    gateway.staff().grant("eve", "home", "viewer").await;
    let mut eve = Guest::of(gateway);
    eve.sign_in("eve", PASSWORD).await.expect(200).expect_words("Your e-mail address is not validated.");
    eve
}

/// S2-01, S2-03, S2-04, S2-05, S2-21, S2-26: the switch holds on the next request, for whole platforms, for organisations,
/// everywhere; whoever is turned away is led to what helps.
#[tokio::test]
async fn an_administrator_demands_validated_addresses_where_they_like() {
    let (_app, gateway) = house().await;
    let app = app(&gateway);
    let mut eve = eve(&gateway).await;
    let mut ada = ada(&gateway).await;
    eve.open("https://app.test/x").await.expect(200);
    gateway.staff().person("root", Some(Office::Administrator)).await;
    gateway.household.password("root", PASSWORD).await;
    let mut root = Guest::of(&gateway);
    root.sign_in("root", PASSWORD).await.expect(200);
    for (field, value) in [("everywhere", "yes"), ("platforms", "wiki app"), ("organisations", "home")] {
        let form = root.gate("validation").await.expect(200).form("/.portcullis/validation");
        let empty = form.with("platforms", "").with("organisations", "").with("everywhere", "");
        root.send(&empty.clone().with(field, value)).await.expect(200).expect_words("It is saved");
        let page = eve.open("https://app.test/x").await.expect(200);
        assert_eq!(page.path.split('?').next(), Some("/.portcullis/send-validation"), "{field}");
        let cookie = eve.cookie("app.test", "__Host-portcullis").unwrap().to_owned();
        let ask = Ask::get("/x").header("cookie", &format!("__Host-portcullis={cookie}"));
        let answer = gateway.ask(&ask.header("accept", "application/json"), Over::H1).await.expect(403);
        assert!(answer.text().contains("not-validated"), "{}", answer.text());
        ada.open("https://app.test/x").await.expect(200);
        root.send(&empty).await.expect(200);
        eve.open("https://app.test/x").await.expect(200);
    }
    let form = root.gate("validation").await.form("/.portcullis/validation");
    root.send(&form.clone().with("platforms", "UPPER")).await.expect(422);
    root.send(&form.with("platforms", "app")).await.expect(200);
    let page = eve.open("https://app.test/x").await.expect(200);
    eve.send(&page.form("/.portcullis/send-validation")).await.expect(200).expect_words("letter");
    let link = mailbox::newest(&app, "eve@example.com").await.link("validate");
    let page = eve.open(&link).await.expect(200);
    eve.send(&page.form("/.portcullis/validate")).await.expect(200);
    eve.open("https://app.test/x").await.expect(200);
}

/// S2-05: elsewhere nothing changes; only administrators turn the switch, and another node or process hears of it.
#[tokio::test]
async fn the_switch_reaches_no_further_than_it_says() {
    let (_app, gateway) = house().await;
    let app = app(&gateway);
    let mut eve = eve(&gateway).await;
    let demanded = "platform:wiki organisation:acme".parse().unwrap();
    demand::set(&app, &Actor::operator(), demanded).await.unwrap();
    eve.open("https://app.test/x").await.expect(200);
    let member = gateway.staff().session("ada").await.0;
    let body = serde_json::json!({ "everywhere": true });
    gateway.ask(&send("PUT", "/validation", &body).signed_in(&member), Over::H1).await.expect(403);
    gateway.staff().person("sam", Some(Office::Support)).await;
    let support = gateway.staff().session("sam").await.0;
    gateway.ask(&send("PUT", "/validation", &body).signed_in(&support), Over::H1).await.expect(403);
    let name = "sam".parse().unwrap();
    account::set_office(&app, &Actor::operator(), &name, Some(Office::Administrator)).await.unwrap();
    let answer =
        gateway.ask(&send("PUT", "/validation", &body).signed_in(&support), Over::H1).await.expect(200);
    assert!(answer.text().contains("\"everywhere\":true"), "{}", answer.text());
}

/// Product decision 18: what the file says cannot be changed in pages, and the page says so.
#[tokio::test]
async fn what_the_file_demands_is_locked() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "[validation]\ndemanded = [\"platform:app\"]\n").await;
    let mut eve = eve(&gateway).await;
    let page = eve.open("https://app.test/x").await.expect(200);
    assert_eq!(page.path.split('?').next(), Some("/.portcullis/send-validation"));
    let refused = demand::set(&gateway.staff().0, &Actor::operator(), Default::default()).await;
    assert!(refused.unwrap_err().to_string().contains("the configuration file sets this"));
}

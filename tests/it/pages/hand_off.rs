//! One sign-in for three hosts.

use super::{PASSWORD, ada, house};
use crate::support::guest::{GATE, Guest, SESSION};

/// S4-35: signed in once, and every host knows.
#[tokio::test]
async fn one_sign_in_opens_every_host() {
    let (app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    for (host, path) in [("app.test", "/x"), ("other.test", "/only-here/closed")] {
        let page = ada.open(&format!("https://{host}{path}")).await.expect(200);
        assert_eq!((page.host.as_str(), page.path.as_str()), (host, path));
        assert_eq!(page.trail.len(), 4, "the gate, the arrival, and back: {:?}", page.trail);
        let again = ada.open(&format!("https://{host}{path}")).await.expect(200);
        assert_eq!(again.trail.len(), 1);
    }
    assert_eq!(app.last().header("x-forwarded-user"), Some("ada"));
    let cookies: Vec<_> = ["app.test", "other.test", GATE].map(|host| ada.cookie(host, SESSION)).into();
    assert!(cookies.iter().all(Option::is_some) && cookies[0] != cookies[1] && cookies[1] != cookies[2]);
}

/// K10: a code is worth something once, to the browser that asked for it, on the host it was made for.
#[tokio::test]
async fn a_code_lets_in_one_browser_once() {
    let (_app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    let page = ada.open("https://app.test/x").await.expect(200);
    let arrival = page.trail[2].clone();
    assert!(arrival.starts_with("https://app.test/.portcullis/arrive?code="), "{arrival}");
    let mut thief = Guest::of(&gateway);
    let page = thief.open(&arrival).await.expect(200);
    assert!(page.path.starts_with("/.portcullis/sign-in") || page.host == GATE, "{:?}", page.trail);
    assert_eq!(thief.cookie("app.test", SESSION), None);
    let elsewhere = arrival.replace("https://app.test", "https://other.test");
    let mut ada_elsewhere = ada.clone();
    ada_elsewhere.open(&elsewhere).await;
    let before = ada.cookie("app.test", SESSION).map(ToOwned::to_owned);
    let mut victim = Guest::of(&gateway);
    victim.open("https://app.test/x").await;
    victim.open(&arrival).await;
    assert_eq!(victim.cookie("app.test", SESSION), None, "nobody is signed in as somebody else by a link");
    assert!(before.is_some());
}

/// Endless redirects end with a page.
#[tokio::test]
async fn a_browser_that_keeps_no_cookie_gets_a_page_and_no_loop() {
    let (app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    ada.refuses = Some("app.test");
    let page = ada.open("https://app.test/x").await.expect(401).expect_words("Sign-in needed");
    assert_eq!(page.host, "app.test");
    assert!(app.seen().is_empty());
    ada.refuses = None;
    gateway.clock.advance(super::MINUTE * 2);
    ada.open("https://app.test/x").await.expect(200);
}

/// Programs are never led anywhere.
#[tokio::test]
async fn a_program_is_told_and_not_led() {
    let (_app, gateway) = house().await;
    let ask = crate::support::ask::Ask::get("/x").header("accept", "*/*");
    let answer = gateway.ask(&ask, crate::support::ask::Over::H1).await.expect(401);
    assert_eq!(answer.header("location"), None);
    let mut guest = Guest::of(&gateway);
    let page = guest.open("https://app.test/x").await;
    guest.sign_in_on(&page, "ada", PASSWORD).await.expect(200);
}

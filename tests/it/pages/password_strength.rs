//! What the script of a page is told of a password while it is typed (B-05).

use portcullis::actions::{Actor, account};

use super::{MINUTE, ada, house};
use crate::support::ask::Ask;
use crate::support::guest::{GATE, Guest};

async fn judged(guest: &mut Guest<'_>, body: &str) -> (u16, serde_json::Value) {
    let ask = Ask::post("/.portcullis/password-strength", body.as_bytes().to_vec()).host(GATE);
    let ask = ask.header("content-type", "application/x-www-form-urlencoded");
    let answer = guest.ask(ask.header("sec-fetch-site", "same-origin")).await;
    let judged = serde_json::from_str(&answer.text()).unwrap_or_default();
    (answer.status, judged)
}

fn says(told: &(u16, serde_json::Value), score: u64, words: &str) {
    assert_eq!(told.0, 200);
    assert!(told.1["score"].as_u64().unwrap() <= score, "{told:?}");
    assert!(told.1["text"].as_str().unwrap().contains(words), "{told:?}");
}

/// B-05, R-04: the same that is said when it is set, with the words of the form.
#[tokio::test]
async fn a_stranger_is_told_what_will_not_do_and_why() {
    let (_app, gateway) = house().await;
    let mut guest = Guest::of(&gateway);
    says(&judged(&mut guest, "password=short").await, 2, "at least 15");
    says(&judged(&mut guest, "password=passwordpassword").await, 2, "do not belong together");
    says(&judged(&mut guest, "password=correct+horse+battery+staple").await, 2, "leaked elsewhere");
    let names = "password=lovelace-lovelace-ada&user-name=ada&shown-name=Ada+Lovelace";
    says(&judged(&mut guest, names).await, 2, "who you are");
    let (status, good) = judged(&mut guest, "password=eleven+quiet+lanterns+drift").await;
    assert_eq!((status, &good["score"]), (200, &4.into()));
    assert_eq!(good["text"], "Very hard to guess.");
    assert_eq!(judged(&mut guest, "password=").await.0, 400);
    let long = format!("password={}", "x".repeat(5000));
    assert_eq!(judged(&mut guest, &long).await.0, 400);
}

/// It tells of no account but the one that the password is for.
#[tokio::test]
async fn names_of_an_account_count_for_whoever_is_signed_in_or_holds_its_link() {
    let (_app, gateway) = house().await;
    let text = "password=lovelace.example.lovelace";
    let mut guest = Guest::of(&gateway);
    let stranger = judged(&mut guest, text).await;
    let named = account::by_name(gateway.household.app(), &"ada".parse().unwrap()).await.unwrap();
    let shown = named.display_name.to_lowercase().replace(' ', ".");
    let text = format!("password={shown}.{shown}.{shown}.{shown}.{shown}");
    assert_eq!(stranger.0, 200);
    says(&judged(&mut ada(&gateway).await, &text).await, 2, "who you are");
    let app = gateway.household.app();
    let link = account::reset(app, &Actor::operator(), &"ada".parse().unwrap()).await.unwrap().url;
    guest.open(link.expose()).await.expect(200);
    says(&judged(&mut guest, &text).await, 2, "who you are");
}

#[tokio::test]
async fn a_source_that_asks_without_end_is_told_to_wait() {
    let (_app, gateway) = house().await;
    let mut guest = Guest::of(&gateway);
    for _ in 0..300 {
        assert_eq!(judged(&mut guest, "password=").await.0, 400);
    }
    assert_eq!(judged(&mut guest, "password=short").await.0, 429);
    gateway.clock.advance(MINUTE);
    assert_eq!(judged(&mut guest, "password=short").await.0, 200);
}

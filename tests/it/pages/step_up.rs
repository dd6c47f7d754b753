//! Confirming who one is.

use super::{MINUTE, PASSWORD, ada, house};
use crate::support::guest::{GATE, SESSION};

/// the form that was sent is kept, and sent once more with the proof; for ten minutes nobody asks again.
#[tokio::test]
async fn what_is_delicate_asks_for_the_password_and_forgets_nothing() {
    let (_app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    gateway.clock.advance(MINUTE * 11);
    let form = ada.gate("keys/new").await.form("/.portcullis/keys/new").with("name", "Laptop <git>");
    let page = ada.send(&form).await.expect(200).expect_words("Confirm that it is you");
    ada.gate("keys").await.expect_words("You have no keys yet.");
    let asked = page.form("/.portcullis/keys/new");
    assert_eq!(asked.value("name"), Some("Laptop <git>"));
    let wrong = asked.with("step-up-password", "not this one, surely");
    let page = ada.send(&wrong).await.expect(422).expect_words("Confirm that it is you");
    ada.gate("keys").await.expect_words("You have no keys yet.");
    gateway.clock.advance(MINUTE);
    let before = ada.cookie(GATE, SESSION).unwrap().to_owned();
    let right = page.form("/.portcullis/keys/new").with("step-up-password", PASSWORD);
    ada.send(&right).await.expect(200).expect_words("Your new key").expect_words("Laptop <git>");
    assert_ne!(ada.cookie(GATE, SESSION), Some(before.as_str()), "R-47: a proof gives a new token");
    ada.send(&form.with("name", "Another")).await.expect(200).expect_words("Your new key");
    gateway.clock.advance(MINUTE * 11);
    let form = ada.gate("keys/new").await.form("/.portcullis/keys/new").with("name", "A third");
    ada.send(&form).await.expect_words("Confirm that it is you");
}

//! Keys that other programs made: good as they are, from the first use on.

use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::upstream::Upstream;

#[tokio::test]
async fn an_imported_key_of_any_form_opens_what_it_carries_and_goes_on_after_a_rotation() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let keys = ["ghp_16C7e42F292c6912E7710c83", "prefix.with-a-secret", "name:with-a-colon-in-it"];
    gateway.ask(&Ask::get("/x").key(keys[0]), Over::H1).await.expect(401);
    gateway.household.import(&keys).await;
    for round in 0..2 {
        for key in keys {
            gateway.ask(&Ask::get("/x").key(key), Over::BOTH[round]).await.expect(200);
        }
        gateway.ask(&Ask::get("/x").key("with-a-colon-in-it"), Over::H1).await.expect(401);
        gateway.household.rotate_pepper().await;
    }
    let native = gateway.key().await;
    gateway.ask(&Ask::get("/x").key(&native), Over::H1).await.expect(200);
}

/// Made by Python: Django's PBKDF2 with 2000 rounds, and SHA-512 as its API keys use it.
const SLOW: &str = "ab12cd34.pbkdf2_sha256$2000$salt$p4VUwE/vnDh5q4kfuwypbF8CBxUPZg37jVZRURH8uQA=";
const FAST: &str = "ef56gh78.sha512$$abe70459e5eaeb0dcfb286e894a3ae73c2868b1b3efc5a72ec30314d113135bb8665402b51bd88abee8a0830dde2d19cbfdb1d2b9d06a170bd84105eef690857";

#[tokio::test]
async fn a_key_known_by_its_hash_only_is_checked_by_it_once_and_known_from_then_on() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    gateway.household.import(&[SLOW, FAST]).await;
    for wrong in ["ab12cd34.wrong-secret", "ef56gh78.wrong-secret", "ab12cd34.", SLOW, FAST, "zz.slow-secret"]
    {
        gateway.ask(&Ask::get("/x").key(wrong), Over::H1).await.expect(401);
    }
    assert!(gateway.household.any_hashed().await);
    for _ in 0..2 {
        for key in ["ab12cd34.slow-secret", "ef56gh78.fast-secret"] {
            gateway.ask(&Ask::get("/x").key(key), Over::H1).await.expect(200);
        }
        assert!(!gateway.household.any_hashed().await, "the foreign hashes are forgotten");
    }
    gateway.ask(&Ask::get("/x").key("ab12cd34.wrong-secret"), Over::H1).await.expect(401);
}

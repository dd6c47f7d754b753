//! Validation of an address by the letter that goes there.

use std::time::Duration;

use super::usurper::{app, found, make, remind};
use super::{PASSWORD, ada, house};
use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::guest::{Form, GATE, Guest};
use crate::support::mailbox;

const EVE: &str = "eve@example.com";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const SECOND: Duration = Duration::from_secs(1);

/// Eve, signed in, with an address that nobody proved.
async fn eve(gateway: &Gateway) -> Guest<'_> {
    make(&app(gateway), "eve", EVE).await.unwrap();
    gateway.household.password("eve", PASSWORD).await;
    let mut eve = Guest::of(gateway);
    eve.sign_in("eve", PASSWORD).await.expect(200);
    eve
}

/// The newest letter that validates.
async fn letter(gateway: &Gateway) -> mailbox::Letter {
    let letters = mailbox::letters(&app(gateway), EVE).await;
    letters.into_iter().rfind(|letter| letter.subject == "Validate your address").unwrap()
}

async fn validated(gateway: &Gateway) -> bool {
    found(&app(gateway), "eve").await.validated
}

/// S2-02, S2-09, S2-13, S2-18, S2-20, S2-22, S2-23, S2-25, R-22: asked for on the profile, three links in the letter, one click, once.
#[tokio::test]
async fn a_person_validates_their_address_with_the_link_in_a_letter() {
    let (_app, gateway) = house().await;
    let mut eve = eve(&gateway).await;
    let form = eve.gate("profile").await.form("/.portcullis/send-validation");
    eve.send(&form).await.expect(200).expect_words("letter");
    let letter = letter(&gateway).await;
    let pages: Vec<_> =
        letter.links().iter().filter_map(|link| link.split('/').nth(4).map(str::to_owned)).collect();
    assert_eq!(pages[..3], ["validate", "reset-password", "delete-account"], "{letter:?}");
    let link = letter.link("validate");
    let page = eve.open(&link).await.expect(200);
    assert_eq!(page.path, "/.portcullis/validate", "R-24: the token leaves the address");
    let form = page.form("/.portcullis/validate");
    assert!(!validated(&gateway).await);
    eve.send(&form).await.expect(200).expect_words("validated");
    assert!(validated(&gateway).await);
    assert_eq!(mailbox::newest(&app(&gateway), EVE).await.subject, "Your address is validated");
    eve.open(&link).await.expect(200).expect_words("validated");
    eve.send(&form).await.expect(404);
    eve.open(&letter.link("delete-account")).await.expect(404);
    eve.send(&Form::to("/.portcullis/send-validation")).await.expect(409);
}

/// S2-12, R-19, R-21: whoever is not signed in signs in first, whoever is somebody else is told whom it is for, and
/// whatever only looks changes nothing; the link is good after all that.
#[tokio::test]
async fn a_link_validates_only_in_a_session_of_its_own_account() {
    let (_app, gateway) = house().await;
    let mut eve = eve(&gateway).await;
    let link = letter(&gateway).await.link("validate");
    let path = link.strip_prefix("https://gate.test").unwrap();
    for method in ["GET", "HEAD"] {
        gateway.ask(&Ask::new(method, path).host(GATE), Over::H1).await.expect(303);
    }
    let mut stranger = Guest::of(&gateway);
    let page = stranger.open(&link).await.expect(200);
    assert!(page.path.starts_with("/.portcullis/sign-in"), "{}", page.path);
    let mut ada = ada(&gateway).await;
    ada.open(&link).await.expect(200).expect_words("Continue as eve");
    ada.send(&Form::to("/.portcullis/validate")).await.expect(403);
    assert!(!validated(&gateway).await);
    let page = stranger.sign_in_on(&page, "eve", PASSWORD).await.expect(200);
    stranger.send(&page.form("/.portcullis/validate")).await.expect(200);
    assert!(validated(&gateway).await);
    eve.open(&link).await.expect(200);
}

/// S2-06, S2-07, S2-15, S2-16, S2-17: a week, and no longer than until the next letter, whoever asks for that; a foreign, a cut-off
/// and a made-up token, and one of another purpose, are no links.
#[tokio::test]
async fn a_link_that_validates_ends_with_its_week_and_with_a_newer_letter() {
    let (_app, gateway) = house().await;
    let mut eve = eve(&gateway).await;
    let first = letter(&gateway).await;
    remind(&app(&gateway), "eve").await;
    let second = letter(&gateway).await;
    for page in ["validate", "delete-account"] {
        eve.open(&first.link(page)).await.expect(404);
        eve.open(&second.link(page)).await.expect(200);
    }
    let link = second.link("validate");
    eve.open(&link[..link.len() - 1]).await.expect(404);
    eve.open(&second.link("delete-account").replace("delete-account", "validate")).await.expect(404);
    eve.open(&second.link("reset-password").replace("reset-password", "validate")).await.expect(404);
    eve.open(&link.replace("validate", "confirm-address")).await.expect(404);
    gateway.clock.advance(7 * DAY - SECOND);
    eve.sign_in("eve", PASSWORD).await.expect(200);
    eve.open(&link).await.expect(200);
    gateway.clock.advance(SECOND);
    eve.open(&link).await.expect(404);
    eve.send(&Form::to("/.portcullis/validate")).await.expect(404);
    eve.open(&second.link("reset-password")).await.expect(404);
    assert!(!validated(&gateway).await);
}

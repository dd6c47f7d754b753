//! Accounts made beforehand with the address of another, whom they wait for: whatever their maker left in them is gone
//! once the owner of the address takes them over.

use portcullis::actions::account;
use portcullis::actions::api_key::{self, Life, Wish};
use portcullis::actions::{ActionError, Actor};
use portcullis::model::api_key::KeyAudience;

use super::usurper::{app, found, make, remind};
use super::{PASSWORD, house};
use crate::support::gateway::Gateway;
use crate::support::guest::Guest;
use crate::support::mailbox;

const OWNER: &str = "owner@example.com";
const THEIRS: &str = "mallory@elsewhere.example";
const NEW: &str = "eleven quiet lanterns drift north";

/// Mallory, signed in to an account with the owner's address.
async fn usurper(gateway: &Gateway) -> Guest<'_> {
    make(&app(gateway), "mallory", OWNER).await.unwrap();
    gateway.household.password("mallory", PASSWORD).await;
    remind(&app(gateway), "mallory").await;
    let mut mallory = Guest::of(gateway);
    mallory.sign_in("mallory", PASSWORD).await.expect(200);
    mallory
}

/// The owner secures the account with the link in the letter.
async fn secured(gateway: &Gateway) -> Guest<'_> {
    let letters = mailbox::letters(&app(gateway), OWNER).await;
    let letter = letters.iter().rfind(|letter| letter.subject == "Validate your address").unwrap();
    let mut owner = Guest::of(gateway);
    let page = owner.open(&letter.link("reset-password")).await.expect(200);
    owner.send(&page.form("/.portcullis/reset-password").with("password", NEW)).await.expect(200);
    owner.sign_in("mallory", NEW).await.expect(200);
    owner
}

/// A password known beforehand.
#[tokio::test]
async fn a_password_set_before_is_dead_after() {
    let (_app, gateway) = house().await;
    let mut mallory = usurper(&gateway).await;
    secured(&gateway).await;
    mallory.sign_in("mallory", PASSWORD).await.expect(422);
    mallory.sign_in(OWNER, PASSWORD).await.expect(422);
}

/// A session kept alive beforehand.
#[tokio::test]
async fn a_session_begun_before_is_over_after() {
    let (_app, gateway) = house().await;
    let mut mallory = usurper(&gateway).await;
    secured(&gateway).await;
    assert!(mallory.gate("").await.path.starts_with("/.portcullis/sign-in"));
    assert!(mallory.open("https://app.test/x").await.path.starts_with("/.portcullis/sign-in"));
}

/// A change of address begun beforehand, to be finished later.
#[tokio::test]
async fn a_change_of_address_asked_for_before_cannot_be_finished_after() {
    let (_app, gateway) = house().await;
    let mut mallory = usurper(&gateway).await;
    let form = mallory.gate("profile").await.form("/.portcullis/change-address").with("email", THEIRS);
    mallory.send(&form).await.expect(200);
    let link = mailbox::newest(&app(&gateway), THEIRS).await.link("confirm-address");
    let mut owner = secured(&gateway).await;
    owner.open(&link).await.expect(404);
    assert!(!owner.gate("profile").await.says(THEIRS));
    assert_eq!(found(&app(&gateway), "mallory").await.email.as_deref(), Some(OWNER));
}

/// Another way in, added beforehand: keys are none of an account whose address nobody proved.
#[tokio::test]
async fn an_account_with_an_unproved_address_owns_no_key() {
    let (_app, gateway) = house().await;
    usurper(&gateway).await;
    gateway.staff().grant("mallory", "home", "viewer").await;
    let owner = found(&app(&gateway), "mallory").await.id;
    let wish = Wish {
        name: "for later".parse().unwrap(),
        audience: KeyAudience::Upstream,
        credentials: vec!["app/home/general/viewer".parse().unwrap()],
        rights: None,
        life: Life::Usual,
        networks: Vec::new(),
    };
    let refused = api_key::create(&app(&gateway), &Actor::operator(), owner, wish).await;
    assert!(matches!(refused, Err(ActionError::Key(_))), "{:?}", refused.err());
}

/// An address that its maker only named and changed away from: the account is no longer bound to it in any way. Its
/// reader can have it for an account of their own, and neither gets nor gives anything here.
#[tokio::test]
async fn a_change_away_from_an_unproved_address_leaves_its_maker_nothing() {
    let (_app, gateway) = house().await;
    let mut mallory = usurper(&gateway).await;
    let form = mallory.gate("profile").await.form("/.portcullis/change-address").with("email", THEIRS);
    mallory.send(&form).await.expect(200);
    let undo = mailbox::newest(&app(&gateway), OWNER).await.link("undo-change");
    let link = mailbox::newest(&app(&gateway), THEIRS).await.link("confirm-address");
    let page = mallory.open(&link).await.expect(200);
    mallory.send(&page.form("/.portcullis/confirm-address")).await.expect(200);
    let mut owner = Guest::of(&gateway);
    owner.open(&undo).await.expect(404);
    mallory.sign_in("mallory", PASSWORD).await.expect(200);
    let theirs = account::NewPerson {
        user_name: "owner".parse().unwrap(),
        email: Some(OWNER.parse().unwrap()),
        shown_name: "Owner".parse().unwrap(),
        validated: true,
        office: None,
    };
    account::create_person(&app(&gateway), &Actor::operator(), theirs).await.unwrap();
}

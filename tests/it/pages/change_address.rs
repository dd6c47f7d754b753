//! Another address for one's account, and what its former reader can do about it.

use std::time::Duration;

use portcullis::actions::ActionError;
use portcullis::store::Constraint;

use super::usurper::{app, found, make};
use super::{PASSWORD, ada, house};
use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::guest::{Form, GATE, Guest, Page};
use crate::support::mailbox;

const OLD: &str = "ada@example.org";
const NEW: &str = "ada@elsewhere.example";
const THIRD: &str = "ada@third.example";
const ANOTHER: &str = "eleven quiet lanterns drift north";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const SECOND: Duration = Duration::from_secs(1);

/// Asks for another address on the profile.
async fn ask(guest: &mut Guest<'_>, email: &str) -> Page {
    let form = guest.gate("profile").await.form("/.portcullis/change-address").with("email", email);
    let page = guest.send(&form).await;
    if !page.text().contains("step-up-password") {
        return page;
    }
    guest.send(&page.form("/.portcullis/change-address").with("step-up-password", PASSWORD)).await
}

/// Follows the link in the letter to a new address.
async fn confirm(gateway: &Gateway, guest: &mut Guest<'_>, email: &str) -> Page {
    let link = mailbox::newest(&app(gateway), email).await.link("confirm-address");
    let page = guest.open(&link).await.expect(200);
    guest.send(&page.form("/.portcullis/confirm-address")).await
}

/// Takes a change back: types this address and this password.
async fn undo(guest: &mut Guest<'_>, link: &str, typed: &str, password: &str) -> Page {
    let page = guest.open(link).await.expect(200);
    assert_eq!(page.path, "/.portcullis/undo-change");
    guest.send(&page.form("/.portcullis/undo-change").with("email", typed).with("password", password)).await
}

async fn email(gateway: &Gateway) -> String {
    found(&app(gateway), "ada").await.email.unwrap().to_string()
}

/// S2-24, S2-32, S2-33, R-30: the old address stays until the new one is proved; both get letters each time.
#[tokio::test]
async fn an_address_is_changed_once_its_reader_confirms_it() {
    let (_app, gateway) = house().await;
    let app = app(&gateway);
    let mut ada = ada(&gateway).await;
    ask(&mut ada, "no address").await.expect(422);
    ask(&mut ada, "ADA@example.org").await.expect(422).expect_words("the address of your account already");
    gateway.clock.advance(11 * 60 * SECOND);
    let form = ada.gate("profile").await.form("/.portcullis/change-address").with("email", NEW);
    let page = ada.send(&form).await;
    assert!(page.text().contains("step-up-password"), "an old sign-in is not enough (R-54)");
    let page = ask(&mut ada, NEW).await.expect(200).expect_words("A letter is on its way");
    assert!(page.says("Your address is still ada@example.org. It becomes ada@elsewhere.example"));
    assert_eq!(email(&gateway).await, OLD);
    let (to_old, to_new) = (mailbox::newest(&app, OLD).await, mailbox::newest(&app, NEW).await);
    assert!(to_old.subject == "Your address is to be changed" && to_old.text.contains(NEW), "{to_old:?}");
    assert_eq!(to_new.subject, "Confirm your new address");
    let link = to_new.link("confirm-address");
    let path = link.strip_prefix("https://gate.test").unwrap();
    for method in ["HEAD", "GET"] {
        gateway.ask(&Ask::new(method, path).host(GATE), Over::H1).await.expect(303);
    }
    let page = confirm(&gateway, &mut ada, NEW).await.expect(200).expect_words("Your address is changed.");
    assert!(page.says(NEW) && page.says("Validated") && !page.says("It becomes"));
    assert_eq!(email(&gateway).await, NEW);
    assert_eq!(mailbox::newest(&app, OLD).await.subject, "Your address was changed");
    assert_eq!(mailbox::newest(&app, NEW).await.subject, "Your address is changed");
    ada.open(&link).await.expect(200).expect_words("Your address is changed.");
    ada.sign_in(NEW, PASSWORD).await.expect(200).expect_words("Your apps");
}

/// R-30, pain 13: what waits can be seen, sent again and cancelled; only the newest link works, for a week.
#[tokio::test]
async fn a_change_that_waits_is_sent_again_cancelled_or_over() {
    let (_app, gateway) = house().await;
    let app = app(&gateway);
    let mut ada = ada(&gateway).await;
    ask(&mut ada, NEW).await.expect(200);
    let first = mailbox::newest(&app, NEW).await.link("confirm-address");
    ada.send(&Form::to("/.portcullis/change-address/resend")).await.expect(200);
    let second = mailbox::newest(&app, NEW).await.link("confirm-address");
    ada.open(&first).await.expect(404);
    ada.open(&second).await.expect(200);
    ada.send(&Form::to("/.portcullis/change-address/cancel")).await.expect(200).expect_words("is cancelled");
    ada.open(&second).await.expect(404);
    ada.send(&Form::to("/.portcullis/change-address/cancel")).await.expect(404);
    ada.send(&Form::to("/.portcullis/change-address/resend")).await.expect(404);
    ask(&mut ada, NEW).await.expect(200);
    let third = mailbox::newest(&app, NEW).await.link("confirm-address");
    ask(&mut ada, THIRD).await.expect(200);
    ada.open(&third).await.expect(404);
    let fourth = mailbox::newest(&app, THIRD).await.link("confirm-address");
    for wrong in ["validate", "undo-change", "delete-account", "recover-account", "reset-password"] {
        ada.open(&fourth.replace("confirm-address", wrong)).await.expect(404);
    }
    gateway.clock.advance(7 * DAY);
    ada.sign_in("ada", PASSWORD).await.expect(200);
    ada.open(&fourth).await.expect(404);
    assert!(!ada.gate("profile").await.says("It becomes"));
    assert_eq!(email(&gateway).await, OLD);
}

/// whoever is signed in as somebody else is told so, and the link stays good.
#[tokio::test]
async fn a_link_for_another_account_says_whom_it_is_for() {
    let (_app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    ask(&mut ada, NEW).await.expect(200);
    let link = mailbox::newest(&app(&gateway), NEW).await.link("confirm-address");
    gateway.household.resident("bob", "viewer").await;
    gateway.household.password("bob", PASSWORD).await;
    let mut bob = Guest::of(&gateway);
    bob.open(&link).await.expect(200);
    bob.sign_in("bob", PASSWORD).await.expect(200);
    bob.open(&link).await.expect(200).expect_words("Continue as ada");
    bob.send(&Form::to("/.portcullis/confirm-address")).await.expect(403);
    ada.open(&link).await.expect(200);
    confirm(&gateway, &mut ada, NEW).await.expect(200);
    assert_eq!(email(&gateway).await, NEW);
}

/// an address that is taken, archived or kept for its former reader gets the same answer as a free one.
#[tokio::test]
async fn nobody_learns_whose_an_address_is_by_asking_for_it() {
    let (_app, gateway) = house().await;
    let app = app(&gateway);
    gateway.household.resident("bob", "viewer").await;
    let mut ada = ada(&gateway).await;
    let mut said = Vec::new();
    for email in ["bob@example.org", "free@example.com"] {
        let page = ask(&mut ada, email).await.expect(200);
        said.push(page.text().replace(email, "ADDRESS"));
    }
    assert_eq!(said[0], said[1]);
    let letter = mailbox::newest(&app, "bob@example.org").await;
    assert_eq!(letter.subject, "Somebody tried to use your address");
    assert!(letter.links().iter().all(|link| !link.contains("confirm-address")), "{letter:?}");
    let told = mailbox::letters(&app, OLD).await.into_iter();
    assert_eq!(
        told.filter(|letter| letter.subject == "Your address is to be changed").count(),
        2,
        "the present address is told each time"
    );
}

/// S2-34, S2-35, S2-36, S2-37, S2-38, R-31: the reader of the old address gets it back, also from somebody who has proved the
/// new one; what was added since goes.
#[tokio::test]
async fn the_reader_of_the_old_address_takes_a_change_back_after_it_was_proved() {
    let (_app, gateway) = house().await;
    let app = app(&gateway);
    let before = gateway.key().await;
    let mut thief = ada(&gateway).await;
    ask(&mut thief, NEW).await.expect(200);
    let link = mailbox::newest(&app, OLD).await.link("undo-change");
    confirm(&gateway, &mut thief, NEW).await.expect(200);
    let after = gateway.key().await;
    let mut owner = Guest::of(&gateway);
    undo(&mut owner, &link, NEW, ANOTHER).await.expect(422).expect_words("not the address that the link");
    undo(&mut owner, &link, OLD, "short").await.expect(422);
    undo(&mut owner, &link, "Ada@Example.org", ANOTHER).await.expect(200).expect_words("is taken back");
    assert_eq!(email(&gateway).await, OLD);
    assert!(found(&app, "ada").await.validated, "that stays as it was");
    assert!(thief.gate("").await.path.starts_with("/.portcullis/sign-in"));
    thief.sign_in(NEW, PASSWORD).await.expect(422);
    thief.sign_in(OLD, PASSWORD).await.expect(422);
    gateway.ask(&Ask::get("/x").key(&before), Over::H1).await.expect(200);
    gateway.ask(&Ask::get("/x").key(&after), Over::H1).await.expect(401);
    owner.sign_in(OLD, ANOTHER).await.expect(200).expect_words("Your apps");
    assert_eq!(mailbox::newest(&app, OLD).await.subject, "Your address and a new password are set");
    assert_eq!(mailbox::newest(&app, NEW).await.subject, "This address is not used any more");
    Guest::of(&gateway).open(&link).await.expect(200).expect_words("is taken back");
}

/// a change that waits is taken back alike, whether or not whoever asked for it cancels it meanwhile.
#[tokio::test]
async fn a_change_that_waits_is_taken_back_too() {
    let (_app, gateway) = house().await;
    let app = app(&gateway);
    let mut thief = ada(&gateway).await;
    ask(&mut thief, NEW).await.expect(200);
    let (undoing, proving) = (
        mailbox::newest(&app, OLD).await.link("undo-change"),
        mailbox::newest(&app, NEW).await.link("confirm-address"),
    );
    thief.send(&Form::to("/.portcullis/change-address/cancel")).await.expect(200);
    ask(&mut thief, THIRD).await.expect(200);
    let third = mailbox::newest(&app, THIRD).await.link("confirm-address");
    let mut owner = Guest::of(&gateway);
    undo(&mut owner, &undoing, OLD, ANOTHER).await.expect(200);
    owner.sign_in("ada", ANOTHER).await.expect(200);
    owner.open(&proving).await.expect(404);
    owner.open(&third).await.expect(404);
    assert_eq!(email(&gateway).await, OLD);
}

/// S2-35: after several changes in a row the first address comes back, and the later ones' own links end.
#[tokio::test]
async fn the_first_of_several_changes_is_taken_back_over_all_later_ones() {
    let (_app, gateway) = house().await;
    let app = app(&gateway);
    let mut thief = ada(&gateway).await;
    ask(&mut thief, NEW).await.expect(200);
    let first = mailbox::newest(&app, OLD).await.link("undo-change");
    gateway.clock.advance(SECOND);
    confirm(&gateway, &mut thief, NEW).await.expect(200);
    gateway.clock.advance(SECOND);
    ask(&mut thief, THIRD).await.expect(200);
    let second = mailbox::newest(&app, NEW).await.link("undo-change");
    gateway.clock.advance(SECOND);
    confirm(&gateway, &mut thief, THIRD).await.expect(200);
    let proved = mailbox::newest(&app, NEW).await.link("undo-change");
    gateway.clock.advance(7 * DAY - 10 * SECOND);
    let mut owner = Guest::of(&gateway);
    undo(&mut owner, &first, OLD, ANOTHER).await.expect(200);
    assert_eq!(email(&gateway).await, OLD);
    for late in [second, proved] {
        thief.open(&late).await.expect(404);
    }
    assert_eq!(mailbox::newest(&app, THIRD).await.subject, "This address is not used any more");
}

/// S2-17: an undo link has its week, counted anew from the moment the address really changed; so long nobody else gets the old address.
#[tokio::test]
async fn the_old_address_is_kept_for_its_reader_as_long_as_the_link_works() {
    let (_app, gateway) = house().await;
    let app = app(&gateway);
    let mut thief = ada(&gateway).await;
    ask(&mut thief, NEW).await.expect(200);
    let early = mailbox::newest(&app, OLD).await.link("undo-change");
    gateway.clock.advance(6 * DAY);
    thief.sign_in("ada", PASSWORD).await.expect(200);
    confirm(&gateway, &mut thief, NEW).await.expect(200);
    let late = mailbox::newest(&app, OLD).await.link("undo-change");
    gateway.clock.advance(DAY);
    let mut owner = Guest::of(&gateway);
    owner.open(&early).await.expect(404);
    owner.open(&late).await.expect(200);
    gateway.clock.advance(6 * DAY - SECOND);
    let refused = make(&app, "bob", OLD).await;
    assert!(matches!(refused, Err(ActionError::Taken(Constraint::Email))), "{refused:?}");
    owner.open(&late).await.expect(200);
    gateway.clock.advance(SECOND);
    owner.open(&late).await.expect(404);
    make(&app, "bob", OLD).await.unwrap();
}

//! An account that somebody made with the address of another: its owner deletes it, has it back, or has the address
//! released.

use std::sync::Arc;
use std::time::Duration;

use portcullis::actions::account::{self, NewPerson};
use portcullis::actions::{ActionError, Actor, deletion, validation};
use portcullis::app::App;
use portcullis::model::account::{Account, AccountStatus, Office};
use portcullis::store::{Constraint, accounts};

use super::{PASSWORD, house};
use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::guest::{Form, GATE, Guest, Page};
use crate::support::mailbox::{self, Letter};
use crate::support::office::{api, send};

/// The address that is not Mallory's.
const OWNER: &str = "owner@example.com";

const NEW: &str = "eleven quiet lanterns drift north";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn app(gateway: &Gateway) -> Arc<App> {
    gateway.staff().0
}

pub(super) async fn make(app: &App, name: &str, email: &str) -> Result<Account, ActionError> {
    let new = NewPerson {
        user_name: name.parse().unwrap(),
        email: Some(email.parse().unwrap()),
        shown_name: name.parse().unwrap(),
        validated: false,
        office: None,
    };
    account::create_person(app, &Actor::operator(), new).await
}

/// Mallory, with the owner's address, and the letter that the owner gets about it.
async fn usurped(gateway: &Gateway) -> Letter {
    make(&app(gateway), "mallory", OWNER).await.unwrap();
    assert_eq!(mailbox::newest(&app(gateway), OWNER).await.subject, "Validate your address");
    gateway.household.password("mallory", PASSWORD).await;
    remind(&app(gateway), "mallory").await;
    mailbox::newest(&app(gateway), OWNER).await
}

/// Sends a person another letter to validate their address with, as an office does (S2-06).
pub(super) async fn remind(app: &App, name: &str) {
    validation::request_for(app, &Actor::operator(), &name.parse().unwrap()).await.unwrap();
}

pub(super) async fn found(app: &App, name: &str) -> Account {
    accounts::by_user_name(&app.store, &name.parse().unwrap()).await.unwrap().unwrap()
}

/// Follows the link that deletes, and types this address.
async fn delete(guest: &mut Guest<'_>, link: &str, typed: &str) -> Page {
    let page = guest.open(link).await.expect(200);
    assert_eq!(page.path, "/.portcullis/delete-account");
    guest.send(&page.form("/.portcullis/delete-account").with("email", typed)).await
}

/// Follows the link that recovers, and types this address and this password.
async fn recover(guest: &mut Guest<'_>, link: &str, typed: &str, password: &str) -> Page {
    let page = guest.open(link).await.expect(200);
    let form = page.form("/.portcullis/recover-account").with("email", typed);
    guest.send(&form.with("password", password)).await
}

/// S2-10, S2-11, S2-13, S2-27, S2-28, S2-29, R-20, R-22.
#[tokio::test]
async fn the_owner_of_an_address_deletes_the_usurpers_account_and_may_have_it_back() {
    let (_app, gateway) = house().await;
    let letter = usurped(&gateway).await;
    assert!(letter.text.contains("mallory") && letter.subject == "Validate your address", "{letter:?}");
    assert!(!letter.text.contains("Hello mallory"), "what usurpers call themselves stays out of letters");
    let mut mallory = Guest::of(&gateway);
    mallory.sign_in("mallory", PASSWORD).await.expect(200);
    let link = letter.link("delete-account");
    let mut owner = Guest::of(&gateway);
    let page = delete(&mut owner, &link, "mallory@example.org").await.expect(409);
    let page = page.expect_words("not the address that the link was sent to");
    owner.send(&page.form("/.portcullis/delete-account").with("email", "no address")).await.expect(422);
    mallory.gate("").await.expect(200).expect_words("Your apps");
    let page = delete(&mut owner, &link, "Owner@EXAMPLE.com").await.expect(200);
    page.expect_words("The account is deleted.");
    assert!(mallory.gate("").await.path.starts_with("/.portcullis/sign-in"));
    mallory.sign_in("mallory", PASSWORD).await.expect(422);
    owner.open(&link).await.expect(200).expect_words("The account is deleted.");
    for page in ["validate", "reset-password"] {
        mallory.open(&letter.link(page)).await;
    }
    Guest::of(&gateway).open(&letter.link("reset-password")).await.expect(404);
    let app = app(&gateway);
    for (name, email, taken) in [
        ("mallory", "other@example.com", Constraint::UserName),
        ("other", "OWNER@example.com", Constraint::Email),
    ] {
        let refused = make(&app, name, email).await;
        assert!(matches!(refused, Err(ActionError::Taken(found)) if found == taken), "{refused:?}");
    }
    let link = mailbox::newest(&app, OWNER).await.link("recover-account");
    recover(&mut owner, &link, "mallory@example.org", NEW).await.expect(422);
    recover(&mut owner, &link, OWNER, "short").await.expect(422).expect_words("at least 15");
    recover(&mut owner, &link, OWNER, NEW).await.expect(200).expect_words("The account is back.");
    assert!(mallory.gate("").await.path.starts_with("/.portcullis/sign-in"), "sessions do not come back");
    mallory.sign_in("mallory", PASSWORD).await.expect(422);
    owner.sign_in("mallory", NEW).await.expect(200).expect_words("Your apps");
    assert!(!found(&app, "mallory").await.validated, "that stays as it was");
    assert_eq!(mailbox::newest(&app, OWNER).await.subject, "Your account is back");
    Guest::of(&gateway).open(&link).await.expect(404);
}

/// whatever only looks at links, however often and however, changes nothing.
#[tokio::test]
async fn looking_at_a_link_deletes_nothing() {
    let (_app, gateway) = house().await;
    let link = usurped(&gateway).await.link("delete-account");
    let path = link.strip_prefix("https://gate.test").unwrap();
    for method in ["GET", "HEAD", "GET"] {
        let answer = gateway.ask(&Ask::new(method, path).host(GATE), Over::H1).await.expect(303);
        assert_eq!(answer.header("location"), Some("/.portcullis/delete-account"), "{method}");
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let page = Ask::new(method, "/.portcullis/delete-account").host(GATE).header("cookie", &cookie);
        gateway.ask(&page, Over::H1).await.expect(200);
    }
    gateway.ask(&Ask::post(path, "email=owner@example.com").host(GATE), Over::H1).await.expect(405);
    assert_eq!(found(&app(&gateway), "mallory").await.status, AccountStatus::Active);
}

/// S2-10, S2-14, S2-16, S2-17: only while nobody proved the address, only by the newest letter, for a week; R-18: by no link of
/// another purpose, and not by a part of one.
#[tokio::test]
async fn a_link_that_deletes_ends_with_its_week_with_a_newer_letter_and_with_validation() {
    let (_app, gateway) = house().await;
    let first = usurped(&gateway).await;
    let mut owner = Guest::of(&gateway);
    for wrong in ["validate", "reset-password"] {
        let token = first.link(wrong).rsplit('/').next().unwrap().to_owned();
        owner.open(&format!("https://gate.test/.portcullis/delete-account/{token}")).await.expect(404);
        owner.open(&format!("https://gate.test/.portcullis/recover-account/{token}")).await.expect(404);
    }
    let link = first.link("delete-account");
    owner.open(&link[..link.len() - 1]).await.expect(404);
    owner.open(&format!("{link}x")).await.expect(404);
    owner.send(&Form::to("/.portcullis/delete-account").with("email", OWNER)).await.expect(404);
    gateway.clock.advance(7 * DAY - Duration::from_secs(1));
    owner.open(&link).await.expect(200);
    gateway.clock.advance(Duration::from_secs(1));
    owner.open(&link).await.expect(404);
    let mut mallory = Guest::of(&gateway);
    mallory.sign_in("mallory", PASSWORD).await.expect(200);
    let ask = Form::to("/.portcullis/send-validation");
    mallory.send(&ask).await.expect(200);
    let second = mailbox::newest(&app(&gateway), OWNER).await;
    mallory.send(&ask).await.expect(200);
    let third = mailbox::newest(&app(&gateway), OWNER).await;
    owner.open(&second.link("delete-account")).await.expect(404);
    owner.open(&third.link("delete-account")).await.expect(200);
    let page = mallory.open(&third.link("validate")).await.expect(200);
    mallory.send(&page.form("/.portcullis/validate")).await.expect(200);
    owner.open(&third.link("delete-account")).await.expect(404);
    owner.gate("delete-account").await.expect(404);
}

/// S2-30, S2-31: an office gives the address free, with a reason, and its owner can use it. What was closed is gone then.
#[tokio::test]
async fn an_office_releases_a_name_and_an_address_for_new_use() {
    let (_app, gateway) = house().await;
    let (app, staff) = (app(&gateway), gateway.staff());
    let link = usurped(&gateway).await.link("delete-account");
    let mut owner = Guest::of(&gateway);
    delete(&mut owner, &link, OWNER).await.expect(200);
    let recovery = mailbox::newest(&app, OWNER).await.link("recover-account");
    staff.person("sam", Some(Office::Support)).await;
    gateway.household.password("sam", PASSWORD).await;
    let mut sam = Guest::of(&gateway);
    sam.sign_in("sam", PASSWORD).await.expect(200);
    let page = sam.gate("archived-names").await.expect(200);
    let form = page.form("/.portcullis/archived-names").with("name", "Owner@example.com");
    sam.send(&form).await.expect(422).expect_words("3 to 200 characters");
    let form = form.with("reason", "the owner called us");
    sam.send(&form.clone().with("name", "nobody@example.com")).await.expect(404).expect_words("not archived");
    sam.send(&form.clone().with("name", "ada@example.org")).await.expect(404);
    sam.send(&form).await.expect(200).expect_words("It is released");
    owner.open(&recovery).await.expect(404);
    assert!(make(&app, "mallory", "more@example.com").await.is_err(), "the name is still archived");
    make(&app, "olga", OWNER).await.unwrap();
    sam.send(&form.with("name", "mallory")).await.expect(200);
    make(&app, "mallory", "more@example.com").await.unwrap();
    let trail = sam.gate("audit?act=name.released").await.expect(200);
    assert!(trail.says("the owner called us"), "{}", trail.text());
    let member = staff.session("ada").await.0;
    let body = serde_json::json!({ "name": OWNER, "reason": "mine" });
    gateway
        .ask(&send("POST", "/archived-names/release", &body).signed_in(&member), Over::H1)
        .await
        .expect(403);
    let office = staff.session("sam").await.0;
    let ask = send("POST", "/archived-names/release", &body).signed_in(&office);
    gateway.ask(&ask, Over::H1).await.expect(404);
    gateway.ask(&api("GET", "/archived-names/release").signed_in(&office), Over::H1).await.expect(405);
}

/// S2-11, S2-17, product decision 19: after its week a deletion is for good, and who it was is forgotten; the names stay taken.
#[tokio::test]
async fn a_deletion_that_nobody_took_back_in_a_week_erases_the_person() {
    let (_app, gateway) = house().await;
    let app = app(&gateway);
    let link = usurped(&gateway).await.link("delete-account");
    let id = found(&app, "mallory").await.id;
    let mut owner = Guest::of(&gateway);
    delete(&mut owner, &link, OWNER).await.expect(200);
    let recovery = mailbox::newest(&app, OWNER).await.link("recover-account");
    gateway.clock.advance(7 * DAY - Duration::from_secs(1));
    deletion::erase_what_is_over(&app).await.unwrap();
    owner.open(&recovery).await.expect(200);
    gateway.clock.advance(Duration::from_secs(1));
    owner.open(&recovery).await.expect(404);
    deletion::erase_what_is_over(&app).await.unwrap();
    let erased = accounts::by_id(&app.store, id).await.unwrap().unwrap();
    assert!(erased.email.is_none() && erased.user_name.as_str() == format!("erased-{id}"), "{erased:?}");
    assert!(make(&app, "mallory", "more@example.com").await.is_err());
    assert!(make(&app, "more", OWNER).await.is_err());
}

/// A deletion is no way around a suspension, and leaves the installation its last administrator.
#[tokio::test]
async fn a_suspended_account_comes_back_suspended_and_the_last_administrator_stays() {
    let (_app, gateway) = house().await;
    let app = app(&gateway);
    let link = usurped(&gateway).await.link("delete-account");
    let name = "mallory".parse().unwrap();
    let operator = Actor::operator();
    account::set_office(&app, &operator, &name, Some(Office::Administrator)).await.unwrap();
    let mut owner = Guest::of(&gateway);
    delete(&mut owner, &link, OWNER).await.expect(409).expect_words("make another administrator first");
    account::set_office(&app, &operator, &name, None).await.unwrap();
    account::suspend(&app, &operator, &name).await.unwrap();
    delete(&mut owner, &link, OWNER).await.expect(200);
    let recovery = mailbox::newest(&app, OWNER).await.link("recover-account");
    recover(&mut owner, &recovery, OWNER, NEW).await.expect(200);
    assert_eq!(found(&app, "mallory").await.status, AccountStatus::Suspended);
    owner.sign_in("mallory", NEW).await.expect(422);
}

//! The first administrator.

use portcullis::actions::set_up::{self, Trying};

use super::{HOME, PASSWORD, house};
use crate::support::ask::Ask;
use crate::support::gateway::Gateway;
use crate::support::guest::{Form, GATE, Guest, SESSION};

async fn link(gateway: &Gateway) -> String {
    let first = set_up::begin(gateway.household.app(), Trying::Refused).await.unwrap().unwrap();
    first.link.url.expose().clone()
}

fn filled(form: Form) -> Form {
    let form = form.with("user-name", "grace").with("shown-name", "Grace Hopper");
    form.with("email", "grace@example.org").with("password", PASSWORD)
}

/// the token leaves the address at once, and the first one in is signed in as administrator.
#[tokio::test]
async fn the_printed_link_makes_the_first_administrator() {
    let (_app, gateway) = house().await;
    let link = link(&gateway).await;
    let mut grace = Guest::of(&gateway);
    let page = grace.open(&link).await.expect(200).expect_words("Set up Portcullis");
    assert_eq!(page.path, "/.portcullis/set-up");
    let page = grace.send(&filled(page.form("/.portcullis/set-up"))).await.expect(200);
    assert_eq!(page.path, HOME);
    let page = page.expect_words("You are its first administrator.").expect_words("Administration");
    assert!(!page.text().contains(PASSWORD));
    assert!(!grace.gate("").await.says("first administrator"), "a message is said once");
    let mut late = Guest::of(&gateway);
    late.open(&link).await.expect(404).expect_words("This link does not work");
    late.send(&filled(Form::to("/.portcullis/set-up"))).await.expect(404);
    assert_eq!(late.cookie(GATE, SESSION), None);
}

/// whatever merely looks at a link does not spend it.
#[tokio::test]
async fn looking_at_the_link_spends_nothing() {
    let (_app, gateway) = house().await;
    let link = link(&gateway).await;
    let path = link.strip_prefix("https://gate.test").unwrap();
    let mut scanner = Guest::of(&gateway);
    for method in ["GET", "HEAD", "GET"] {
        let answer = scanner.ask(Ask::new(method, path).host(GATE)).await.expect(303);
        assert_eq!(answer.header("location"), Some("/.portcullis/set-up"));
        scanner.ask(Ask::new(method, "/.portcullis/set-up").host(GATE)).await.expect(200);
    }
    let mut grace = Guest::of(&gateway);
    let page = grace.open(&link).await.expect(200);
    grace.send(&filled(page.form("/.portcullis/set-up"))).await.expect(200);
}

/// Each field says what is wrong with it, nothing that was typed is lost but the password, and the link
/// still works.
#[tokio::test]
async fn what_is_wrong_is_said_at_its_field() {
    let (_app, gateway) = house().await;
    let mut grace = Guest::of(&gateway);
    let page = grace.open(&link(&gateway).await).await;
    let good = filled(page.form("/.portcullis/set-up"));
    let long = "x".repeat(10_000);
    for (field, value) in [
        ("user-name", "Grace Hopper"),
        ("user-name", "ada"),
        ("user-name", &long),
        ("shown-name", ""),
        ("shown-name", "Gr\u{202e}ace"),
        ("shown-name", &long),
        ("email", "grace"),
        ("email", "ada@example.org"),
        ("email", "a@b@example.org"),
        ("password", "short"),
        ("password", "passwordpassword"),
        ("password", "grace hopper grace"),
        ("password", &long),
    ] {
        let page = grace.send(&good.clone().with(field, value)).await;
        let page = page.expect(422).expect_words("Nothing was changed yet.");
        let text = page.text();
        assert!(
            text.contains("autofocus data-focus") && text.contains(&format!("<a href=\"#{field}\">")),
            "{text}"
        );
        assert_eq!(text.matches("aria-invalid").count(), 1, "{field} {value}");
        assert!(text.contains(&format!("id=\"{field}-error\"")), "{field} {value}");
        let form = page.form("/.portcullis/set-up");
        assert_eq!(form.value("password"), Some(""), "a password is never written into a page");
        if field != "user-name" {
            assert_eq!(form.value("user-name"), Some("grace"));
        }
    }
    let doubled = good.clone().and("user-name", "eve");
    grace.send(&doubled).await.expect(422);
    grace.send(&good).await.expect(200).expect_words("You are its first administrator.");
}

//! Signing up at the door, where that is switched on.

use super::{HOME, PASSWORD, house};
use crate::support::gateway::Gateway;
use crate::support::guest::{Form, GATE, Guest, Page, SESSION};
use crate::support::upstream::Upstream;

const PATH: &str = "/.portcullis/sign-up";

async fn open() -> (Upstream, Gateway) {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "[sign_up]\nopen = true\n").await;
    gateway.staff().person("owner", None).await;
    (app, gateway)
}

fn filled(page: &Page, name: &str, email: &str) -> Form {
    let form = page.form(PATH).with("user-name", name).with("shown-name", "Somebody New");
    form.with("email", email).with("password", PASSWORD)
}

async fn sign_up<'g>(gateway: &'g Gateway, name: &str, email: &str) -> (Guest<'g>, Page) {
    let mut guest = Guest::of(gateway);
    let page = guest.gate("sign-up").await.expect(200);
    let page = guest.send(&filled(&page, name, email)).await;
    (guest, page)
}

/// S4-01, S4-04: without the switch the page says that an invitation is needed, and whom to ask.
#[tokio::test]
async fn without_the_switch_people_are_told_whom_to_ask() {
    let (app, gateway) = house().await;
    let mut eve = Guest::of(&gateway);
    let page = eve.gate("sign-in").await.expect(200);
    assert!(page.text().contains("href=\"/.portcullis/sign-up\""));
    eve.gate("sign-up").await.expect(200).expect_words("An account needs an invitation here.");
    let form =
        Form::to(PATH).with("user-name", "eve").with("email", "eve@example.org").with("password", PASSWORD);
    eve.send(&form).await.expect(403).expect_words("An invitation is needed");
    assert_eq!(eve.cookie(GATE, SESSION), None);
    let told = Gateway::with(&app, "[pages]\nsupport = \"help@example.org\"\n").await;
    let page = Guest::of(&told).gate("sign-up").await.expect(200);
    assert!(page.says("Ask the help named below.") && page.says("help@example.org"));
}

/// S2-03, S2-08, S2-27: the account is there at once and signed in, and does not count as validated; the letter
/// to the address has the three links, the first of which validates it.
#[tokio::test]
async fn a_new_account_is_signed_in_at_once_and_validated_by_its_letter() {
    let (_app, gateway) = open().await;
    let (mut eve, page) = sign_up(&gateway, "eve", "eve@example.org").await;
    assert_eq!(page.expect(200).path, HOME);
    eve.gate("profile").await.expect(200).expect_words("Not validated");
    eve.gate("keys").await.expect(200);
    let letter = gateway.letter_to("eve@example.org").await;
    letter.link("delete-account");
    letter.link("reset-password");
    let page = eve.open(&letter.link("validate")).await.expect(200);
    eve.send(&page.form("/.portcullis/validate"))
        .await
        .expect(200)
        .expect_words("Your address is validated.");
    let mut again = Guest::of(&gateway);
    again.sign_in("EVE@example.org", PASSWORD).await.expect(200);
}

/// for an address that somebody has, all that the browser sees is the same: pages, cookies, statuses,
/// also of what comes afterwards. Its owner is told, and gets no link.
#[tokio::test]
async fn a_known_address_looks_like_any_other() {
    let (_app, gateway) = open().await;
    let mut seen = Vec::new();
    for (name, email) in [("eve1", "free1@example.org"), ("eve2", "OWNER@example.org")] {
        let (mut guest, page) = sign_up(&gateway, name, email).await;
        gateway.letters().await;
        let mut all = vec![page.expect(200)];
        all.push(guest.gate("profile").await);
        let form = all[1].form("/.portcullis/send-validation");
        all.push(guest.send(&form).await);
        all.push(guest.gate("").await);
        let mut stranger = Guest::of(&gateway);
        all.push(stranger.sign_in(email, PASSWORD).await);
        let jar: Vec<_> = guest.jar.keys().cloned().collect();
        let tame = |text: &str| {
            let text = text.replace(email, "EMAIL").replace(name, "NAME");
            text.split("to=").next().unwrap().split("value=\"").next().unwrap().to_owned()
        };
        let pages: Vec<_> =
            all.iter().map(|page| (page.answer.status, page.path.clone(), tame(&page.text()))).collect();
        seen.push((pages, jar));
    }
    assert_eq!(seen[0].1, seen[1].1);
    for (one, other) in seen[0].0.iter().zip(&seen[1].0) {
        assert_eq!(one, other);
    }
    let letter = gateway.letter_to("OWNER@example.org").await;
    assert!(letter.text.contains("gave your e-mail address for it") && !letter.text.contains("validate/"));
}

/// Each field says what is wrong with it; nothing is made, and nothing that was typed is lost but the password.
#[tokio::test]
async fn what_is_wrong_is_said_at_its_field() {
    let (_app, gateway) = open().await;
    let mut eve = Guest::of(&gateway);
    let page = eve.gate("sign-up").await.expect(200);
    let good = filled(&page, "eve", "eve@example.org");
    let long = format!("{}@example.org", "x".repeat(300));
    for (field, value) in [
        ("user-name", "Eve Adams"),
        ("user-name", "owner"),
        ("email", "eve"),
        ("email", "a@b@example.org"),
        ("email", "\"eve\"@example.org"),
        ("email", "eve@example.org\r\nBcc: all@example.org"),
        ("email", &long),
        ("shown-name", ""),
        ("password", "short"),
        ("password", "eve eve eve eve eve"),
    ] {
        let page = eve.send(&good.clone().with(field, value)).await.expect(422);
        assert!(page.text().contains(&format!("id=\"{field}-error\"")), "{field} {value}: {}", page.text());
        assert_eq!(eve.cookie(GATE, SESSION), None);
    }
    assert!(gateway.letters().await.is_empty());
    eve.send(&good).await.expect(200);
}

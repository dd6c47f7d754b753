//! Invitations: from the manager's list of addresses to the page of whoever reads the letter.

use super::{HOME, MINUTE, PASSWORD, ada};
use crate::support::ask::Ask;
use crate::support::gateway::Gateway;
use crate::support::guest::{Form, GATE, Guest, Page};
use crate::support::upstream::Upstream;

const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

const ORGANISATION: &str = "/.portcullis/organisations/home";

/// Letters go to a server that nobody asks: links are in letters only.
const MAIL: &str = "[mail]\nserver = \"none\"\n";

async fn house() -> (Upstream, Gateway) {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, MAIL).await;
    let staff = gateway.staff();
    staff.organisation("acme").await;
    staff.entitle("acme").await;
    for (name, home) in [("mia", "home"), ("carol", "acme")] {
        staff.person(name, None).await;
        staff.grant(name, home, "manager").await;
        gateway.household.password(name, PASSWORD).await;
    }
    gateway.household.password("ada", PASSWORD).await;
    (app, gateway)
}

async fn manager(gateway: &Gateway) -> Guest<'_> {
    let mut mia = Guest::of(gateway);
    mia.sign_in("mia", PASSWORD).await.expect(200);
    mia
}

async fn invite(mia: &mut Guest<'_>, addresses: &str) -> Page {
    let page = mia.gate("organisations/home/invite").await.expect(200);
    let form = page.form(&format!("{ORGANISATION}/invite"));
    mia.send(&form.with("addresses", addresses).with("role", "viewer")).await
}

/// The newest link to an address.
async fn link(gateway: &Gateway, address: &str) -> String {
    gateway.letter_to(address).await.link("invitation")
}

fn choice(page: &Page, name: &str) -> Form {
    let form = page.form("/.portcullis/invited-sign-up");
    form.with("user-name", name).with("shown-name", "Grace Hopper").with("password", PASSWORD)
}

/// Opens the link, chooses a name, and comes to the page that asks for the code.
async fn begin<'g>(gateway: &'g Gateway, address: &str, name: &str) -> (Guest<'g>, Page) {
    let mut guest = Guest::of(gateway);
    let page = guest.open(&link(gateway, address).await).await.expect(200);
    let page = guest.send(&choice(&page, name)).await.expect(200);
    assert_eq!(page.path, "/.portcullis/sign-up/code");
    (guest, page)
}

async fn type_code(guest: &mut Guest<'_>, page: &Page, code: &str) -> Page {
    guest.send(&page.form("/.portcullis/sign-up/code").with("code", code)).await
}

/// S4-02, S4-05…S4-09: the letter leads to a form with the address locked in, a mailed code proves it, and the
/// end is the app itself.
#[tokio::test]
async fn an_invited_person_signs_up_with_a_code_and_lands_in_the_app() {
    let (_app, gateway) = house().await;
    let mut mia = manager(&gateway).await;
    invite(&mut mia, "grace@example.org").await.expect(200).expect_words("grace@example.org");
    let letter = gateway.letter_to("grace@example.org").await;
    assert!(letter.text.contains("mia invites you to work with Home"), "{}", letter.text);
    let (mut grace, page) = begin(&gateway, "grace@example.org", "grace").await;
    let source = page.text();
    assert!(source.contains("inputmode=\"numeric\"") && source.contains("autocomplete=\"one-time-code\""));
    let code = gateway.letter_to("grace@example.org").await.code();
    assert_eq!(code.len(), 9, "two groups of four digits: {code}");
    let page = type_code(&mut grace, &page, &format!("  {code} ")).await.expect(200);
    assert_eq!(page.host, "app.test", "{:?}", page.trail);
    assert_eq!(page.path, "/");
    let page = grace.gate("profile").await.expect(200).expect_words("grace@example.org");
    assert!(page.says("Validated"));
    let list = mia.gate("organisations/home/invitations").await.expect(200);
    assert!(list.says("accepted") && list.says("grace"));
    let welcome = gateway.letter_to("grace@example.org").await;
    assert!(welcome.text.contains("You signed up"), "{}", welcome.text);
}

/// whatever merely looks at the link does not use it.
#[tokio::test]
async fn looking_at_an_invitation_uses_nothing() {
    let (_app, gateway) = house().await;
    invite(&mut manager(&gateway).await, "grace@example.org").await.expect(200);
    let link = link(&gateway, "grace@example.org").await;
    let path = link.strip_prefix("https://gate.test").unwrap();
    let mut scanner = Guest::of(&gateway);
    for method in ["GET", "HEAD", "GET"] {
        let answer = scanner.ask(Ask::new(method, path).host(GATE)).await.expect(303);
        assert_eq!(answer.header("location"), Some("/.portcullis/invitation"));
        scanner.ask(Ask::new(method, "/.portcullis/invitation").host(GATE)).await.expect(200);
    }
    assert_eq!(gateway.letters_to("grace@example.org").await.len(), 1, "and sends no code");
    let (mut grace, page) = begin(&gateway, "grace@example.org", "grace").await;
    let code = gateway.letter_to("grace@example.org").await.code();
    type_code(&mut grace, &page, &code).await.expect(200);
}

/// S4-07, S4-10, R-21, pain 15: with somebody else signed in, the page names both and the link stays good; the
/// holder of the address accepts; a second visit says that all is done.
#[tokio::test]
async fn an_invitation_copes_with_whoever_is_signed_in() {
    let (_app, gateway) = house().await;
    let staff = gateway.staff();
    staff.person("grace", None).await;
    gateway.household.password("grace", PASSWORD).await;
    invite(&mut manager(&gateway).await, "grace@example.org").await.expect(200);
    let link = link(&gateway, "grace@example.org").await;
    let mut shared = ada(&gateway).await;
    let page = shared.open(&link).await.expect(200);
    assert!(page.says("This invitation is for grace@example.org, and you are signed in as ada"));
    shared.send(&Form::to("/.portcullis/invitation")).await.expect(403).expect_words("somebody else");
    let page = shared.gate("sign-in?add=1").await;
    shared.sign_in_on(&page, "grace", PASSWORD).await.expect(200);
    let page = shared.gate("invitation").await.expect(200);
    let page = shared.send(&page.form("/.portcullis/invitation")).await.expect(200);
    assert_eq!(page.host, "app.test", "{:?}", page.trail);
    let page = shared.open(&link).await.expect(200);
    assert_eq!(page.path, HOME);
    assert!(page.says("You accepted this invitation already"));
    let mut late = ada(&gateway).await;
    late.open(&link).await.expect(404).expect_words("This invitation does not work");
}

/// S2-04, product: the same signed out leads to the sign-in page and back.
#[tokio::test]
async fn a_stranger_signs_in_on_the_way_to_an_invitation() {
    let (_app, gateway) = house().await;
    gateway.staff().person("grace", None).await;
    gateway.household.password("grace", PASSWORD).await;
    invite(&mut manager(&gateway).await, "grace@example.org").await.expect(200);
    let mut grace = Guest::of(&gateway);
    let page = grace.open(&link(&gateway, "grace@example.org").await).await.expect(200);
    let to =
        page.text().split("/.portcullis/sign-in?to=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = grace.gate(&format!("sign-in?to={to}")).await.expect(200);
    let page = grace.sign_in_on(&page, "grace", PASSWORD).await.expect(200);
    assert_eq!(page.path, "/.portcullis/invitation");
    grace.send(&page.form("/.portcullis/invitation")).await.expect(200);
}

/// Many at once; each that is refused says why, and stays in the form.
#[tokio::test]
async fn each_address_gets_its_invitation_or_its_reason() {
    let (_app, gateway) = house().await;
    let mut mia = manager(&gateway).await;
    let long = format!("{}@example.org", "x".repeat(300));
    let bad = ["no address", "a@b@example.org", "\"a\"@example.org", &long];
    let all = format!("grace@example.org, GRACE@example.org\nalan@example.org\n{}", bad.join("\n"));
    let page = invite(&mut mia, &all).await.expect(422);
    assert!(page.says("It stands in the list twice.") && page.says("This is not an e-mail address."));
    let left = page.form(&format!("{ORGANISATION}/invite")).value("addresses").unwrap().to_owned();
    assert!(left.contains("a@b@example.org") && !left.contains("alan@example.org"), "{left}");
    let letters = gateway.letters().await;
    let letters: Vec<_> = letters.iter().filter(|letter| letter.subject == "Home invites you").collect();
    assert_eq!(letters.len(), 2, "{letters:?}");
    let page = invite(&mut mia, "alan@example.org").await.expect(422);
    assert!(page.says("It is invited already."));
    invite(&mut mia, "").await.expect(409);
    invite(&mut mia, "bea@example.org\r\nBcc: eve@example.org").await.expect(422);
    assert!(gateway.letters().await.iter().all(|letter| !letter.text.contains("Bcc")));
}

/// Sent anew, the old link ends; there is a pause; revoked and expired ones do not work, nor does half a link.
#[tokio::test]
async fn an_invitation_is_sent_anew_extended_and_revoked() {
    let (_app, gateway) = house().await;
    let mut mia = manager(&gateway).await;
    invite(&mut mia, "grace@example.org").await.expect(200);
    let first = link(&gateway, "grace@example.org").await;
    let list = mia.gate("organisations/home/invitations").await.expect(200);
    let path = list.between("invitations/", "\"");
    let path = format!("organisations/home/invitations/{path}");
    let deed = |word: &str| Form::to(&format!("/.portcullis/{path}")).with("deed", word);
    mia.send(&deed("resend")).await.expect(409).expect_words("Wait a minute");
    mia.send(&deed("extend")).await.expect(409).expect_words("works that long already");
    gateway.clock.advance(MINUTE);
    mia.send(&deed("resend")).await.expect(200);
    let second = link(&gateway, "grace@example.org").await;
    assert_ne!(first, second);
    let mut grace = Guest::of(&gateway);
    grace.open(&first).await.expect(404).expect_words("This invitation does not work");
    grace.open(&second).await.expect(200);
    grace.open(&second[..second.len() - 5]).await.expect(404);
    let (mut busy, page) = begin(&gateway, "grace@example.org", "grace").await;
    let code = gateway.letter_to("grace@example.org").await.code();
    mia.send(&deed("revoke")).await.expect(200).expect_words("The invitation is revoked.");
    grace.open(&second).await.expect(404);
    type_code(&mut busy, &page, &code).await.expect(404);
    mia.send(&deed("resend")).await.expect(409).expect_words("accepted or revoked");
    invite(&mut mia, "grace@example.org").await.expect(200);
    let third = link(&gateway, "grace@example.org").await;
    gateway.clock.advance(DAY * 7);
    grace.open(&third).await.expect(404);
}

/// S4-08: five tries, fifteen minutes, this browser only, and a new code ends the old one.
#[tokio::test]
async fn a_code_is_good_for_a_few_tries_in_one_browser_for_a_while() {
    let (_app, gateway) = house().await;
    invite(&mut manager(&gateway).await, "grace@example.org").await.expect(200);
    let (mut grace, page) = begin(&gateway, "grace@example.org", "grace").await;
    let first = gateway.letter_to("grace@example.org").await.code();
    let mut other = Guest::of(&gateway);
    other.open(&link_of(&gateway).await).await.expect(200);
    let form = Form::to("/.portcullis/sign-up/code").with("code", &first);
    other.send(&form).await.expect(404).expect_words("No sign-up is under way here");
    for wrong in ["", "abc", "1", "0000 0000", "99999999"] {
        type_code(&mut grace, &page, wrong).await.expect(422).expect_words("not the code of the last letter");
    }
    type_code(&mut grace, &page, &first).await.expect(422).expect_words("tried too often");
    let again = Form::to("/.portcullis/sign-up/send-code");
    grace.send(&again).await.expect(422).expect_words("Wait a minute");
    gateway.clock.advance(MINUTE);
    let page = grace.send(&again).await.expect(200).expect_words("Another code is on its way");
    let second = gateway.letter_to("grace@example.org").await.code();
    assert_ne!(first, second);
    gateway.clock.advance(MINUTE * 15);
    type_code(&mut grace, &page, &second).await.expect(422).expect_words("tried too often");
    let page = grace.send(&again).await.expect(200);
    type_code(&mut grace, &page, &second).await.expect(422).expect_words("not the code");
    let third = gateway.letter_to("grace@example.org").await.code();
    let page = type_code(&mut grace, &page, &third.replace(' ', "-")).await.expect(200);
    assert_eq!(page.host, "app.test");
}

async fn link_of(gateway: &Gateway) -> String {
    let letters = gateway.letters_to("grace@example.org").await;
    letters[0].link("invitation")
}

/// Names that are taken are told, and cost from the budget of the source.
#[tokio::test]
async fn a_taken_name_is_told_and_counted() {
    let (_app, gateway) = house().await;
    invite(&mut manager(&gateway).await, "grace@example.org").await.expect(200);
    let mut grace = Guest::of(&gateway);
    let page = grace.open(&link(&gateway, "grace@example.org").await).await.expect(200);
    let mut statuses = Vec::new();
    for _ in 0..31 {
        statuses.push(grace.send(&choice(&page, "ada")).await.answer.status);
    }
    assert_eq!(statuses[0], 422);
    assert_eq!(statuses[30], 429, "{statuses:?}");
    assert_eq!(gateway.letters_to("grace@example.org").await.len(), 1);
}

/// Whoever proves an address takes it from an account that only said that it was its own.
#[tokio::test]
async fn a_proved_address_is_taken_from_whoever_did_not_prove_it() {
    let (_app, gateway) = house().await;
    let usurper = portcullis::actions::account::NewPerson {
        user_name: "usurper".parse().unwrap(),
        email: Some("grace@example.org".parse().unwrap()),
        shown_name: "U".parse().unwrap(),
        validated: false,
        office: None,
    };
    let app = gateway.staff().0;
    let operator = portcullis::actions::Actor::operator();
    portcullis::actions::account::create_person(&app, &operator, usurper).await.unwrap();
    invite(&mut manager(&gateway).await, "grace@example.org").await.expect(200);
    let (mut grace, page) = begin(&gateway, "grace@example.org", "grace").await;
    let code = gateway.letter_to("grace@example.org").await.code();
    type_code(&mut grace, &page, &code).await.expect(200);
    let mut again = Guest::of(&gateway);
    again.sign_in("Grace@Example.org", PASSWORD).await.expect(200).expect_words("Grace Hopper");
}

/// managers of another organisation neither see nor change these invitations.
#[tokio::test]
async fn managers_elsewhere_find_no_invitation() {
    let (_app, gateway) = house().await;
    let mut mia = manager(&gateway).await;
    invite(&mut mia, "grace@example.org").await.expect(200);
    let list = mia.gate("organisations/home/invitations").await.expect(200);
    let id = list.between("invitations/", "\"");
    gateway.clock.advance(MINUTE);
    let mut carol = Guest::of(&gateway);
    carol.sign_in("carol", PASSWORD).await.expect(200);
    carol.gate("organisations/home/invitations").await.expect(404);
    carol.gate("organisations/home/invite").await.expect(404);
    for home in ["home", "acme"] {
        carol.gate(&format!("organisations/{home}/invitations/{id}")).await.expect(404);
        for deed in ["resend", "extend", "revoke"] {
            let form = Form::to(&format!("/.portcullis/organisations/{home}/invitations/{id}"));
            carol.send(&form.with("deed", deed)).await.expect(404);
        }
    }
    assert_eq!(gateway.letters_to("grace@example.org").await.len(), 1);
    mia.gate(&format!("organisations/home/invitations/{id}")).await.expect(200).expect_words("waiting");
}

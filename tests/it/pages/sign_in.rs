//! Signing in, whoever tries.

use super::{HOME, MINUTE, PASSWORD, ada, house};
use crate::support::ask::Ask;
use crate::support::guest::{Form, GATE, Guest, SESSION};

/// S4-14: one form, and back to where one was.
#[tokio::test]
async fn a_person_signs_in_and_comes_out_where_they_wanted_to_go() {
    let (app, gateway) = house().await;
    let mut ada = Guest::of(&gateway);
    let page = ada.open("https://app.test/report?year=2027").await.expect(200);
    assert_eq!((page.host.as_str(), page.trail.len()), (GATE, 2));
    assert!(app.seen().is_empty());
    let page = ada.sign_in_on(&page, "ada", PASSWORD).await.expect(200);
    assert_eq!((page.host.as_str(), page.path.as_str()), ("app.test", "/report?year=2027"));
    assert_eq!(app.only().header("x-forwarded-user"), Some("ada"));
    assert_eq!(app.only().header("cookie"), None, "the gate's cookies are its own");
    ada.sign_in("ADA@example.org", PASSWORD).await.expect(200).expect_words("Your apps");
}

/// who is wrong about the name learns no more than who is wrong about the password.
#[tokio::test]
async fn a_wrong_password_and_a_wrong_name_get_the_same_answer() {
    let (_app, gateway) = house().await;
    let mut guest = Guest::of(&gateway);
    let mut answers = Vec::new();
    for name in ["ada", "bob", "no such name", "bob@example.org"] {
        let page = guest.sign_in(name, "not this one, surely").await.expect(422);
        let page = page.expect_words("The name or the password is not right.");
        answers.push(page.text().replace(&format!("value=\"{name}\""), "").replace(" autofocus", ""));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!(guest.cookie(GATE, SESSION), None);
}

/// K10: what a browser held before the sign-in is worth nothing after it.
#[tokio::test]
async fn a_cookie_from_before_the_sign_in_is_worth_nothing_after_it() {
    let (_app, gateway) = house().await;
    let mut other = ada(&gateway).await;
    let planted = other.cookie(GATE, SESSION).unwrap().to_owned();
    let device = other.cookie(GATE, "__Host-portcullis-device").unwrap().to_owned();
    other.gate("sign-in?add=1").await;
    let mut guest = Guest::of(&gateway);
    gateway.household.resident("bob", "viewer").await;
    gateway.household.password("bob", PASSWORD).await;
    guest.jar.insert((GATE.into(), SESSION.into()), planted.clone());
    guest.jar.insert((GATE.into(), "__Host-portcullis-device".into()), device.clone());
    guest.sign_in("bob", PASSWORD).await.expect(200);
    assert_ne!(guest.cookie(GATE, SESSION), Some(planted.as_str()));
    assert_ne!(guest.cookie(GATE, "__Host-portcullis-device"), Some(device.as_str()));
    other.gate("profile").await.expect(200).expect_words("ada");
    guest.gate("profile").await.expect(200).expect_words("bob");
}

/// a form of another time or of another browser signs nobody in, and asks again with what was typed.
#[tokio::test]
async fn a_stale_or_forged_form_signs_nobody_in() {
    let (_app, gateway) = house().await;
    let mut guest = Guest::of(&gateway);
    let page = guest.gate("sign-in").await.expect(200);
    let form = page.form("/.portcullis/sign-in").with("name", "ada").with("password", PASSWORD);
    for forged in [form.clone().with("form", &"0".repeat(32)), form.clone().and("form", "x")] {
        let page = guest.send(&forged).await.expect(200).expect_words("This page was open for too long.");
        assert_eq!(page.form("/.portcullis/sign-in").value("name"), Some("ada"));
    }
    let mut another = Guest::of(&gateway);
    another.send(&form).await.expect_words("This page was open for too long.");
    assert_eq!((guest.cookie(GATE, SESSION), another.cookie(GATE, SESSION)), (None, None));
    guest.send(&form).await.expect(200).expect_words("Your apps");
}

/// K12: whatever a link says, a sign-in ends on one of the gate's own hosts.
#[tokio::test]
async fn no_address_leads_a_sign_in_elsewhere() {
    let (_app, gateway) = house().await;
    let mut first = Guest::of(&gateway);
    let sealed = first.open("https://app.test/x").await.form("/.portcullis/sign-in");
    let sealed = sealed.value("to").unwrap().to_owned();
    let cut = &sealed[..sealed.len() - 4];
    for to in [
        "https://evil.test/",
        "//evil.test",
        "/%5C%5Cevil.test",
        "https:evil.test",
        "javascript:alert(1)",
        "%00",
        "gate.test@evil.test",
        cut,
    ] {
        let mut guest = Guest::of(&gateway);
        let page = guest.gate(&format!("sign-in?to={to}")).await.expect(200);
        let page = guest.sign_in_on(&page, "ada", PASSWORD).await.expect(200);
        assert_eq!((page.host.as_str(), page.path.as_str()), (GATE, HOME), "{to}");
        let look = Form::to("/.portcullis/look").with("theme", "dark").with("back", to);
        assert_eq!(guest.send(&look).await.expect(200).path, HOME, "{to}");
        let arrived = guest.open(&format!("https://app.test/.portcullis/arrive?at={to}")).await;
        assert_eq!((arrived.host.as_str(), arrived.path.as_str()), ("app.test", "/"), "{to}");
    }
    gateway.clock.advance(MINUTE * 60 * 13);
    let page = first.gate(&format!("sign-in?to={sealed}")).await.expect(200);
    assert_eq!(first.sign_in_on(&page, "ada", PASSWORD).await.path, HOME, "a target is not for ever");
}

/// K10: several people in one browser, each with a session of their own.
#[tokio::test]
async fn several_people_share_a_browser_and_take_turns() {
    let (_app, gateway) = house().await;
    gateway.household.resident("bob", "viewer").await;
    gateway.household.password("bob", PASSWORD).await;
    let mut browser = ada(&gateway).await;
    gateway.clock.advance(MINUTE);
    browser.sign_in("bob", PASSWORD).await.expect(200);
    browser.gate("profile").await.expect_words("bob@example.org");
    let page = browser.gate("sign-in?add=1").await.expect(200);
    assert!(page.says("ada") && page.says("bob"));
    let mut forms = page.text().matches("action=\"/.portcullis/continue\"").count();
    assert_eq!(forms, 2);
    // The newest stands first; the other one is taken up.
    let rest = page.text().split("/.portcullis/continue").nth(2).unwrap().to_owned();
    let session =
        rest.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let taken = Form::to("/.portcullis/continue").with("session", &session).with("to", "");
    browser.send(&taken).await.expect(200);
    browser.gate("profile").await.expect_words("ada@example.org");
    let mut stranger = Guest::of(&gateway);
    let page = stranger.send(&taken).await.expect(200);
    assert!(page.path.starts_with("/.portcullis/sign-in"), "another browser takes up nothing");
    browser.sign_in("ada", PASSWORD).await;
    forms = browser.gate("sign-in?add=1").await.text().matches("action=\"/.portcullis/continue\"").count();
    assert_eq!(forms, 2, "nobody is there twice");
}

/// a cookie counts whole, once, and on its own host.
#[tokio::test]
async fn cookies_that_are_cut_doubled_or_of_another_host_are_nobodys() {
    let (_app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    ada.open("https://app.test/x").await.expect(200);
    let of_gate = ada.cookie(GATE, SESSION).unwrap().to_owned();
    let of_app = ada.cookie("app.test", SESSION).unwrap().to_owned();
    assert_ne!(of_gate, of_app);
    for (host, path, value) in [
        (GATE, "/.portcullis/keys", of_app.as_str()),
        (GATE, "/.portcullis/keys", &of_gate[1..]),
        (GATE, "/.portcullis/keys", ""),
        ("app.test", "/x", of_gate.as_str()),
        ("app.test", "/x", "%00"),
    ] {
        let mut thief = Guest::of(&gateway);
        thief.jar.insert((host.into(), SESSION.into()), value.into());
        let page = thief.open(&format!("https://{host}{path}")).await.expect(200);
        assert!(page.path.starts_with("/.portcullis/sign-in"), "{host} {value}");
    }
    let doubled = format!("{SESSION}={of_gate}; {SESSION}={of_gate}");
    let mut thief = Guest::of(&gateway);
    let answer = thief.ask(Ask::get("/.portcullis/keys").host(GATE).header("cookie", &doubled)).await;
    assert_eq!(answer.status, 400);
}

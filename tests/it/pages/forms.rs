//! What every form bears: other sites, nonsense, too much.

use super::{PASSWORD, ada, house};
use crate::support::ask::Ask;
use crate::support::guest::{Form, GATE, Guest};

/// Every address of this room that takes a form.
const FORMS: [&str; 13] = [
    "sign-in",
    "continue",
    "step-up",
    "choose",
    "look",
    "set-up",
    "reset-password",
    "profile",
    "security",
    "sessions",
    "keys/new",
    "report-key",
    // Last: whoever sends it is signed out.
    "sign-out",
];

/// what another site sends in somebody's name is refused, by whichever sign it shows.
#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let (_app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    for path in FORMS {
        let form = Form::to(&format!("/.portcullis/{path}"));
        let form = form.with("shown-name", "Eve").with("end", "all").with("everywhere", "yes");
        for (site, origin) in [
            ("cross-site", "https://evil.test"),
            ("same-site", "https://app.test"),
            ("same-site", "https://gate.test:8443"),
            ("cross-site", "null"),
            ("nonsense", "https://gate.test"),
        ] {
            ada.send_from(site, origin, &form).await.expect(403);
        }
        for origin in ["https://evil.test", "null", "https://app.test", "http://gate.test"] {
            let ask = Ask::post(&form.action, "shown-name=Eve&end=all").host(GATE).header("origin", origin);
            let ask = ask.header("content-type", "application/x-www-form-urlencoded");
            ada.ask(ask).await.expect(403);
        }
    }
    let page = ada.gate("profile").await.expect(200);
    assert_eq!(page.form("/.portcullis/profile").value("shown-name"), Some("ada"));
}

/// A body that is no form, too long, or full of fields is turned away, and the next request is fine.
#[tokio::test]
async fn nonsense_is_turned_away() {
    let (_app, gateway) = house().await;
    let ada = ada(&gateway).await;
    let form = "application/x-www-form-urlencoded";
    for path in FORMS {
        for (kind, body) in [
            ("application/json", "{\"shown-name\":\"Eve\"}".to_owned()),
            ("text/plain", "shown-name=Eve".to_owned()),
            ("multipart/form-data; boundary=x", "--x\r\n".to_owned()),
            (form, "a=".to_owned() + &"x".repeat(70_000)),
            (form, "a=b&".repeat(3_000)),
            (form, "%ff=%fe&%00=%00&&&===&%zz".to_owned()),
        ] {
            let ask = Ask::post(&format!("/.portcullis/{path}"), body).host(GATE);
            let ask = ask.header("content-type", kind).header("sec-fetch-site", "same-origin");
            let answer = ada.clone().ask(ask).await;
            assert!(answer.status < 500, "{path} {kind}: {}", answer.status);
            assert!(kind == form || (400..500).contains(&answer.status), "{path} {kind}: {}", answer.status);
        }
    }
    let mut ada = super::ada(&gateway).await;
    let page = ada.gate("profile").await.expect(200);
    assert_eq!(page.form("/.portcullis/profile").value("shown-name"), Some("ada"));
}

/// a tab from before the sign-out asks to sign in, and changes nothing.
#[tokio::test]
async fn a_form_of_a_tab_whose_session_ended_changes_nothing() {
    let (_app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    let form = ada.gate("profile").await.form("/.portcullis/profile").with("shown-name", "Late");
    gateway.end_sessions("ada").await;
    let page = ada.send(&form).await.expect(200);
    assert!(page.path.starts_with("/.portcullis/sign-in"));
    let page = ada.sign_in_on(&page, "ada", PASSWORD).await.expect(200);
    assert_eq!(page.path, super::HOME);
    let page = ada.gate("profile").await;
    assert_eq!(page.form("/.portcullis/profile").value("shown-name"), Some("ada"));
}

/// Keys open no page.
#[tokio::test]
async fn a_key_opens_no_page() {
    let (_app, gateway) = house().await;
    let key = gateway.key().await;
    let mut program = Guest::of(&gateway);
    for path in ["profile", "keys", "keys/new", "sessions"] {
        let ask = Ask::get(&format!("/.portcullis/{path}")).host(GATE).key(&key);
        let answer = program.ask(ask).await;
        assert_eq!(answer.status, 403, "{path}");
    }
}

//! A forgotten password, in a browser.

use std::time::Duration;

use super::{PASSWORD, ada, house};
use crate::support::gateway::Gateway;
use crate::support::guest::{GATE, Guest, SESSION};
use crate::support::soon;

const NEW: &str = "eleven quiet lanterns drift north";

/// What the letters say that came so far.
fn letters(gateway: &Gateway) -> Vec<String> {
    let folder = gateway.household.app().config.load().mail.directory.clone();
    let files = std::fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path());
    let mut whole: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "eml")).collect();
    whole.sort();
    whole.iter().map(|path| std::fs::read_to_string(path).unwrap().replace("=\r\n", "")).collect()
}

/// The first of the letters that has this in it, from there on, once it has come.
async fn come(gateway: &Gateway, wanted: &'static str) -> String {
    let looking = async {
        loop {
            let all = letters(gateway);
            if let Some(found) = all.iter().find_map(|text| Some(text[text.find(wanted)?..].to_owned())) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon(wanted, looking).await
}

/// The link to set a password.
async fn link(gateway: &Gateway) -> String {
    let found = come(gateway, "https://gate.test/.portcullis/reset-password/").await;
    found.split_whitespace().next().unwrap().to_owned()
}

/// the same status, body and header fields whether or not somebody has the name.
#[tokio::test]
async fn a_known_and_an_unknown_name_get_the_same_answer() {
    let (_app, gateway) = house().await;
    let mut answers = Vec::new();
    for name in ["ada", "ada@example.org", "nobody", "nobody@example.org", "no name at all"] {
        let mut guest = Guest::of(&gateway);
        let form = guest.gate("forgot-password").await.expect(200).form("/.portcullis/forgot-password");
        let page = guest.send(&form.with("name", name)).await.expect(200);
        let page = page.expect_words("a letter is on its way");
        assert!(!page.text().contains(name), "{name}");
        let fields: Vec<_> = page.answer.fields.iter().map(|(name, _)| name.clone()).collect();
        answers.push((page.trail.clone(), page.text(), fields));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

/// the letter's link works once, for an hour, and signs nobody in.
#[tokio::test]
async fn a_letter_leads_back_in_once() {
    let (_app, gateway) = house().await;
    let mut elsewhere = ada(&gateway).await;
    let mut guest = Guest::of(&gateway);
    let page = guest.gate("sign-in").await.expect(200).expect_words("Forgot your password?");
    assert!(page.text().contains("href=\"/.portcullis/forgot-password\""));
    let form = guest.gate("forgot-password").await.form("/.portcullis/forgot-password");
    guest.send(&form.clone().with("name", " ")).await.expect(422).expect_words("Write your user name");
    guest.send(&form.with("name", "Ada")).await.expect(200);
    let link = link(&gateway).await;
    let form = guest.open(&link).await.expect(200).form("/.portcullis/reset-password");
    let page = guest.send(&form.with("password", NEW)).await.expect(200);
    assert_eq!(page.path, "/.portcullis/sign-in");
    assert_eq!(guest.cookie(GATE, SESSION), None);
    assert!(elsewhere.gate("keys").await.path.starts_with("/.portcullis/sign-in"));
    guest.open(&link).await.expect(404).expect_words("This link does not work");
    guest.sign_in("ada", PASSWORD).await.expect(422);
    guest.sign_in("ada", NEW).await.expect(200);
    come(&gateway, "Your password was changed").await;
}

///
#[tokio::test]
async fn an_hour_later_the_link_is_dead() {
    let (_app, gateway) = house().await;
    let mut guest = Guest::of(&gateway);
    let form = guest.gate("forgot-password").await.form("/.portcullis/forgot-password");
    guest.send(&form.with("name", "ada@example.org")).await.expect(200);
    let link = link(&gateway).await;
    gateway.clock.advance(Duration::from_secs(61 * 60));
    guest.open(&link).await.expect(404).expect_words("This link does not work");
}

///
#[tokio::test]
async fn a_source_that_asks_too_often_is_told_so() {
    let (_app, gateway) = house().await;
    let mut guest = Guest::of(&gateway);
    let form =
        guest.gate("forgot-password").await.form("/.portcullis/forgot-password").with("name", "nobody");
    for _ in 0..20 {
        guest.send(&form).await.expect(200);
    }
    let page = guest.send(&form).await.expect(429);
    assert_eq!(page.answer.header("retry-after"), Some("3600"));
}

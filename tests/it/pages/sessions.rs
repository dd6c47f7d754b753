//! Where one is signed in.

use super::{MINUTE, PASSWORD, ada, house};
use crate::support::guest::{Form, GATE, Guest, SESSION};

/// a person sees their sessions, with device and address, and ends them one by one or together.
#[tokio::test]
async fn a_person_sees_and_ends_their_sessions() {
    let (_app, gateway) = house().await;
    let mut here = ada(&gateway).await;
    let mut others = Vec::new();
    for agent in ["curl/8.5.0", "Mozilla/5.0 (Windows NT 10.0) Chrome/126.0.0.0 Safari/537.36", "<script>"] {
        let mut other = Guest::of(&gateway);
        other.agent = agent.to_owned();
        other.sign_in("ada", PASSWORD).await.expect(200);
        others.push(other);
    }
    gateway.clock.advance(MINUTE * 5);
    let page = here.gate("sessions").await.expect(200);
    for words in
        ["Firefox on Linux This device", "Chrome on Windows", "curl", "127.0.0.1", "Within the last minute"]
    {
        assert!(page.says(words), "{words}: {}", page.text());
    }
    assert!(!page.text().contains("<script>"));
    let of_curl = page.text().split("title=\"curl/8.5.0\"").nth(1).unwrap().to_owned();
    let id = of_curl.split("name=\"end\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let one = Form::to("/.portcullis/sessions").with("end", &id);
    for _ in 0..2 {
        here.send(&one).await.expect(200).expect_words("Done. What ran there has ended.");
    }
    assert!(others[0].gate("keys").await.path.starts_with("/.portcullis/sign-in"));
    others[1].gate("keys").await.expect(200).expect_words("You have no keys yet.");
    here.send(&Form::to("/.portcullis/sessions").with("end", "others")).await.expect(200);
    assert!(others[1].gate("keys").await.path.starts_with("/.portcullis/sign-in"));
    here.gate("keys").await.expect_words("You have no keys yet.");
    let page = here.send(&Form::to("/.portcullis/sessions").with("end", "all")).await.expect(200);
    assert_eq!(page.path, "/.portcullis/sign-out");
    assert_eq!(here.cookie(GATE, SESSION), None);
}

/// nobody ends another's.
#[tokio::test]
async fn nobody_ends_the_session_of_another() {
    let (_app, gateway) = house().await;
    gateway.household.resident("bob", "manager").await;
    gateway.household.password("bob", PASSWORD).await;
    let mut bob = Guest::of(&gateway);
    bob.sign_in("bob", PASSWORD).await.expect(200);
    let mut ada = ada(&gateway).await;
    let id = ada.gate("sessions").await.between("name=\"end\" value=\"", "\"");
    bob.send(&Form::to("/.portcullis/sessions").with("end", &id)).await.expect(404);
    bob.send(&Form::to("/.portcullis/sessions").with("end", "nonsense")).await.expect(200);
    ada.gate("keys").await.expect(200).expect_words("You have no keys yet.");
}

//! Signing out, and what is left of it.

use super::{ada, house};
use crate::support::ask::Ask;
use crate::support::guest::{GATE, Guest, SESSION};

/// S4-42: one sign-out ends every host.
#[tokio::test]
async fn signing_out_anywhere_ends_every_host() {
    let (app, gateway) = house().await;
    for from in [GATE, "app.test"] {
        let mut ada = ada(&gateway).await;
        ada.open("https://app.test/x").await.expect(200);
        ada.open("https://other.test/only-here/closed").await.expect(200);
        let seen = app.seen().len();
        let page = ada.open(&format!("https://{from}/.portcullis/sign-out")).await.expect(200);
        ada.open("https://app.test/x").await.expect(200);
        assert_eq!(app.seen().len(), seen + 1, "asking signs nobody out");
        let page = ada.send(&page.form("/.portcullis/sign-out")).await.expect(200);
        assert!(page.says("You are signed out here"));
        for url in [
            "https://app.test/x",
            "https://other.test/only-here/closed",
            "https://gate.test/.portcullis/keys",
        ] {
            let page = ada.open(url).await.expect(200);
            assert!(page.path.starts_with("/.portcullis/sign-in"), "{url}");
        }
        assert_eq!(ada.cookie(from, SESSION), None);
    }
}

/// Everywhere means other browsers too.
#[tokio::test]
async fn signing_out_everywhere_ends_other_browsers() {
    let (_app, gateway) = house().await;
    let (mut here, mut there) = (ada(&gateway).await, ada(&gateway).await);
    let form = here.gate("sign-out").await.form("/.portcullis/sign-out").with("everywhere", "yes");
    here.send(&form).await.expect(200);
    assert!(there.gate("keys").await.path.starts_with("/.portcullis/sign-in"));
}

/// S4-41: going back after signing out shows nothing, as nobody keeps a page.
#[tokio::test]
async fn no_page_is_kept_by_anybody() {
    let (_app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    let (mut stranger, pages) =
        (Guest::of(&gateway), ["", "profile", "security", "sessions", "keys", "keys/new"]);
    for path in pages.into_iter().chain(["sign-in?add=1", "sign-out", "report-key", "choose"]) {
        let page = ada.gate(path).await.expect(200);
        assert_eq!(page.answer.header("cache-control"), Some("no-store"), "{path}");
        let policy = page.answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(page.text().contains("<html lang=\"en\""), "{path}");
    }
    for path in pages.into_iter().skip(1) {
        assert!(stranger.gate(path).await.path.starts_with("/.portcullis/sign-in"), "{path}");
    }
    let answer = ada.ask(Ask::new("HEAD", "/.portcullis/keys").host(GATE)).await;
    assert_eq!(answer.status, 200);
}

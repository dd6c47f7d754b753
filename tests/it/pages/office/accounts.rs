//! Accounts in pages.

use super::super::{MINUTE, PASSWORD};
use super::{fill, guest, house, post};
use crate::support::ask::{Ask, Over};
use crate::support::guest::Guest;

/// A person is made, found by the beginning of the name, stopped, put back, and ended by the name typed.
#[tokio::test]
async fn an_administrator_makes_stops_and_ends_an_account() {
    let (_app, gateway) = house().await;
    let mut root = guest(&gateway, "root").await;
    let fields = [("user-name", "zoe"), ("shown-name", "Zoé"), ("email", "zoe@example.org")];
    fill(&mut root, "new-person", &fields).await.expect(200).expect_words("The account is made.");
    let page = root.gate("accounts?name=zo").await.expect_words("Zoé");
    assert!(!page.says("ada@example.org"));
    root.gate("accounts?name=zz").await.expect_words("No user name begins like this.");
    fill(&mut root, "accounts/zoe/suspend", &[]).await.expect_words("suspended");
    fill(&mut root, "accounts/zoe/resume", &[]).await.expect_words("in use again");
    fill(&mut root, "accounts/zoe/office", &[("office", "support")]).await.expect_words("Support");
    fill(&mut root, "accounts/zoe/office", &[("office", "none")]).await.expect_words("No office");
    fill(&mut root, "accounts/zoe/close", &[("name", "zo")])
        .await
        .expect(422)
        .expect_words("not the user name");
    assert!(!root.gate("accounts/zoe").await.says("closed"));
    fill(&mut root, "accounts/zoe/close", &[("name", "zoe")]).await.expect(200).expect_words("closed");
    fill(&mut root, "new-person", &fields).await.expect(409).expect_words("belongs to");
    fill(&mut root, "accounts/zoe/erase", &[("name", "zoe")]).await.expect(200).expect_words("is erased");
    root.gate("accounts/zoe").await.expect(404);
}

/// A form that an administrator sends late is kept, asks for the password, and is sent once more.
#[tokio::test]
async fn a_change_asks_for_a_fresh_proof_and_keeps_the_form() {
    let (_app, gateway) = house().await;
    let mut root = guest(&gateway, "root").await;
    gateway.clock.advance(MINUTE * 11);
    let page = fill(&mut root, "accounts/ada/suspend", &[]).await.expect_words("Confirm that it is you");
    assert!(!root.gate("accounts/ada").await.says("suspended"));
    let form = page.form("/.portcullis/accounts/ada/suspend").with("step-up-password", PASSWORD);
    root.send(&form).await.expect(200).expect_words("The account is suspended.");
}

/// keys and sessions ended by an administrator are refused on the next request.
#[tokio::test]
async fn keys_and_sessions_end_at_once() {
    let (_app, gateway) = house().await;
    let mut root = guest(&gateway, "root").await;
    let mut ada = guest(&gateway, "ada").await;
    let key = gateway.key().await;
    let page = root.gate("accounts/ada").await.expect(200);
    assert!(!page.text().contains(&key) && page.says(&key[4..16]));
    let path = format!("accounts/ada/keys/{}", &key[4..16]);
    fill(&mut root, &path, &[]).await.expect(200).expect_words("The key is revoked.");
    gateway.ask(&Ask::get("/x").key(&key), Over::H1).await.expect(401);
    let form = root.gate("accounts/ada").await.form("/.portcullis/accounts/ada/sessions");
    root.send(&form).await.expect(200).expect_words("What ran there has ended.");
    assert!(ada.gate("profile").await.path.starts_with("/.portcullis/sign-in"));
}

/// Support makes a link, shown once, with which a password is set; not for those who hold an office.
#[tokio::test]
async fn support_makes_a_link_to_set_a_password() {
    let (_app, gateway) = house().await;
    let mut sue = guest(&gateway, "sue").await;
    let page = fill(&mut sue, "accounts/ada/reset", &[]).await.expect(200);
    let link = page.between("<pre id=\"link\">", "</pre>");
    assert!(link.starts_with("https://gate.test/.portcullis/reset-password/"), "{link}");
    assert_eq!(page.answer.header("cache-control"), Some("no-store"));
    assert!(!sue.gate("accounts/ada").await.text().contains(&link));
    Guest::of(&gateway).open(&link).await.expect(200).expect_words("Set a new password");
    post(&mut sue, "accounts/root/reset", &[]).await.expect(403);
}

/// Everything that is kept about a person comes as a file without secrets.
#[tokio::test]
async fn personal_data_come_as_a_file() {
    let (_app, gateway) = house().await;
    let mut root = guest(&gateway, "root").await;
    let key = gateway.key().await;
    let page = fill(&mut root, "accounts/ada/export", &[]).await.expect(200);
    let data: serde_json::Value = serde_json::from_str(&page.text()).unwrap();
    assert_eq!(data["account"]["user_name"], "ada");
    assert!(!page.text().contains(&key));
    assert_eq!(page.answer.header("content-disposition"), Some("attachment; filename=\"ada.json\""));
}

/// The last administrator stays, whatever the form.
#[tokio::test]
async fn the_last_administrator_stays() {
    let (_app, gateway) = house().await;
    let mut root = guest(&gateway, "root").await;
    for (path, fields) in [
        ("accounts/root/office", vec![("office", "none")]),
        ("accounts/root/suspend", vec![]),
        ("accounts/root/close", vec![("name", "root")]),
    ] {
        let page = fill(&mut root, path, &fields).await.expect(409);
        assert!(page.text().contains("role=\"alert\""), "{}", page.text());
    }
    root.gate("configuration").await.expect(200);
}

/// More accounts than a page holds come page by page, each once.
#[tokio::test]
async fn accounts_come_page_by_page() {
    let (_app, gateway) = house().await;
    for number in 0..60 {
        super::person(gateway.household.app(), &format!("crowd-{number:02}"), None).await;
    }
    let mut root = guest(&gateway, "root").await;
    let mut page = root.gate("accounts?name=crowd").await.expect(200);
    let mut seen = page.text().matches("/.portcullis/accounts/crowd-").count();
    assert_eq!(seen, 50);
    let next = page.between("rel=\"next\" href=\"", "\"");
    page = root.open(&format!("https://gate.test{next}")).await.expect(200);
    seen += page.text().matches("/.portcullis/accounts/crowd-").count();
    assert_eq!(seen, 60);
    assert!(!page.text().contains("rel=\"next\""));
}

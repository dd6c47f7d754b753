//! Who one is here.

use super::{ada, house};

#[tokio::test]
async fn a_person_sees_who_they_are_and_changes_the_name_that_others_see() {
    let (app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    let page = ada.gate("profile").await.expect(200);
    for words in ["ada@example.org", "Validated", "app • general • Viewer", "home", "No end"] {
        assert!(page.says(words), "{words}: {}", page.text());
    }
    let form = page.form("/.portcullis/profile");
    assert_eq!(form.value("shown-name"), Some("ada"));
    let name = "Ada <b>&\"'Lovelace";
    let page = ada.send(&form.with("shown-name", name)).await.expect(200).expect_words("Your name is saved.");
    assert!(!page.text().contains("<b>"), "what people type is text");
    assert_eq!(page.form("/.portcullis/profile").value("shown-name"), Some(name));
    ada.open("https://app.test/x").await.expect(200);
    assert_eq!(app.last().header("x-forwarded-user"), Some("ada"), "the user name stays");
}

#[tokio::test]
async fn a_name_that_cannot_be_one_changes_nothing() {
    let (_app, gateway) = house().await;
    let mut ada = ada(&gateway).await;
    let form = ada.gate("profile").await.form("/.portcullis/profile");
    for bad in ["", "   ", "a\u{202e}b", "a\u{7}b", &"x".repeat(10_000)] {
        ada.send(&form.clone().with("shown-name", bad)).await.expect(422).expect_words("1 to 200 characters");
    }
    ada.send(&form.clone().with("shown-name", "one").and("shown-name", "two")).await.expect(422);
    let form = ada.gate("profile").await.form("/.portcullis/profile");
    assert_eq!(form.value("shown-name"), Some("ada"));
}

/// The language that an account chose wins over the browser's.
#[tokio::test]
async fn the_language_of_an_account_goes_with_it_to_another_browser() {
    let (_app, gateway) = house().await;
    let mut first = ada(&gateway).await;
    let form = first.gate("profile").await.form("/.portcullis/look");
    first.send(&form.with("language", "de")).await.expect(200);
    let mut second = ada(&gateway).await;
    second.gate("profile").await.expect(200).expect_words("Name, den andere sehen");
}

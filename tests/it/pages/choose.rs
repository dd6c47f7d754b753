//! Choosing under which credentials to work.

use super::{ada, house};

/// S4-36: several sets of credentials fit, the person picks one, and may pick another without signing out.
#[tokio::test]
async fn a_person_picks_their_credentials_and_may_switch() {
    let (app, gateway) = house().await;
    gateway.household.space("lab").await;
    let mut ada = ada(&gateway).await;
    let page = ada.open("https://app.test/x").await.expect(200).expect_words("Choose your credentials");
    assert!(app.seen().is_empty());
    let form = page.form("/.portcullis/choose");
    let unpicked = ada.send(&form).await.expect_words("Choose one of them.");
    let form = unpicked.form("/.portcullis/choose").with("credentials", "app/home/lab/viewer");
    let page = ada.send(&form).await.expect(200);
    assert_eq!((page.host.as_str(), page.path.as_str()), ("app.test", "/x"));
    assert_eq!(app.last().header("x-portcullis-space"), Some("lab"));
    let form = ada.gate("choose").await.form("/.portcullis/choose");
    assert_eq!(form.value("credentials"), Some("app/home/lab/viewer"), "what is at work is ticked");
    ada.send(&form.with("credentials", "app/home/general/viewer")).await.expect(200);
    ada.open("https://app.test/x").await.expect(200);
    assert_eq!(app.last().header("x-portcullis-space"), Some("general"));
    let form = ada.gate("choose").await.form("/.portcullis/choose");
    ada.send(&form.with("credentials", "app/home/general/manager")).await.expect(422);
    ada.open("https://app.test/x").await.expect(200);
    assert_eq!(app.last().header("x-portcullis-role"), Some("viewer"), "nobody picks what they do not hold");
}

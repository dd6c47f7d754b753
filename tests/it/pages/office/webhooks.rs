//! Webhooks on pages: made, tried, given another secret, stopped and removed, by administrators only.

use super::{fill, guest, house, post};

const URL: &str = "https://hooks.invalid/in";

/// B-20, R-70: the secret is on the page of its making and on no other.
#[tokio::test]
async fn an_administrator_makes_a_webhook_and_sees_its_secret_once() {
    let (_app, gateway) = house().await;
    let mut root = guest(&gateway, "root").await;
    root.gate("webhooks").await.expect_words("No app is told of anything yet.");
    for (url, said) in [
        ("hooks.invalid", "Write a web address"),
        ("http://hooks.invalid/", "The address must begin with https://"),
        ("https://192.168.1.1/", "a network that is not public"),
    ] {
        let page = fill(&mut root, "new-webhook", &[("platform", "app"), ("url", url)]).await;
        assert!([409, 422].contains(&page.answer.status), "{}", page.answer.status);
        page.expect_words(said);
    }
    let chosen = [("platform", "app"), ("url", URL), ("key.revoked", "yes"), ("account.deleted", "yes")];
    let made = fill(&mut root, "new-webhook", &chosen).await.expect(200);
    let secret = made.between("aria-label=\"The secret\">", "</pre>");
    assert!(secret.starts_with("whsec_"));
    let path = made.between("<a class=\"button main\" href=\"/.portcullis/", "\"");
    let page = root.gate(&path).await.expect(200).expect_words("Account ended").expect_words("Key revoked");
    assert!(!page.text().contains(&secret) && !page.says("Session ended"));
    fill(&mut root, "new-webhook", &chosen)
        .await
        .expect(409)
        .expect_words("has a webhook at this address already");
    for (language, words) in [("de", "Noch wurde nichts gesendet."), ("fr", "Rien n’a encore été envoyé.")]
    {
        post(&mut root, "look", &[("language", language), ("theme", "system"), ("back", "/.portcullis/")])
            .await;
        root.gate(&path).await.expect_words(words);
    }
}

#[tokio::test]
async fn a_webhook_is_tried_turned_over_stopped_and_removed() {
    let (_app, gateway) = house().await;
    let mut root = guest(&gateway, "root").await;
    let made = fill(&mut root, "new-webhook", &[("platform", "app"), ("url", URL)]).await.expect(200);
    let secret = made.between("aria-label=\"The secret\">", "</pre>");
    let path = made.between("<a class=\"button main\" href=\"/.portcullis/", "\"");
    let page = root.gate(&path).await.expect(200);
    let page = root.send(&page.form(&format!("/.portcullis/{path}/test"))).await.expect(200);
    page.expect_words("A test is on its way.").expect_words("Test (test.ping)").expect_words("Waits");
    let page = root.gate(&path).await;
    let again = page.between(&format!("action=\"/.portcullis/{path}/deliveries/"), "\"");
    post(&mut root, &format!("{path}/deliveries/{again}"), &[]).await.expect_words("It is sent once more.");
    post(&mut root, &format!("{path}/rotate"), &[("overlap", "for ever")]).await.expect(422);
    let page = fill(&mut root, &format!("{path}/rotate"), &[("overlap", "1h")]).await.expect(200);
    let next =
        page.expect_words("The old secret signs too until").between("aria-label=\"The secret\">", "</pre>");
    assert!(next.starts_with("whsec_") && next != secret);
    let page = fill(&mut root, &format!("{path}/disable"), &[]).await.expect(200);
    let page = page.expect_words("disabled by hand");
    post(&mut root, &format!("{path}/test"), &[]).await.expect(409).expect_words("Enable it first.");
    root.send(&page.form(&format!("/.portcullis/{path}/enable")))
        .await
        .expect_words("The webhook is enabled.");
    fill(&mut root, &format!("{path}/remove"), &[]).await.expect(200).expect_words("The webhook is removed.");
    root.gate(&path).await.expect(404);
    root.gate("audit?act=webhook.removed").await.expect_words("webhook.removed");
}

#[tokio::test]
async fn nobody_else_sees_webhooks() {
    let (_app, gateway) = house().await;
    let mut sue = guest(&gateway, "sue").await;
    assert!(!sue.gate("accounts").await.expect(200).says("Webhooks"));
    sue.gate("webhooks").await.expect(403);
    post(&mut sue, "new-webhook", &[("platform", "app"), ("url", URL)]).await.expect(403);
}

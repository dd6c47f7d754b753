//! Bans, the audit trail, and what the running gate tells.

use super::{fill, guest, house};
use crate::support::ask::{Ask, Over};

/// Whoever must wait is listed, and let go by an administrator only.
#[tokio::test]
async fn a_ban_is_lifted() {
    let (_app, gateway) = house().await;
    let key = gateway.key_with_another_secret(&gateway.key().await);
    let mut root = guest(&gateway, "root").await;
    root.gate("bans").await.expect_words("Nobody has to wait.");
    for _ in 0..10 {
        gateway.ask(&Ask::get("/x").key(&key), Over::H1).await;
    }
    let mut sue = guest(&gateway, "sue").await;
    assert!(
        !sue.gate("bans").await.expect_words(&key[4..16]).text().contains("action=\"/.portcullis/bans\"")
    );
    let form = root.gate("bans").await.expect_words(&key[4..16]).form("/.portcullis/bans");
    root.send(&form).await.expect(200).expect_words("Nobody has to wait.");
    root.gate("audit?act=ban.lifted").await.expect_words("ban.lifted");
}

/// the trail is searched by each filter, goes on page by page, comes as a file, and is checked.
#[tokio::test]
async fn the_trail_is_searched_taken_out_and_checked() {
    let (_app, gateway) = house().await;
    let mut root = guest(&gateway, "root").await;
    fill(&mut root, "accounts/ada/suspend", &[]).await.expect(200);
    let page = root.gate("audit?act=account.suspended&actor=root&subject=ada").await.expect(200);
    assert!(page.text().contains("account.suspended"));
    let request = page.between("/.portcullis/explain?request=", "\"");
    for (filter, found) in [
        ("act=account.", true),
        ("act=key.", false),
        ("actor=root", true),
        ("actor=sue&act=account.suspended", false),
        ("subject=ada", true),
        ("from=2020-01-01&to=2100-01-01", true),
        ("from=2100-01-01", false),
        (&format!("request={request}"), true),
        ("address=127.0.0.1", true),
        ("address=192.0.2.1", false),
    ] {
        let page = root.gate(&format!("audit?{filter}")).await.expect(200);
        assert_eq!(page.text().contains("account.suspended</td>"), found, "{filter}");
    }
    let lines = root.gate("audit/export/jsonl?act=account.suspended").await.expect(200);
    let line: serde_json::Value = serde_json::from_str(lines.text().trim()).unwrap();
    assert_eq!(line["act"], "account.suspended");
    assert_eq!(lines.answer.header("content-disposition"), Some("attachment; filename=\"audit.jsonl\""));
    let csv = root.gate("audit/export/csv").await.expect(200).text();
    assert!(csv.starts_with("seq,at,act,") && csv.contains("account.suspended"), "{csv}");
    root.gate("audit/export/xml").await.expect(404);
    root.gate("audit/verify").await.expect_words("The trail is whole");
}

/// Older entries are one link away, none twice.
#[tokio::test]
async fn the_trail_goes_on_page_by_page() {
    let (_app, gateway) = house().await;
    for number in 0..60 {
        super::person(gateway.household.app(), &format!("crowd-{number:02}"), None).await;
    }
    let mut root = guest(&gateway, "root").await;
    let page = root.gate("audit?act=account.created").await.expect(200);
    assert_eq!(page.text().matches("account.created</td>").count(), 50);
    let older = page.between("rel=\"next\" href=\"", "\"");
    let page = root.open(&format!("https://gate.test{older}")).await.expect(200);
    let rest = page.text().matches("account.created</td>").count();
    assert!((10..50).contains(&rest), "{rest}");
}

/// What a filter does not understand is said at its field.
#[tokio::test]
async fn a_filter_that_makes_no_sense_is_marked() {
    let (_app, gateway) = house().await;
    let mut root = guest(&gateway, "root").await;
    for (filter, field) in [
        ("from=tomorrow", "from"),
        ("to=31.01.2027", "to"),
        ("address=here", "address"),
        ("request=1", "request"),
        ("organisation=No%20Slug", "organisation"),
        ("organisation=nowhere", "organisation"),
        ("actor=nobody", "actor"),
    ] {
        let page = root.gate(&format!("audit?{filter}")).await;
        assert!([404, 422].contains(&page.answer.status), "{filter}");
        assert!(page.text().contains(&format!("id=\"filter-{field}-error\"")), "{filter}: {}", page.text());
    }
}

/// The gate's own state is there to read, without secrets.
#[tokio::test]
async fn the_running_gate_is_shown() {
    let (_app, gateway) = house().await;
    let mut root = guest(&gateway, "root").await;
    gateway.ask(&Ask::get("/x").key(&gateway.key().await), Over::H1).await.expect(200);
    root.gate("upstreams").await.expect_words("healthy").expect_words("impatient");
    root.gate("certificates").await.expect_words("app.test").expect_words("days left");
    root.gate("configuration").await.expect_words("Last reload");
}

/// A decision is explained before and after it was made.
#[tokio::test]
async fn decisions_are_explained() {
    let (_app, gateway) = house().await;
    let mut sue = guest(&gateway, "sue").await;
    let url = "url=https%3A%2F%2Fapp.test%2Fx&method=GET";
    let page = sue.gate(&format!("explain?who=user&name=ada&{url}")).await.expect(200);
    assert!(page.says("let in") && page.text().contains("x-forwarded-user"), "{}", page.text());
    let page = sue.gate(&format!("explain?who=nobody&{url}")).await.expect(200);
    assert!(page.says("turned away"));
    let key = gateway.key().await;
    let page = sue.gate(&format!("explain?who=key&name={}&{url}", &key[4..16])).await.expect(200);
    assert!(page.says("let in") && page.says("Failed attempts"), "{}", page.text());
    let answer = gateway.ask(&Ask::get("/x"), Over::H1).await.expect(401);
    let request = answer.header("x-request-id").unwrap();
    sue.gate(&format!("explain?request={request}")).await.expect(200).expect_words("turned away");
    for wrong in [
        "request=1".to_owned(),
        "request=0123456789abcdef0123456789abcdef".to_owned(),
        format!("who=user&name=nobody&{url}"),
        format!("who=key&name=short&{url}"),
        format!("who=else&{url}"),
        "who=nobody&method=GET&url=%2Fx".to_owned(),
        "who=nobody&method=G%20T&url=https%3A%2F%2Fapp.test%2F".to_owned(),
        format!("who=nobody&credentials=x&{url}"),
        format!("who=nobody&from=here&{url}"),
    ] {
        let page = sue.gate(&format!("explain?{wrong}")).await.expect(422);
        assert!(page.text().contains("aria-invalid=\"true\""), "{wrong}");
    }
}

//! The drop-box for leaked keys.

use super::house;
use crate::support::ask::{Ask, Over};
use crate::support::guest::{GATE, Guest};

/// Possession is the proof, and the page does not say whether there was such a key.
#[tokio::test]
async fn a_stranger_ends_a_key_and_learns_nothing() {
    let (_app, gateway) = house().await;
    let key = gateway.key().await;
    let unknown = gateway.key_with_another_secret(&key);
    let mut stranger = Guest::of(&gateway);
    let page = stranger.gate("keys/report").await.expect(200).expect_words("Report a leaked key");
    assert_eq!(page.path, "/.portcullis/report-key");
    let form = page.form("/.portcullis/report-key");
    let mut told = Vec::new();
    for text in [&unknown, "nonsense", &key, &key] {
        let page = stranger.send(&form.clone().with("key", text)).await.expect(200);
        assert!(page.says("If this was a key that worked, it works no more."));
        told.push(page.text());
    }
    told.dedup();
    assert_eq!(told.len(), 1);
    gateway.ask(&Ask::get("/x").key(&key), Over::H1).await.expect(401);
    for bad in ["", &"x".repeat(10_000)] {
        let page = stranger.send(&form.clone().with("key", bad)).await.expect(422);
        assert!(page.text().len() < 10_000);
    }
}

/// Programs report where they always did.
#[tokio::test]
async fn a_program_reports_in_plain_text() {
    let (_app, gateway) = house().await;
    let key = gateway.key().await;
    let ask =
        Ask::post("/.portcullis/keys/report", key.clone()).host(GATE).header("content-type", "text/plain");
    let mut program = Guest::of(&gateway);
    program.ask(ask).await.expect(202);
    gateway.ask(&Ask::get("/x").key(&key), Over::H1).await.expect(401);
}

//! Budgets of failures and quotas of requests (row K5, product decision 10).

use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::upstream::Upstream;

/// K5: bad keys use up the budget of their source; a key that verifies still passes.
#[tokio::test]
async fn a_flood_of_bad_keys_is_slowed_down_and_good_keys_pass() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "[failures]\nper_source = \"5/1m\"\n").await;
    let key = gateway.key().await;
    let mut statuses = Vec::new();
    for at in 0..20 {
        let over = Over::BOTH[at % 2];
        let answer = gateway.ask(&Ask::get("/x").key(&format!("made-up-{at}")), over).await;
        if answer.status == 429 {
            assert!(
                answer.header("retry-after").is_some_and(|wait| wait.parse::<u32>().is_ok()),
                "{answer:?}"
            );
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses[..5], [401; 5], "{statuses:?}");
    assert_eq!(statuses[19], 429, "{statuses:?}");
    for over in Over::BOTH {
        gateway.ask(&Ask::get("/x").key(&key), over).await.expect(200);
    }
}

/// K5: every door and every spelling counts on the same budget.
#[tokio::test]
async fn every_slot_counts_on_the_same_budget() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "[failures]\nper_source = \"4/1m\"\n").await;
    let asks = [
        Ask::get("/x").key("made-up-1"),
        Ask::get("/x").header("authorization", "Bearer made-up-2"),
        Ask::get("/x").header("x-api-key", "made-up-3"),
        Ask::get("/optional/x").header("authorization", "BEARER made-up-4"),
    ];
    for ask in &asks {
        gateway.ask(ask, Over::H1).await.expect(401);
    }
    for ask in &asks {
        let answer = gateway.ask(ask, Over::H2).await;
        assert_eq!(answer.status, 429, "{ask:?}: {answer:?}");
    }
}

/// K5, section 6.7: a forwarded address is no source of its own.
#[tokio::test]
async fn a_forged_address_is_no_fresh_source() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "[failures]\nper_source = \"3/1m\"\n").await;
    let mut last = 0;
    for at in 0..12 {
        let ask =
            Ask::get("/x").key(&format!("made-up-{at}")).header("x-forwarded-for", &format!("10.0.0.{at}"));
        last = gateway.ask(&ask, Over::H1).await.status;
    }
    assert_eq!(last, 429);
}

/// Quotas are told on every answer, and what is over them waits.
#[tokio::test]
async fn quotas_are_told_and_kept() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    let mut statuses = Vec::new();
    for at in 0..6 {
        let answer = gateway.ask(&Ask::get("/quota/x").key(&key), Over::BOTH[at % 2]).await;
        assert!(
            answer.header("ratelimit-policy").is_some() && answer.header("ratelimit").is_some(),
            "{answer:?}"
        );
        assert!(answer.header("x-ratelimit-limit").is_some(), "{answer:?}");
        if answer.status == 429 {
            assert!(answer.header("retry-after").is_some(), "{answer:?}");
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429, 429]);
    // Another key has its own.
    let other = gateway.key().await;
    gateway.ask(&Ask::get("/quota/x").key(&other), Over::H1).await.expect(200);
}

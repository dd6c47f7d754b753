//! Failed attempts reach the audit trail: few entries for many attempts, and none lost for a while without
//! a store.

use std::net::IpAddr;
use std::time::Duration;

use portcullis::app::failures::{Minutes, Tally, write};
use portcullis::model::id::AccountId;
use portcullis::model::quota::{Source, Subject};
use portcullis::store::audit::{self, Wanted};

use super::ground::{Ground, NOON};

fn source(last: u8) -> Source {
    Source::of(IpAddr::from([192, 0, 2, last]))
}

/// K5, R-69.
#[tokio::test]
async fn a_thousand_failures_of_one_source_on_one_account_are_one_entry() {
    for ground in Ground::all().await {
        let (store, tally, account) = (ground.open().await, Tally::default(), AccountId::mint());
        for _ in 0..1000 {
            tally.count(source(1), Some(Subject::Account(account)), NOON);
        }
        tally.count(source(2), None, NOON);
        let later = NOON.plus(Duration::from_secs(60));
        assert_eq!(write(&tally, &store, Minutes::Over, NOON).await.unwrap(), 0, "the minute is not over");
        assert_eq!(write(&tally, &store, Minutes::Over, later).await.unwrap(), 2);
        assert_eq!(write(&tally, &store, Minutes::All, later).await.unwrap(), 0);
        let entries = audit::list(&store, Wanted { limit: 10, ..Wanted::default() }).await.unwrap();
        let entry = entries.iter().find(|entry| entry.subject == format!("account {account}")).unwrap();
        assert_eq!((entry.act.as_str(), entry.address.as_deref()), ("auth.failed", Some("192.0.2.1")));
        assert!(entry.detail.starts_with("count=1000 minute="), "{}", entry.detail);
        assert!(entries.iter().any(|entry| entry.subject == "unknown credential"));
    }
}

#[tokio::test]
async fn failures_counted_while_the_store_is_away_are_written_when_it_is_back() {
    let ground = Ground::sqlite();
    let (store, tally) = (ground.open().await, Tally::default());
    tally.count(source(1), None, NOON);
    store.close().await;
    assert!(write(&tally, &store, Minutes::All, NOON).await.is_err());
    tally.count(source(1), None, NOON);
    let store = ground.open().await;
    assert_eq!(write(&tally, &store, Minutes::All, NOON).await.unwrap(), 1);
    let entries = audit::list(&store, Wanted { limit: 1, ..Wanted::default() }).await.unwrap();
    assert!(entries[0].detail.starts_with("count=2 "), "{}", entries[0].detail);
}

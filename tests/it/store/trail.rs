//! The audit trail cut for its age, and what a reader can ask of it, on each database.

use std::time::Duration;

use portcullis::model::audit::{AuditActor, AuditEntry};
use portcullis::model::id::AccountId;
use portcullis::store::Store;
use portcullis::store::audit::{self, Fault, Filter, Verdict, Wanted};
use portcullis::time::Timestamp;

use super::contract::entry;
use super::ground::{Ground, NOON};

const HOUR: Duration = Duration::from_secs(3600);

async fn write(store: &Store, entry: AuditEntry, at: Timestamp) {
    let mut tx = store.begin().await.unwrap();
    tx.audit(entry);
    tx.commit(at).await.unwrap();
}

/// Ten entries, an hour apart.
async fn ten(store: &Store) {
    for hour in 0..10 {
        write(store, entry("setting.changed"), NOON.plus(HOUR * hour)).await;
    }
}

async fn numbers(store: &Store, filter: Filter) -> Vec<i64> {
    let found = audit::list(store, Wanted { filter, limit: 99, before: None }).await.unwrap();
    found.iter().map(|entry| entry.seq).collect()
}

/// what is cut for its age leaves the chain whole.
#[tokio::test]
async fn a_trail_cut_for_its_age_still_holds() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        ten(&store).await;
        let now = NOON.plus(HOUR * 10);
        assert_eq!(audit::cut(&store, NOON.plus(HOUR * 4), now).await.unwrap(), 4);
        assert_eq!(audit::verify(&store).await.unwrap(), Verdict::Whole { entries: 7, erased: 0 });
        let cut = audit::last_cut(&store).await.unwrap().unwrap();
        assert_eq!((cut.seq, cut.at), (4, now));
        assert_eq!(numbers(&store, Filter::default()).await, [11, 10, 9, 8, 7, 6, 5]);
        assert_eq!(audit::cut(&store, NOON.plus(HOUR * 4), now).await.unwrap(), 0, "nothing is left to cut");
        assert_eq!(audit::cut(&store, now.plus(HOUR), now.plus(HOUR)).await.unwrap(), 7, "all of it may go");
        assert_eq!(audit::verify(&store).await.unwrap(), Verdict::Whole { entries: 1, erased: 0 });
        write(&store, entry("setting.changed"), now.plus(HOUR * 2)).await;
        assert_eq!(audit::verify(&store).await.unwrap(), Verdict::Whole { entries: 2, erased: 0 });
    }
}

/// Whoever cuts entries off behind the gate's back cannot make it look like the gate's own doing.
#[tokio::test]
async fn a_trail_cut_by_somebody_else_does_not_hold() {
    for (sql, fault) in [
        ("DELETE FROM audit_personal; DELETE FROM audit WHERE seq <= 3", Fault::Missing),
        (
            "INSERT INTO audit_cut (seq, digest, at) SELECT seq, digest, at FROM audit WHERE seq = 3;
             DELETE FROM audit_personal; DELETE FROM audit WHERE seq <= 3",
            Fault::CutUnseen,
        ),
    ] {
        for ground in Ground::all().await {
            let store = ground.open().await;
            ten(&store).await;
            ground.execute(sql).await;
            let verdict = audit::verify(&store).await.unwrap();
            assert!(matches!(verdict, Verdict::Broken { fault: found, .. } if found == fault), "{verdict:?}");
        }
    }
}

#[tokio::test]
async fn readers_find_entries_by_everything_they_know_of_them() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let (ada, eve) = (AccountId::mint(), AccountId::mint());
        let by = |who| AuditEntry { actor: AuditActor::Account(who), ..entry("key.created") };
        write(&store, by(ada), NOON).await;
        write(&store, AuditEntry { subject: format!("account {ada}"), ..entry("account.created") }, NOON)
            .await;
        write(&store, AuditEntry { subject: "key 3fQ".into(), ..by(eve) }, NOON.plus(HOUR)).await;
        write(&store, AuditEntry { address: None, ..entry("keyring.rotated") }, NOON.plus(HOUR * 2)).await;
        let text = |text: &str| Some(text.to_owned());
        let none = Filter::default;
        for (filter, found) in [
            (none(), vec![4, 3, 2, 1]),
            (Filter { from: Some(NOON.plus(HOUR)), ..none() }, vec![4, 3]),
            (Filter { to: Some(NOON.plus(HOUR)), ..none() }, vec![2, 1]),
            (Filter { act: text("key.created"), ..none() }, vec![3, 1]),
            (Filter { act: text("key."), ..none() }, vec![3, 1]),
            (Filter { act: text("key"), ..none() }, vec![]),
            (Filter { actor: text("operator"), ..none() }, vec![4, 2]),
            (Filter { actor: Some(eve.to_string()), ..none() }, vec![3]),
            (Filter { subject: text("key 3fQ"), ..none() }, vec![3]),
            (Filter { subject: text("3fQ"), ..none() }, vec![3]),
            (Filter { subject: text("3fq"), ..none() }, vec![]),
            (Filter { subject: text("fQ"), ..none() }, vec![]),
            (Filter { about: Some(ada), ..none() }, vec![2, 1]),
            (Filter { address: text("192.0.2.7"), ..none() }, vec![3, 2, 1]),
            (Filter { act: text("key."), actor: Some(ada.to_string()), ..none() }, vec![1]),
        ] {
            assert_eq!(numbers(&store, filter.clone()).await, found, "{filter:?}");
            let oldest_first = audit::after(&store, 0, &filter, 99).await.unwrap();
            let oldest_first: Vec<_> = oldest_first.iter().rev().map(|entry| entry.seq).collect();
            assert_eq!(oldest_first, found, "{filter:?}");
        }
        let page = Wanted { before: Some(3), limit: 1, filter: none() };
        assert_eq!(audit::list(&store, page).await.unwrap()[0].seq, 2);
    }
}

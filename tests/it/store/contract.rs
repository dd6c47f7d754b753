//! What the store promises, checked on each database.

use std::collections::HashSet;

use portcullis::model::audit::{AuditActor, AuditEntry};
use portcullis::model::change::{Change, Seq};
use portcullis::model::id::AccountId;
use portcullis::store::audit::{Fault, Verdict, Wanted};
use portcullis::store::{Store, audit, changes};

use super::ground::{Ground, NOON};

pub(crate) fn entry(act: &'static str) -> AuditEntry {
    AuditEntry {
        act,
        actor: AuditActor::Operator,
        subject: "account x".into(),
        organisation: None,
        address: Some("192.0.2.7".parse().unwrap()),
        request: None,
        detail: "role=viewer".into(),
        personal: Some("ada@example.org".into()),
    }
}

async fn write(store: &Store, change: Change, act: &'static str) -> Seq {
    let mut tx = store.begin().await.unwrap();
    tx.change(change);
    tx.audit(entry(act));
    tx.commit(NOON).await.unwrap()
}

#[tokio::test]
async fn changes_are_read_back_in_the_order_of_commits() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let start = changes::latest(&store).await.unwrap();
        let account = Change::Account(AccountId::mint());
        let first = write(&store, account, "account.created").await;
        let second = write(&store, Change::Setting, "setting.changed").await;
        assert!(start < first && first < second);
        assert_eq!(
            changes::since(&store, start).await.unwrap(),
            [(first, account), (second, Change::Setting)]
        );
        assert_eq!(changes::since(&store, first).await.unwrap(), [(second, Change::Setting)]);
        assert_eq!(changes::since(&store, second).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_reader_ahead_of_the_log_or_behind_its_start_forgets_everything() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let latest = write(&store, Change::Setting, "setting.changed").await;
        let ahead = changes::since(&store, Seq(latest.0 + 7)).await.unwrap();
        assert_eq!(ahead, [(latest, Change::Everything)]);
        let newer = write(&store, Change::Setting, "setting.changed").await;
        ground.execute("DELETE FROM change_log WHERE seq = 1").await;
        assert_eq!(changes::since(&store, Seq(0)).await.unwrap(), [(newer, Change::Everything)]);
    }
}

#[tokio::test]
async fn what_is_not_committed_leaves_nothing_behind() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let before = changes::latest(&store).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.change(Change::Setting);
        tx.audit(entry("setting.changed"));
        drop(tx);
        assert_eq!(changes::latest(&store).await.unwrap(), before);
        assert!(audit::list(&store, Wanted { limit: 9, ..Wanted::default() }).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn two_writers_never_leave_a_gap_for_a_reader() {
    for ground in Ground::all().await {
        let one = ground.open().await;
        let two = ground.open().await;
        let writers: Vec<_> = [one.clone(), two.clone(), one.clone(), two]
            .into_iter()
            .map(|store| {
                tokio::spawn(async move {
                    for _ in 0..25 {
                        write(&store, Change::Account(AccountId::mint()), "account.created").await;
                    }
                })
            })
            .collect();
        let (mut seen, mut found) = (Seq(0), HashSet::new());
        while found.len() < 100 {
            for (seq, change) in changes::since(&one, seen).await.unwrap() {
                assert_eq!(seq.0, seen.0 + 1, "no number is skipped");
                assert!(found.insert(change), "no change comes twice");
                seen = seq;
            }
            tokio::task::yield_now().await;
        }
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(audit::verify(&one).await.unwrap(), Verdict::Whole { entries: 100, erased: 0 });
    }
}

#[tokio::test]
async fn another_process_is_noticed_by_the_version_of_the_data() {
    let ground = Ground::sqlite();
    let (here, there) = (ground.open().await, ground.open().await);
    let before = changes::data_version(&here).await.unwrap();
    assert_eq!(changes::data_version(&here).await.unwrap(), before);
    write(&there, Change::Setting, "setting.changed").await;
    assert_ne!(changes::data_version(&here).await.unwrap(), before);
}

/// append-only with a hash chain.
#[tokio::test]
async fn the_audit_chain_shows_what_was_altered_removed_moved_or_cut_off() {
    let harm = [
        ("UPDATE audit SET detail = 'role=manager' WHERE seq = 3", 3, Fault::Altered),
        ("UPDATE audit SET at = at + 1 WHERE seq = 1", 1, Fault::Altered),
        ("DELETE FROM audit WHERE seq = 2", 2, Fault::Missing),
        ("DELETE FROM audit WHERE seq = 5", 5, Fault::Missing),
        ("UPDATE audit_personal SET personal = 'eve' WHERE seq = 4", 4, Fault::PersonalAltered),
        ("UPDATE audit SET seq = 9 - seq WHERE seq IN (4, 5)", 4, Fault::Altered),
        (
            "UPDATE audit SET digest = (SELECT digest FROM audit WHERE seq = 1) WHERE seq = 5",
            5,
            Fault::Altered,
        ),
    ];
    for (harm, seq, fault) in harm {
        for ground in Ground::all().await {
            let store = ground.open().await;
            for _ in 0..5 {
                write(&store, Change::Setting, "setting.changed").await;
            }
            assert_eq!(audit::verify(&store).await.unwrap(), Verdict::Whole { entries: 5, erased: 0 });
            let reach = if harm.starts_with("DELETE") || harm.contains("9 - seq") {
                "DELETE FROM audit_personal"
            } else {
                "SELECT 1"
            };
            ground.execute(reach).await;
            if harm.contains("9 - seq") {
                ground.execute("UPDATE audit SET seq = 90 WHERE seq = 4").await;
                ground.execute("UPDATE audit SET seq = 4 WHERE seq = 5").await;
                ground.execute("UPDATE audit SET seq = 5 WHERE seq = 90").await;
            } else {
                ground.execute(harm).await;
            }
            assert_eq!(audit::verify(&store).await.unwrap(), Verdict::Broken { seq, fault }, "{harm}");
        }
    }
}

/// Erasure of personal facts leaves the chain whole.
#[tokio::test]
async fn erased_personal_facts_do_not_break_the_chain() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let account = AccountId::mint();
        let mut tx = store.begin().await.unwrap();
        tx.change(Change::Account(account));
        tx.audit(AuditEntry { subject: format!("account {account}"), ..entry("account.created") });
        tx.audit(entry("setting.changed"));
        tx.commit(NOON).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        assert_eq!(audit::erase_personal(&mut tx, account).await.unwrap(), 1);
        tx.audit(AuditEntry { personal: None, address: None, ..entry("account.erased") });
        tx.commit(NOON).await.unwrap();
        assert_eq!(audit::verify(&store).await.unwrap(), Verdict::Whole { entries: 3, erased: 1 });
        let shown = audit::list(&store, Wanted { limit: 9, ..Wanted::default() }).await.unwrap();
        let personal: Vec<_> = shown.iter().map(|entry| entry.personal.as_deref()).collect();
        assert_eq!(personal, [None, Some("ada@example.org"), None]);
    }
}

/// Other nodes need not wait for their next look at the log.
#[tokio::test]
async fn a_server_rings_when_a_change_is_committed() {
    let Some(ground) = Ground::postgres().await else { return };
    let store = ground.open().await;
    let mut bell = changes::Bell::of(&store).await.unwrap().unwrap();
    let elsewhere = ground.open().await;
    let ringing = tokio::spawn(async move { bell.rung().await });
    let mut dropped = elsewhere.begin().await.unwrap();
    dropped.change(Change::Setting);
    drop(dropped);
    write(&elsewhere, Change::Setting, "setting.changed").await;
    let rung = tokio::time::timeout(std::time::Duration::from_secs(5), ringing).await;
    rung.expect("it rings at once").unwrap().unwrap();
    assert!(changes::Bell::of(&Ground::sqlite().open().await).await.unwrap().is_none());
}

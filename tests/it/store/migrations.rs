//! The schema: from nothing, from each earlier version, twice, and by two processes at once.

use portcullis::store::{self, NEWEST};

use super::ground::{Ground, NOON};

#[tokio::test]
async fn a_new_database_gets_the_whole_schema_and_a_second_start_changes_nothing() {
    for ground in Ground::all().await {
        let first = ground.open().await;
        let steps = store::migrations(&first).await.unwrap();
        assert!(steps.iter().all(|step| step.applied));
        let again = ground.open().await;
        assert_eq!(store::migrations(&again).await.unwrap(), steps);
    }
}

#[tokio::test]
async fn every_earlier_version_is_brought_up_to_date() {
    for version in 0..=NEWEST {
        for ground in Ground::all().await {
            let old = store::connect(&ground.config).await.unwrap();
            store::apply(&old, version).await.unwrap();
            let steps = store::migrations(&old).await.unwrap();
            assert!(steps.iter().all(|step| step.applied == (step.version <= version)), "{version}");
            old.close().await;
            let new = ground.open().await;
            new.ping().await.unwrap();
            assert!(store::migrations(&new).await.unwrap().iter().all(|step| step.applied));
        }
    }
}

#[tokio::test]
async fn starts_at_the_same_moment_take_turns() {
    for ground in Ground::all().await {
        let starts = (0..6).map(|_| {
            let config = ground.config.clone();
            tokio::spawn(async move { store::open(&config).await.map(drop) })
        });
        for start in starts.collect::<Vec<_>>() {
            start.await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_schema_that_a_newer_program_made_unreadable_is_refused_and_one_it_only_extended_is_not() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.change(portcullis::model::change::Change::Setting);
        tx.commit(NOON).await.unwrap();
        ground.execute("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) SELECT 99, 'x', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1").await;
        store::open(&ground.config).await.unwrap();
        ground.execute("UPDATE counter SET readable_from = 99").await;
        assert!(matches!(store::open(&ground.config).await, Err(store::StoreError::Schema(_))));
    }
}

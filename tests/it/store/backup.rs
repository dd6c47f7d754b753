//! Copies: taken while others write, put back on the same and on the other database.

use portcullis::model::change::{Change, Seq};
use portcullis::store::audit::Verdict;
use portcullis::store::backup::{self, Saved};
use portcullis::store::{Store, StoreError, accounts, audit, changes};

use super::contract::entry;
use super::ground::{Ground, NOON};
use super::nouns::person;

async fn add(store: &Store, name: &str) {
    let ada = person(name);
    let mut tx = store.begin().await.unwrap();
    accounts::insert(&mut tx, &ada).await.unwrap();
    tx.change(Change::Account(ada.id));
    tx.audit(entry("account.created"));
    tx.commit(NOON).await.unwrap();
}

async fn names(store: &Store) -> Vec<String> {
    accounts::list(store, "", 2_000).await.unwrap().iter().map(|one| one.user_name.to_string()).collect()
}

#[tokio::test]
async fn a_copy_goes_back_in_one_step_and_every_reader_forgets_everything() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        add(&store, "ada").await;
        add(&store, "bea").await;
        let file = ground.folder.join("copy");
        backup::save(&store, &file).await.unwrap();
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&file).unwrap()) & 0o777;
        assert_eq!(mode, 0o600);
        add(&store, "eve").await;
        let seen = changes::latest(&store).await.unwrap();

        let saved = Saved::open(&file).await.unwrap();
        assert_eq!(names(saved.store()).await, ["ada", "bea"]);
        assert!(matches!(saved.verify().await.unwrap(), Verdict::Whole { entries: 2, .. }));
        saved.replace(&store, entry("store.restored"), NOON).await.unwrap();
        saved.close().await;

        assert_eq!(names(&store).await, ["ada", "bea"]);
        assert_eq!(audit::verify(&store).await.unwrap(), Verdict::Whole { entries: 3, erased: 0 });
        let after = changes::since(&store, seen).await.unwrap();
        assert_eq!(after, [(Seq(seen.0 + 1), Change::Everything)]);
        add(&store, "fay").await;
        assert_eq!(names(&store).await, ["ada", "bea", "fay"]);
    }
}

#[tokio::test]
async fn a_copy_of_one_database_goes_into_the_other() {
    let Some(server) = Ground::postgres().await else { return };
    let file_ground = Ground::sqlite();
    let (server_store, file_store) = (server.open().await, file_ground.open().await);
    for at in 0..1_203 {
        add(&server_store, &format!("name-{at:04}")).await;
    }
    let there = server.folder.join("copy");
    backup::save(&server_store, &there).await.unwrap();
    let left: Vec<_> =
        std::fs::read_dir(&server.folder).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(left, ["copy"]);
    let saved = Saved::open(&there).await.unwrap();
    saved.replace(&file_store, entry("store.restored"), NOON).await.unwrap();
    assert_eq!(names(&file_store).await.len(), 1_203);
    let back = file_ground.folder.join("back");
    backup::save(&file_store, &back).await.unwrap();
    let saved = Saved::open(&back).await.unwrap();
    saved.replace(&server_store, entry("store.restored"), NOON).await.unwrap();
    assert_eq!(names(&server_store).await.len(), 1_203);
    assert_eq!(audit::verify(&server_store).await.unwrap(), Verdict::Whole { entries: 1_205, erased: 0 });
}

#[tokio::test]
async fn a_copy_taken_while_others_write_is_of_one_moment() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let writer = {
            let store = store.clone();
            tokio::spawn(async move {
                for at in 0..60 {
                    add(&store, &format!("name-{at:04}")).await;
                }
            })
        };
        for at in 0..5 {
            let file = ground.folder.join(format!("copy-{at}"));
            backup::save(&store, &file).await.unwrap();
            let saved = Saved::open(&file).await.unwrap();
            let accounts = i64::try_from(names(saved.store()).await.len()).unwrap();
            assert_eq!(saved.verify().await.unwrap(), Verdict::Whole { entries: accounts, erased: 0 });
        }
        writer.await.unwrap();
    }
}

#[tokio::test]
async fn what_is_no_copy_is_refused_and_changes_nothing() {
    let ground = Ground::sqlite();
    let store = ground.open().await;
    add(&store, "ada").await;
    let file = ground.folder.join("copy");
    backup::save(&store, &file).await.unwrap();
    assert!(matches!(backup::save(&store, &file).await, Err(StoreError::Unusable(_))), "never overwritten");
    let whole = std::fs::read(&file).unwrap();
    for damaged in [b"no database".to_vec(), whole[..whole.len() / 2].to_vec()] {
        std::fs::write(&file, damaged).unwrap();
        assert!(Saved::open(&file).await.is_err());
    }
    assert!(Saved::open(&ground.folder.join("absent")).await.is_err());
    assert_eq!(names(&store).await, ["ada"]);
}

/// A table that a later step of the schema adds must be copied too.
#[tokio::test]
async fn every_table_of_the_schema_is_copied() {
    let ground = Ground::sqlite();
    let Store::Sqlite { read, .. } = ground.open().await else { unreachable!() };
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
    let mut tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(&read).await.unwrap();
    tables.retain(|name| !["_sqlx_migrations", "change_log", "counter"].contains(&name.as_str()));
    tables.sort();
    let mut copied: Vec<&str> = backup::TABLES.to_vec();
    copied.sort_unstable();
    assert_eq!(tables, copied);
}

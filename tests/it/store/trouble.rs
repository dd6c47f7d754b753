//! A database that is full, locked, read-only or silent: an error in time, nothing lost, and back to work
//! when the trouble is over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis::config::StoreConfig;
use portcullis::model::change::Change;
use portcullis::secret::Secret;
use portcullis::store::{Store, StoreError, accounts, changes};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::ground::{Ground, NOON};
use super::nouns::person;

async fn add(store: &Store, name: &str) -> Result<(), StoreError> {
    let one = person(name);
    let mut tx = store.begin().await?;
    accounts::insert(&mut tx, &one).await?;
    tx.change(Change::Account(one.id));
    tx.commit(NOON).await.map(drop)
}

fn unavailable<T: std::fmt::Debug>(outcome: Result<T, StoreError>) {
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let ground = Ground::sqlite();
    let store = ground.open().await;
    let Store::Sqlite { write, .. } = &store else { unreachable!() };
    add(&store, "ada").await.unwrap();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(write).await.unwrap();
    let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {}", pages + 2));
    sqlx::query(limit).execute(write).await.unwrap();
    let (mut kept, mut full) = (1, false);
    while !full {
        match add(&store, &format!("name-{kept:05}")).await {
            Ok(()) => kept += 1,
            Err(error) => {
                unavailable::<()>(Err(error));
                full = true;
            }
        }
    }
    assert_eq!(accounts::list(&store, "", 9_999).await.unwrap().len(), kept);
    sqlx::query("PRAGMA max_page_count = 1000000").execute(write).await.unwrap();
    add(&store, "zoe").await.unwrap();
    store.close().await;
    assert_eq!(accounts::list(&ground.open().await, "", 9_999).await.unwrap().len(), kept + 1);
}

#[tokio::test]
async fn a_file_that_may_not_be_written_still_serves_reads() {
    let ground = Ground::sqlite();
    let store = ground.open().await;
    add(&store, "ada").await.unwrap();
    let Store::Sqlite { write, .. } = &store else { unreachable!() };
    sqlx::query("PRAGMA query_only = 1").execute(write).await.unwrap();
    unavailable(add(&store, "bea").await);
    assert_eq!(accounts::list(&store, "", 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_lock_that_another_process_keeps_is_an_error_in_time() {
    let ground = Ground::sqlite();
    let (here, there) = (ground.open().await, ground.open().await);
    let held = there.begin().await.unwrap();
    let began = Instant::now();
    unavailable(add(&here, "ada").await);
    assert!(began.elapsed() < Duration::from_secs(6));
    here.ping().await.unwrap();
    drop(held);
    add(&here, "ada").await.unwrap();
}

/// Passes bytes on to the server, or holds them back.
struct Wire {
    port: u16,
    flowing: watch::Sender<bool>,
}

impl Wire {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (flowing, watching) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (server, mut watching) = (server.clone(), watching.clone());
                tokio::spawn(async move {
                    watching.wait_for(|flows| *flows).await.map(drop).unwrap();
                    let mut upstream = TcpStream::connect(server).await.unwrap();
                    let silent = async { watching.wait_for(|flows| !*flows).await.map(drop) };
                    let fell_silent = tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut upstream) => false,
                        _ = silent => true,
                    };
                    // A silent wire keeps the connection open and says nothing.
                    if fell_silent {
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        Self { port, flowing }
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "tests learn from the environment where the server is")]
async fn a_silent_server_is_noticed_in_time_and_used_again_when_it_answers() {
    let Some(ground) = Ground::postgres().await else { return };
    let StoreConfig::Postgres(url) = &ground.config else { unreachable!() };
    let (server, port) = {
        let url: sqlx::postgres::PgConnectOptions =
            std::env::var("PORTCULLIS_TEST_POSTGRES").unwrap().parse().unwrap();
        (url.get_host().to_owned(), url.get_port())
    };
    let wire = Wire::to(format!("{server}:{port}")).await;
    let through = url.expose().replace(&format!(":{port}/"), &format!(":{}/", wire.port));
    let through = StoreConfig::Postgres(Arc::new(Secret::new(through)));
    let store = portcullis::store::open(&through).await.unwrap();
    add(&store, "ada").await.unwrap();
    wire.flowing.send(false).unwrap();
    let reads = (0..40).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let began = Instant::now();
            unavailable(changes::latest(&store).await);
            began.elapsed()
        })
    });
    for read in reads.collect::<Vec<_>>() {
        assert!(read.await.unwrap() < Duration::from_secs(3));
    }
    wire.flowing.send(true).unwrap();
    let began = Instant::now();
    while changes::latest(&store).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(6), "the pool is used up");
    }
    add(&store, "bea").await.unwrap();
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_a_matter_of_configuration() {
    let Some(ground) = Ground::postgres().await else { return };
    let StoreConfig::Postgres(url) = &ground.config else { unreachable!() };
    let (before, _) = url.expose().rsplit_once('/').unwrap();
    let absent = StoreConfig::Postgres(Arc::new(Secret::new(format!("{before}/portcullis_absent"))));
    let refused = portcullis::store::open(&absent).await.map(drop);
    assert!(matches!(refused, Err(StoreError::Unusable(_))), "{refused:?}");
    let closed = StoreConfig::Postgres(Arc::new(Secret::new("postgres://x@127.0.0.1:1/x".to_owned())));
    unavailable(portcullis::store::open(&closed).await.map(drop));
}

/// A file that was moved away or replaced is one that nobody else reads: what it says counts no more, and
/// nothing is acknowledged that would be lost with it.
#[tokio::test]
async fn a_file_that_was_replaced_is_no_store_any_more() {
    let ground = Ground::sqlite();
    let store = ground.open().await;
    add(&store, "ada").await.unwrap();
    let StoreConfig::Sqlite(path) = &ground.config else { unreachable!() };
    let aside = path.with_extension("aside");
    std::fs::rename(path, &aside).unwrap();
    unavailable(changes::data_version(&store).await);
    unavailable(add(&store, "bob").await);
    std::fs::copy(&aside, path).unwrap();
    unavailable(changes::data_version(&store).await);
    unavailable(store.ping().await);
    std::fs::rename(&aside, path).unwrap();
    changes::data_version(&store).await.unwrap();
    add(&store, "bob").await.unwrap();
}

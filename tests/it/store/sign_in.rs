//! Rows of signing in: lanes and codes, on each database.

use std::time::Duration;

use portcullis::store::Store;
use portcullis::store::sign_in_lanes::{Entry, clear, enter, prune, take_back};

use super::contract::entry;
use super::ground::{Ground, NOON};

async fn forget(store: &Store, lane: &[u8; 32]) {
    let mut tx = store.begin().await.unwrap();
    clear(&mut tx, lane).await.unwrap();
    tx.audit(entry("session.created"));
    tx.commit(NOON).await.unwrap();
}

/// of those who come at the same moment as many enter as would one after the other.
#[tokio::test]
async fn many_at_once_enter_a_lane_as_often_as_one() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let all: Vec<_> = (0..30)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { enter(&store, &[1; 32], Some(100), NOON).await.unwrap() })
            })
            .collect();
        let mut counted = 0;
        for one in all {
            match one.await.unwrap() {
                Entry::Counted(_) => counted += 1,
                Entry::Wait(wait) => assert_eq!(wait, Duration::from_secs(1)),
                Entry::Full => panic!("thirty are not a hundred"),
            }
        }
        assert_eq!(counted, 5);
        assert_eq!(enter(&store, &[2; 32], None, NOON).await.unwrap(), Entry::Counted(1), "another lane");
        forget(&store, &[1; 32]).await;
        assert_eq!(enter(&store, &[1; 32], None, NOON).await.unwrap(), Entry::Counted(1));
    }
}

#[tokio::test]
async fn a_full_lane_stays_full_and_one_without_a_bound_goes_on() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let mut now = NOON;
        for number in 1..=3 {
            assert_eq!(enter(&store, &[1; 32], Some(3), now).await.unwrap(), Entry::Counted(number));
            now = now.plus(Duration::from_secs(900));
        }
        assert_eq!(enter(&store, &[1; 32], Some(3), now).await.unwrap(), Entry::Full);
        assert_eq!(enter(&store, &[1; 32], None, now).await.unwrap(), Entry::Counted(4));
        prune(&store, now).await.unwrap();
        assert_eq!(enter(&store, &[1; 32], Some(3), now).await.unwrap(), Entry::Full, "entered just now");
        prune(&store, now.plus(Duration::from_secs(1))).await.unwrap();
        assert_eq!(enter(&store, &[1; 32], Some(3), now).await.unwrap(), Entry::Counted(1));
    }
}

/// A wait ends at its moment, not a moment before.
#[tokio::test]
async fn a_lane_opens_when_it_said() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        for _ in 0..5 {
            enter(&store, &[1; 32], None, NOON).await.unwrap();
        }
        let almost = NOON.plus(Duration::from_millis(999));
        assert!(matches!(enter(&store, &[1; 32], None, almost).await.unwrap(), Entry::Wait(_)));
        let then = NOON.plus(Duration::from_secs(1));
        assert_eq!(enter(&store, &[1; 32], None, then).await.unwrap(), Entry::Counted(6));
    }
}

/// an attempt that found the crew busy was none.
#[tokio::test]
async fn an_entry_that_is_taken_back_leaves_the_lane_as_it_was() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        for number in 1..5 {
            assert_eq!(enter(&store, &[1; 32], None, NOON).await.unwrap(), Entry::Counted(number));
        }
        for _ in 0..3 {
            assert_eq!(enter(&store, &[1; 32], None, NOON).await.unwrap(), Entry::Counted(5));
            take_back(&store, &[1; 32], 5).await.unwrap();
        }
        take_back(&store, &[1; 32], 2).await.unwrap();
        assert_eq!(enter(&store, &[1; 32], None, NOON).await.unwrap(), Entry::Counted(4));
    }
}

//! Rows of creations that were named by their caller, on each database.

use std::time::Duration;

use portcullis::store::attic;
use portcullis::store::replays::{begin, find, forget, keep};

use super::ground::{Ground, NOON};

/// Of many that begin under one name at once, one is the first; its answer is kept for a day.
#[tokio::test]
async fn a_named_creation_begins_once_and_is_kept_for_a_day() {
    for ground in Ground::all().await {
        let store = ground.open().await;
        let all: Vec<_> = (0..10)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { begin(&store, &[1; 32], &[2; 32], NOON).await.unwrap() })
            })
            .collect();
        let mut first = 0;
        for one in all {
            first += usize::from(one.await.unwrap());
        }
        assert_eq!(first, 1);
        let found = find(&store, &[1; 32]).await.unwrap().unwrap();
        assert_eq!((found.digest, found.answer, found.begun_at), (vec![2; 32], None, NOON));
        keep(&store, &[1; 32], b"sealed").await.unwrap();
        assert_eq!(find(&store, &[1; 32]).await.unwrap().unwrap().answer, Some(b"sealed".to_vec()));
        begin(&store, &[3; 32], &[2; 32], NOON).await.unwrap();
        forget(&store, &[3; 32]).await.unwrap();
        assert!(find(&store, &[3; 32]).await.unwrap().is_none());
        let day = Duration::from_secs(24 * 60 * 60);
        attic::clear(&store, NOON.plus(day)).await.unwrap();
        assert!(find(&store, &[1; 32]).await.unwrap().is_some());
        attic::clear(&store, NOON.plus(day + Duration::from_millis(1))).await.unwrap();
        assert!(find(&store, &[1; 32]).await.unwrap().is_none());
    }
}

//! Which connections serve again, which never do.

use super::scripted::{OK, Scripted, exchange, get, send};

#[tokio::test]
async fn requests_in_a_row_share_one_connection() {
    let upstream = Scripted::answering(OK).await;
    let pool = upstream.pool();
    for _ in 0..5 {
        assert_eq!(exchange(&pool, get()).await.unwrap(), "ok");
    }
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn a_lease_that_is_dropped_closes_its_connection() {
    let upstream = Scripted::answering(OK).await;
    let pool = upstream.pool();
    drop(send(&pool, get()).await.unwrap());
    exchange(&pool, get()).await.unwrap();
    assert_eq!(upstream.connections(), 2);
}

//! Which connections serve again, which never do, and what is sent a second time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use portcullis::gateway::pool::{Retry, SendError};
use tokio::sync::Notify;

use super::scripted::{OK, Scripted, Visit, exchange, get, pool, post, send, upstream};

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

#[tokio::test]
async fn an_answer_that_closes_leaves_no_connection() {
    let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
    let upstream = Scripted::answering(answer).await;
    let pool = upstream.pool();
    for _ in 0..3 {
        exchange(&pool, get()).await.unwrap();
    }
    assert_eq!(upstream.connections(), 3);
}

/// F5: whoever signed in on a connection is the only one on it.
#[tokio::test]
async fn a_connection_that_was_signed_in_serves_nobody_else() {
    let asks = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n";
    let upstream = Scripted::answering(asks).await;
    let pool = upstream.pool();
    exchange(&pool, get()).await.unwrap();
    exchange(&pool, get()).await.unwrap();
    assert_eq!(upstream.connections(), 2);

    let upstream = Scripted::answering(OK).await;
    let pool = upstream.pool();
    let mut request = get();
    request.headers_mut().insert("authorization", "Negotiate YII=".parse().unwrap());
    exchange(&pool, request).await.unwrap();
    exchange(&pool, get()).await.unwrap();
    assert_eq!(upstream.connections(), 2);
}

/// F2.
#[tokio::test]
async fn after_a_refused_upgrade_the_connection_is_not_used_again() {
    let upstream = Scripted::answering(OK).await;
    let pool = upstream.pool();
    let mut request = get();
    request.headers_mut().insert("upgrade", "websocket".parse().unwrap());
    request.headers_mut().insert("connection", "upgrade".parse().unwrap());
    exchange(&pool, request).await.unwrap();
    exchange(&pool, get()).await.unwrap();
    assert_eq!(upstream.connections(), 2);
}

/// Answers the first request of each connection, takes one more and closes without an answer.
async fn dies_under_the_second(heads: Arc<AtomicUsize>) -> Scripted {
    Scripted::start(move |mut visit: Visit| {
        let heads = heads.clone();
        async move {
            if visit.answer(OK).await.is_some() {
                heads.fetch_add(1, Ordering::SeqCst);
            }
            if visit.head().await.is_some() {
                heads.fetch_add(1, Ordering::SeqCst);
            }
        }
    })
    .await
}

#[tokio::test]
async fn an_idempotent_request_lost_on_a_stale_connection_is_sent_once_more() {
    let heads = Arc::new(AtomicUsize::new(0));
    let upstream = dies_under_the_second(heads.clone()).await;
    let pool = upstream.pool();
    exchange(&pool, get()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    exchange(&pool, get()).await.unwrap();
    assert_eq!((upstream.connections(), heads.load(Ordering::SeqCst)), (2, 3));
}

#[tokio::test]
async fn what_may_have_been_acted_on_is_not_sent_again() {
    let is_sent_once = async |request, retry| {
        let heads = Arc::new(AtomicUsize::new(0));
        let upstream = dies_under_the_second(heads.clone()).await;
        let pool = upstream.pool();
        exchange(&pool, get()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let error = pool.send(request, retry, Duration::from_secs(1)).await.err().unwrap();
        assert!(matches!(error, SendError::Broken(_)), "{error:?}");
        assert_eq!((upstream.connections(), heads.load(Ordering::SeqCst)), (1, 2));
    };
    tokio::join!(
        is_sent_once(post("x"), Retry::Idempotent),
        is_sent_once(post(""), Retry::Idempotent),
        is_sent_once(get(), Retry::Unsent),
    );
}

#[tokio::test]
async fn any_request_survives_a_connection_that_closed_while_idle() {
    let closed = Arc::new(Notify::new());
    let closing = closed.clone();
    let upstream = Scripted::start(move |mut visit| {
        let closing = closing.clone();
        async move {
            visit.answer(OK).await;
            drop(visit);
            closing.notify_one();
        }
    })
    .await;
    let pool = upstream.pool();
    exchange(&pool, get()).await.unwrap();
    closed.notified().await;
    assert_eq!(exchange(&pool, post("")).await.unwrap(), "ok");
    assert_eq!(upstream.connections(), 2);
}

#[tokio::test]
async fn no_more_connections_are_opened_than_allowed_and_requests_wait_their_turn() {
    let upstream_ = Scripted::answering(OK).await;
    let mut settings = upstream(&[upstream_.address]);
    settings.pool.connections = 2;
    let pool = pool(settings);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let pool = pool.clone();
        tasks.spawn(async move { exchange(&pool, get()).await });
    }
    while let Some(done) = tasks.join_next().await {
        assert_eq!(done.unwrap().unwrap(), "ok");
    }
    assert_eq!(upstream_.connections(), 2);
}

#[tokio::test]
async fn who_waits_too_long_for_a_connection_is_told_that_all_are_busy() {
    let upstream_ = Scripted::answering(OK).await;
    let mut settings = upstream(&[upstream_.address]);
    settings.pool.connections = 1;
    settings.pool.connect = Duration::from_millis(50);
    let pool = pool(settings);
    let held = send(&pool, get()).await.unwrap();
    let error = send(&pool, get()).await.err().unwrap();
    assert!(matches!(error, SendError::Busy) && !error.sent(), "{error:?}");
    drop(held);
    exchange(&pool, get()).await.unwrap();
}

#[tokio::test]
async fn a_caller_who_goes_away_cancels_the_exchange() {
    let gone = Arc::new(Notify::new());
    let noticed = gone.clone();
    let upstream = Scripted::start(move |mut visit| {
        let noticed = noticed.clone();
        async move {
            visit.head().await;
            if visit.head().await.is_none() {
                noticed.notify_one();
            }
        }
    })
    .await;
    let pool = upstream.pool();
    let short = tokio::time::timeout(Duration::from_millis(50), send(&pool, get())).await;
    assert!(short.is_err());
    tokio::time::timeout(Duration::from_secs(2), gone.notified()).await.unwrap();
}

#[tokio::test]
async fn connections_close_when_idle_too_long_without_any_request() {
    let gone = Arc::new(Notify::new());
    let noticed = gone.clone();
    let upstream_ = Scripted::start(move |mut visit| {
        let noticed = noticed.clone();
        async move {
            while visit.answer(OK).await.is_some() {}
            noticed.notify_one();
        }
    })
    .await;
    let mut settings = upstream(&[upstream_.address]);
    settings.pool.idle = Duration::from_millis(100);
    let pool = pool(settings);
    exchange(&pool, get()).await.unwrap();
    tokio::time::timeout(Duration::from_secs(2), gone.notified()).await.unwrap();
}

/// More connections than may be idle are there for the next wave of requests, and close when none comes.
#[tokio::test]
async fn waves_of_requests_share_connections_and_what_is_too_many_closes_after_them() {
    let ended = Arc::new(AtomicUsize::new(0));
    let counted = ended.clone();
    let upstream_ = Scripted::start(move |mut visit| {
        let counted = counted.clone();
        async move {
            while visit.answer(OK).await.is_some() {}
            counted.fetch_add(1, Ordering::SeqCst);
        }
    })
    .await;
    let mut settings = upstream(&[upstream_.address]);
    settings.pool.idle_connections = 1;
    settings.pool.idle = Duration::from_secs(4);
    let pool = pool(settings);
    for _ in 0..3 {
        let one = || exchange(&pool, get());
        let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
        assert!([a, b, c, d].iter().all(Result::is_ok));
    }
    assert_eq!((upstream_.connections(), ended.load(Ordering::SeqCst)), (4, 0));
    tokio::time::sleep(Duration::from_millis(2600)).await;
    assert_eq!(ended.load(Ordering::SeqCst), 3);
    exchange(&pool, get()).await.unwrap();
    assert_eq!(upstream_.connections(), 4);
}

#[tokio::test]
async fn a_connection_past_its_age_is_replaced() {
    let upstream_ = Scripted::answering(OK).await;
    let mut settings = upstream(&[upstream_.address]);
    settings.pool.age = Duration::ZERO;
    let pool = pool(settings);
    exchange(&pool, get()).await.unwrap();
    exchange(&pool, get()).await.unwrap();
    assert_eq!(upstream_.connections(), 2);
}

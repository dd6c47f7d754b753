//! Several targets: who gets a request, who is left out, and who comes back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use portcullis::gateway::pool::{ConnectError, Pool, Pools, SendError, UpstreamHealth, watch_health};
use portcullis::model::route::Routing;
use portcullis::model::upstream::{Ejection, HealthCheck, Target, Upstream};
use tokio::net::TcpListener;

use super::scripted::{Body, OK, Scripted, Visit, exchange, get, post, send, upstream};

/// A pool, and the health it writes into.
struct Watched {
    pool: Arc<Pool<Body>>,
    health: Arc<UpstreamHealth>,
}

fn watched(upstream: Upstream) -> Watched {
    let routing = Routing { upstreams: vec![upstream], ..Routing::default() };
    let health = Arc::new(UpstreamHealth::new(&routing).unwrap());
    Watched { pool: Pools::new(&routing, &health).upstream(0).unwrap().clone(), health }
}

impl Watched {
    fn usable(&self) -> Vec<bool> {
        self.health.readings().map(|reading| reading.usable).collect()
    }
}

/// An address on which nothing listens.
async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

const NAMES: [&[u8]; 2] =
    [b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb"];

#[tokio::test]
async fn the_target_with_the_least_under_way_gets_the_request() {
    let (a, b) = (Scripted::answering(NAMES[0]).await, Scripted::answering(NAMES[1]).await);
    let pool = watched(upstream(&[a.address, b.address])).pool;
    let held = send(&pool, get()).await.unwrap();
    let on_a = held.1.target() == Some(&Target::Address(a.address));
    for _ in 0..4 {
        let other = exchange(&pool, get()).await.unwrap();
        assert_eq!(other, if on_a { "b" } else { "a" });
    }
}

#[tokio::test]
async fn equals_take_turns() {
    let (a, b) = (Scripted::answering(NAMES[0]).await, Scripted::answering(NAMES[1]).await);
    let pool = watched(upstream(&[a.address, b.address])).pool;
    let mut seen = String::new();
    for _ in 0..4 {
        seen.push_str(std::str::from_utf8(&exchange(&pool, get()).await.unwrap()).unwrap());
    }
    assert!(seen == "abab" || seen == "baba", "{seen}");
}

#[tokio::test]
async fn a_request_that_could_not_be_sent_goes_to_another_target_whatever_its_method() {
    let well = Scripted::answering(OK).await;
    let pool = watched(upstream(&[nobody().await, well.address])).pool;
    for _ in 0..4 {
        assert_eq!(exchange(&pool, post("")).await.unwrap(), "ok");
    }
}

#[tokio::test]
async fn a_target_that_keeps_failing_is_left_out_for_a_while() {
    let well = Scripted::answering(OK).await;
    let dead = nobody().await;
    let mut settings = upstream(&[dead, well.address]);
    settings.ejection = Ejection { failures: 2, pause: Duration::from_millis(200) };
    let watched = watched(settings);
    for _ in 0..4 {
        exchange(&watched.pool, get()).await.unwrap();
    }
    assert_eq!(watched.usable(), [false, true]);
    let failed = watched.health.readings().next().unwrap().failed;
    for _ in 0..10 {
        exchange(&watched.pool, get()).await.unwrap();
    }
    assert_eq!(watched.health.readings().next().unwrap().failed, failed, "it was tried while left out");

    let back = TcpListener::bind(dead).await.unwrap();
    let served = Arc::new(AtomicBool::new(false));
    let serving = served.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = back.accept().await {
            serving.store(true, Ordering::SeqCst);
            let mut visit = Visit { stream, number: 0 };
            tokio::spawn(async move { while visit.answer(OK).await.is_some() {} });
        }
    });
    tokio::time::timeout(Duration::from_secs(3), async {
        while !served.load(Ordering::SeqCst) {
            exchange(&watched.pool, get()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(watched.usable(), [true, true]);
}

#[tokio::test]
async fn when_all_are_left_out_the_least_bad_is_tried_all_the_same() {
    let well = Scripted::answering(OK).await;
    let mut settings = upstream(&[well.address]);
    settings.ejection = Ejection { failures: 1, pause: Duration::from_secs(600) };
    settings.pool.connect = Duration::from_millis(200);
    let watched_one = watched(settings.clone());
    let first = Scripted::start(|visit| async move { drop(visit) }).await;
    settings.targets = vec![Target::Address(first.address)];
    let broken = watched(settings);
    assert!(send(&broken.pool, get()).await.is_err());
    assert_eq!(broken.usable(), [false]);
    let before = first.connections();
    assert!(send(&broken.pool, get()).await.is_err());
    assert!(first.connections() > before, "a lone target is always tried");
    exchange(&watched_one.pool, get()).await.unwrap();
}

#[tokio::test]
async fn a_refused_connection_says_so_and_that_nothing_was_sent() {
    let pool = watched(upstream(&[nobody().await])).pool;
    let error = send(&pool, get()).await.err().unwrap();
    assert!(matches!(error, SendError::Connect(ConnectError::Socket(_))) && !error.sent(), "{error:?}");
}

#[tokio::test]
async fn names_are_resolved_and_each_of_their_addresses_tried() {
    let well = Scripted::answering(OK).await;
    let mut settings = upstream(&[]);
    settings.targets = vec![Target::Tcp { host: "localhost".into(), port: well.address.port() }];
    assert_eq!(exchange(&watched(settings).pool, get()).await.unwrap(), "ok");
    let mut settings = upstream(&[]);
    settings.targets = vec![Target::Tcp { host: "name.invalid".into(), port: 80 }];
    let error = send(&watched(settings).pool, get()).await.err().unwrap();
    assert!(matches!(error, SendError::Connect(_)), "{error:?}");
}

#[tokio::test]
async fn a_target_that_fails_its_check_gets_nothing_until_it_passes() {
    let sick = Arc::new(AtomicBool::new(true));
    let state = sick.clone();
    let checked = Scripted::start(move |mut visit| {
        let sick = state.clone();
        async move {
            while let Some(head) = visit.head().await {
                let check = head.starts_with("GET /health ");
                let bad = check && sick.load(Ordering::SeqCst);
                let answer: &[u8] =
                    if bad { b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" } else { NAMES[0] };
                visit.say(answer).await;
            }
        }
    })
    .await;
    let other = Scripted::answering(NAMES[1]).await;
    let mut settings = upstream(&[checked.address, other.address]);
    let every = Duration::from_millis(20);
    settings.health = Some(HealthCheck { path: "/health".into(), every, timeout: Duration::from_secs(1) });
    let watched = watched(settings);
    let checks = tokio::spawn(watch_health(watched.health.clone()));
    let becomes = async |usable: [bool; 2]| {
        while watched.usable() != usable {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(3), becomes([false, true])).await.unwrap();
    for _ in 0..4 {
        assert_eq!(exchange(&watched.pool, get()).await.unwrap(), "b");
    }
    sick.store(false, Ordering::SeqCst);
    tokio::time::timeout(Duration::from_secs(3), becomes([true, true])).await.unwrap();
    checks.abort();
}

#[tokio::test]
async fn what_is_known_of_a_target_outlives_a_reload() {
    let mut settings = upstream(&[nobody().await]);
    settings.ejection = Ejection { failures: 1, pause: Duration::from_secs(60) };
    let watched = watched(settings.clone());
    send(&watched.pool, get()).await.err().unwrap();
    let routing = Routing { upstreams: vec![settings], ..Routing::default() };
    let renewed = watched.health.renewed(&routing).unwrap();
    let usable: Vec<bool> = renewed.readings().map(|reading| reading.usable).collect();
    assert_eq!(usable, [false]);
}

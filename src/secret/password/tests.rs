//! What the crew promises, tried at a cost that takes no time.

use super::*;

const CHEAP: Cost = Cost { memory_kib: 64, passes: 1, at_once: 1, waiting: 1, budget_kib: 1024 };

fn pool(cost: Cost) -> HashingPool {
    HashingPool::unchecked(cost).unwrap()
}

fn text(password: &str) -> Secret<String> {
    Secret::new(password.to_owned())
}

#[tokio::test]
async fn a_password_is_recognised_and_another_is_not() {
    let pool = pool(CHEAP);
    let stored = pool.hash(text("correct horse")).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
    let parts: Vec<_> = stored.split('$').collect();
    assert_eq!((parts[4].len(), parts[5].len()), (22, 43), "16 bytes of salt, 32 of tag");
    assert_eq!(pool.verify(text("correct horse"), &stored).await.unwrap(), Verdict::Right);
    assert_eq!(pool.verify(text("correct horsf"), &stored).await.unwrap(), Verdict::Wrong);
}

#[tokio::test]
async fn a_hash_of_an_earlier_cost_is_right_but_stale() {
    let stored = pool(Cost { passes: 2, ..CHEAP }).hash(text("password")).await.unwrap();
    assert_eq!(pool(CHEAP).verify(text("password"), &stored).await.unwrap(), Verdict::RightButStale);
}

/// the same work whether or not the user exists.
#[tokio::test]
async fn an_unknown_user_costs_as_much_as_a_known_one() {
    let pool = pool(CHEAP);
    let stored = pool.hash(text("password")).await.unwrap();
    let before = pool.computed();
    pool.verify(text("wrong"), &stored).await.unwrap();
    let known = pool.computed() - before;
    assert_eq!(pool.verify_nobody(text("wrong")).await.unwrap(), Verdict::Wrong);
    assert_eq!(pool.computed() - before - known, known);
    assert_eq!(pool.dummy.params, PasswordHash::new(&stored).unwrap().params);
}

/// one more than may wait is sent away at once, and places come back.
#[tokio::test]
async fn whoever_finds_the_queue_full_is_sent_away() {
    let pool = pool(CHEAP);
    let held = pool.turns.clone().acquire_owned().await.unwrap();
    let (first, second) = (pool.hash(text("a")), pool.hash(text("b")));
    tokio::pin!(first, second);
    assert!(is_pending(first.as_mut()).await && is_pending(second.as_mut()).await);
    assert!(matches!(pool.hash(text("c")).await, Err(HashingError::Overflow)));
    drop(held);
    first.await.unwrap();
    second.await.unwrap();
    assert!(pool.hash(text("c")).await.is_ok());
}

#[tokio::test]
async fn whoever_gives_up_waiting_frees_the_place() {
    let pool = pool(CHEAP);
    let held = pool.turns.clone().acquire_owned().await.unwrap();
    {
        let waiting = pool.hash(text("a"));
        tokio::pin!(waiting);
        assert!(is_pending(waiting.as_mut()).await);
        assert_eq!(pool.room(), 1);
    }
    assert_eq!(pool.room(), 2);
    drop(held);
}

#[tokio::test]
async fn memory_is_kept_while_somebody_waits_and_given_back_afterwards() {
    let pool = pool(Cost { waiting: 8, ..CHEAP });
    let (a, b, c) = tokio::join!(pool.hash(text("a")), pool.hash(text("b")), pool.hash(text("c")));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert!(lock(&pool.kept).is_empty());
    assert_eq!(pool.room(), 9);
}

#[test]
fn a_cost_below_the_floor_or_above_the_budget_is_refused() {
    let weak = Cost { memory_kib: 19_456, passes: 1, at_once: 1, waiting: 1, budget_kib: 1 << 20 };
    assert!(matches!(HashingPool::open(weak), Err(HashingError::TooWeak { .. })));
    let dear = Cost { memory_kib: 19_456, passes: 2, at_once: 4, waiting: 1, budget_kib: 60_000 };
    assert!(matches!(HashingPool::open(dear), Err(HashingError::TooCostly { needed_kib: 77_824, .. })));
    assert!(HashingPool::open(Cost { at_once: 1, ..dear }).is_ok());
}

#[tokio::test]
async fn a_stored_hash_that_cannot_be_borne_or_read_is_refused_without_work() {
    let pool = pool(CHEAP);
    let before = pool.computed();
    let dear =
        "$argon2id$v=19$m=4194304,t=9,p=1$c29tZXNhbHRzb21lc2FsdA$GpZ3sK/oH9p7VIiV56G/64Zo/8GaUw434IimaPqxwCo";
    assert!(matches!(pool.verify(text("x"), dear).await, Err(HashingError::TooCostly { .. })));
    for foreign in [
        "",
        "!",
        "$2b$12$abc",
        "$argon2id$v=19$m=64,t=99,p=1$c29tZXNhbHRzb21lc2FsdA$GpZ3sK/oH9p7VIiV56G/64Zo/8GaUw434IimaPqxwCo",
        "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA",
        "plain",
    ] {
        assert!(matches!(pool.verify(text("x"), foreign).await, Err(HashingError::Unreadable)), "{foreign}");
    }
    assert_eq!(pool.computed(), before);
}

#[tokio::test]
async fn foreign_hashes_are_checked_by_the_same_crew() {
    let pool = pool(CHEAP);
    let ours = pool.hash(text("prefix.secret")).await.unwrap();
    let slow = "pbkdf2_sha256$1000$salt$Uoo/S8Rx19Ua+POleCA5N3Y/cFysPFZQHbI4kk4l3MQ=";
    for hash in [format!("argon2{ours}"), slow.to_owned()] {
        let hash = ForeignHash::parse(&hash).unwrap();
        let before = pool.computed();
        assert!(pool.verify_foreign(text("prefix.secret"), &hash).await.unwrap());
        assert!(!pool.verify_foreign(text("prefix.other"), &hash).await.unwrap());
        assert_eq!(pool.computed() - before, 2);
    }
}

/// What Django and its argon2 library wrote of one password, tags of 16 bytes and several lanes included; in
/// place of today's hash it is right but stale.
#[tokio::test]
async fn imported_passwords_are_right_but_stale() {
    let pool = pool(CHEAP);
    for stored in [
        "argon2$argon2id$v=19$m=64,t=1,p=2$c2FsdHNhbHRzYWx0$NOW8lLkXHu/R4wJ5/zCErGp1jZCC3bB+/0Gbpk1dnPE",
        "$argon2id$v=19$m=64,t=1,p=1$LJeUs3rluM2B2cm/ChvspA$JnOoHd/J3qwFL48L7ASUIg",
        "bcrypt_sha256$$2b$04$KgC2txq4bI0U/OEj4oW3De3WhTAesv.wgt.mdkVxy1oLkwsrhP8Dq",
        "scrypt$16$saltsalt$8$1$dMM5FliI8lWaxSWHmcgqYZHFp+P98h79OKQCJXvVcGkdHD811IqLssKSOgeulNqi5f+xIOce1a3CMsUOnVIOKw==",
    ] {
        let before = pool.computed();
        let right = pool.verify(text("seven green kettles sing"), stored).await.unwrap();
        assert_eq!(right, Verdict::RightButStale, "{stored}");
        assert_eq!(pool.verify(text("another"), stored).await.unwrap(), Verdict::Wrong, "{stored}");
        assert_eq!(pool.computed() - before, 2);
    }
}

/// what needs more memory than one hash may take is turned away before it is computed.
#[tokio::test]
async fn a_foreign_hash_above_the_budget_is_refused_without_work() {
    let pool = pool(CHEAP);
    let dear = "scrypt$16384$saltsalt$8$1$dMM5FliI8lWaxSWHmcgqYZHFp+P98h79OKQCJXvVcGkdHD811IqLssKSOgeulNqi5f+xIOce1a3CMsUOnVIOKw==";
    let dear = ForeignHash::parse(dear).unwrap();
    assert!(matches!(pool.bears(&dear), Err(HashingError::TooCostly { needed_kib: 16_386, .. })));
    let done = pool.verify(text("x"), &dear.written()).await;
    assert!(matches!(done, Err(HashingError::TooCostly { .. })));
    assert_eq!(pool.computed(), 0);
}

/// Polls once; whether it is still pending.
async fn is_pending<F: Future>(future: std::pin::Pin<&mut F>) -> bool {
    let mut future = Some(future);
    std::future::poll_fn(move |context| {
        let pending = future.take().is_some_and(|future| future.poll(context).is_pending());
        std::task::Poll::Ready(pending)
    })
    .await
}

//! What upstreams do wrong: each becomes an error or a visible cut, and a connection on which
//! it happened never serves again.

use std::time::Duration;

use portcullis::gateway::pool::{Fault, Retry, SendError};

use super::scripted::{OK, Scripted, Visit, exchange, get, send};

/// An upstream whose first connection answers with `bytes` and closes or stays, and the others well.
async fn at_first(bytes: &'static [u8], then: Then) -> Scripted {
    Scripted::start(move |mut visit: Visit| async move {
        if visit.number == 0 {
            visit.answer(bytes).await;
            if then == Then::Stay {
                std::future::pending::<()>().await;
            }
            return;
        }
        while visit.answer(OK).await.is_some() {}
    })
    .await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Close.
    Close,
    /// Keep the connection open and say nothing more.
    Stay,
}

/// The answer is an error, and the next request gets a connection of its own.
async fn is_broken(upstream: Scripted) {
    let pool = upstream.pool();
    match send(&pool, get()).await {
        Err(SendError::Broken(_)) => {}
        Err(other) => panic!("{other:?}"),
        Ok((response, _)) => panic!("{response:?}"),
    }
    assert_eq!(exchange(&pool, get()).await.unwrap(), "ok");
    assert_eq!(upstream.connections(), 2);
}

/// The head comes, the body ends in an error, and the next request gets a connection of its own.
async fn is_cut(upstream: Scripted) {
    let pool = upstream.pool();
    let error = exchange(&pool, get()).await.unwrap_err();
    assert!(error.starts_with("body:"), "{error}");
    assert_eq!(exchange(&pool, get()).await.unwrap(), "ok");
    assert_eq!(upstream.connections(), 2);
}

/// The answer is good, but the connection does not serve again.
async fn serves_once(upstream: Scripted) {
    let pool = upstream.pool();
    exchange(&pool, get()).await.unwrap();
    assert_eq!(exchange(&pool, get()).await.unwrap(), "ok");
    assert_eq!(upstream.connections(), 2);
}

#[tokio::test]
async fn garbage_is_no_answer() {
    is_broken(at_first(b"\x16\x03\x01 what is this\r\n\r\n", Then::Stay).await).await;
}

#[tokio::test]
async fn an_answer_of_http_0_9_is_no_answer() {
    is_broken(at_first(b"<html>hello</html>\r\n", Then::Close).await).await;
}

#[tokio::test]
async fn a_connection_closed_before_the_answer_is_an_error() {
    is_broken(at_first(b"", Then::Close).await).await;
}

#[tokio::test]
async fn a_head_cut_in_the_middle_is_an_error() {
    is_broken(at_first(b"HTTP/1.1 200 OK\r\nContent-Le", Then::Close).await).await;
}

#[tokio::test]
async fn a_body_shorter_than_its_length_is_cut() {
    is_cut(at_first(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", Then::Close).await).await;
}

#[tokio::test]
async fn a_chunked_body_without_its_end_is_cut() {
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n";
    is_cut(at_first(answer, Then::Close).await).await;
}

#[tokio::test]
async fn a_chunk_with_a_bad_size_is_cut() {
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nok\r\n0\r\n\r\n";
    is_cut(at_first(answer, Then::Stay).await).await;
}

#[tokio::test]
async fn two_lengths_are_no_answer() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nok";
    is_broken(at_first(answer, Then::Stay).await).await;
}

#[tokio::test]
async fn a_length_with_text_around_it_is_no_answer() {
    is_broken(at_first(b"HTTP/1.1 200 OK\r\nContent-Length: 2 bytes\r\n\r\nok", Then::Stay).await).await;
    is_broken(at_first(b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", Then::Stay).await).await;
}

#[tokio::test]
async fn a_length_beside_a_transfer_coding_is_no_answer() {
    let answer =
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    is_broken(at_first(answer, Then::Stay).await).await;
}

#[tokio::test]
async fn a_flood_of_interim_answers_ends_in_an_error() {
    let upstream = Scripted::start(|mut visit| async move {
        visit.head().await;
        while visit.number == 0 && visit.say(b"HTTP/1.1 102 Processing\r\n\r\n").await.is_some() {}
        visit.say(OK).await;
    })
    .await;
    is_broken(upstream).await;
}

#[tokio::test]
async fn a_few_interim_answers_are_read_over() {
    let upstream = Scripted::answering(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n\
          HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    )
    .await;
    assert_eq!(exchange(&upstream.pool(), get()).await.unwrap(), "ok");
}

#[tokio::test]
async fn bytes_after_the_answer_spoil_the_connection() {
    let answer =
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    serves_once(at_first(answer, Then::Stay).await).await;
    let answer = b"HTTP/1.1 204 No Content\r\n\r\nbody where none may be";
    serves_once(at_first(answer, Then::Stay).await).await;
}

#[tokio::test]
async fn a_huge_head_is_no_answer() {
    let upstream = Scripted::start(|mut visit| async move {
        visit.head().await;
        if visit.number == 0 {
            visit.say(b"HTTP/1.1 200 OK\r\nX: ").await;
            while visit.say(&[b'a'; 4096]).await.is_some() {}
        }
        visit.say(OK).await;
    })
    .await;
    is_broken(upstream).await;
}

#[tokio::test]
async fn too_many_fields_are_no_answer() {
    let upstream = Scripted::start(|mut visit| async move {
        visit.head().await;
        if visit.number == 0 {
            visit.say(b"HTTP/1.1 200 OK\r\n").await;
            visit.say(&b"X: y\r\n".repeat(500)).await;
            visit.say(b"Content-Length: 0\r\n\r\n").await;
        }
        visit.say(OK).await;
    })
    .await;
    is_broken(upstream).await;
}

#[tokio::test]
async fn an_unasked_101_is_no_answer() {
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n";
    let upstream = at_first(answer, Then::Stay).await;
    let pool = upstream.pool();
    let error = send(&pool, get()).await.err().unwrap();
    assert!(matches!(error, SendError::Broken(Fault::UnaskedUpgrade)), "{error:?}");
    exchange(&pool, get()).await.unwrap();
    assert_eq!(upstream.connections(), 2);
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let upstream = at_first(b"", Then::Stay).await;
    let pool = upstream.pool();
    let deadline = Duration::from_millis(50);
    let error = pool.send(get(), Retry::Idempotent, deadline).await.err().unwrap();
    assert!(matches!(error, SendError::Timeout(after) if after == deadline), "{error:?}");
    assert!(error.sent());
    exchange(&pool, get()).await.unwrap();
    assert_eq!(upstream.connections(), 2);
}

//! Bodies and upgrades: how long an answer is waited for, whose fault a broken body is, what ends early.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame};
use hyper_util::rt::TokioIo;
use portcullis::gateway::pool::{Pools, Retry, SendError, UpstreamHealth};
use portcullis::model::route::Routing;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use super::scripted::{OK, Scripted, get, send, upstream};

/// A body whose pieces come one by one; `Err` breaks it off.
#[derive(Default)]
struct Pieces(Option<mpsc::Receiver<Result<&'static str, std::io::Error>>>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut self.get_mut().0 {
            Some(pieces) => pieces
                .poll_recv(cx)
                .map(|piece| piece.map(|piece| piece.map(|text| Frame::data(Bytes::from(text))))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}

type Answer = Result<Response<hyper::body::Incoming>, SendError>;

/// Posts pieces to an upstream, waiting `deadline` for the answer.
async fn post_pieces(
    upstream: &Scripted,
    deadline: Duration,
    feed: impl AsyncFnOnce(mpsc::Sender<Result<&'static str, std::io::Error>>),
) -> Answer {
    post_declared(upstream, deadline, None, feed).await
}

/// The same with a declared length.
async fn post_declared(
    upstream_: &Scripted,
    deadline: Duration,
    length: Option<u64>,
    feed: impl AsyncFnOnce(mpsc::Sender<Result<&'static str, std::io::Error>>),
) -> Answer {
    let routing = Routing { upstreams: vec![upstream(&[upstream_.address])], ..Routing::default() };
    let health = UpstreamHealth::new(&routing).unwrap();
    let pools = Pools::new(&routing, &health);
    let pool = pools.upstream(0).unwrap();
    let (sender, receiver) = mpsc::channel(1);
    let body = Pieces(Some(receiver));
    let request = Request::post("/").header("host", "h");
    let request = match length {
        Some(length) => request.header("content-length", length),
        None => request,
    };
    let request = request.body(body).unwrap();
    let (answer, ()) = tokio::join!(pool.send(request, Retry::Idempotent, deadline), feed(sender));
    answer.map(|(response, lease)| {
        lease.done();
        response
    })
}

#[tokio::test]
async fn the_deadline_runs_from_the_last_piece_of_the_request() {
    let deadline = Duration::from_millis(100);
    let upstream = Scripted::start(|mut visit| async move {
        visit.head().await;
        let mut read = Vec::new();
        while !read.ends_with(b"0\r\n\r\n") {
            read.push(visit.stream.read_u8().await.unwrap());
        }
        visit.say(OK).await;
    })
    .await;
    let answer = post_pieces(&upstream, deadline, async |sender| {
        for _ in 0..8 {
            tokio::time::sleep(deadline / 3).await;
            sender.send(Ok("piece")).await.unwrap();
        }
    })
    .await;
    assert_eq!(answer.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_request_body_that_breaks_off_is_not_the_upstreams_fault() {
    let upstream = Scripted::start(|mut visit| async move {
        visit.head().await;
        drop(visit.stream.read_to_end(&mut Vec::new()).await);
    })
    .await;
    let answer = post_pieces(&upstream, Duration::from_secs(2), async |sender| {
        sender.send(Ok("piece")).await.unwrap();
        sender.send(Err(std::io::ErrorKind::UnexpectedEof.into())).await.unwrap();
    })
    .await;
    assert!(matches!(answer, Err(SendError::Body(_))), "{answer:?}");
}

/// F4: the answer may come before the request has ended.
#[tokio::test]
async fn an_answer_that_comes_early_is_passed_on() {
    let upstream = Scripted::start(|mut visit| async move {
        visit.head().await;
        visit.say(b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
    })
    .await;
    let answer = post_pieces(&upstream, Duration::from_secs(2), async |sender| {
        drop(sender.send(Ok("piece")).await);
        sender.closed().await;
    })
    .await;
    assert_eq!(answer.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn an_upgrade_that_was_asked_for_opens_both_ways() {
    let upstream = Scripted::start(|mut visit| async move {
        visit.head().await;
        visit.say(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nfirst").await;
        let mut said = [0; 4];
        visit.stream.read_exact(&mut said).await.unwrap();
        visit.say(&said).await;
    })
    .await;
    let pool = upstream.pool();
    let mut request = get();
    request.headers_mut().insert("upgrade", "websocket".parse().unwrap());
    request.headers_mut().insert("connection", "upgrade".parse().unwrap());
    let (response, lease) = send(&pool, request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    let mut stream = TokioIo::new(hyper::upgrade::on(response).await.unwrap());
    stream.write_all(b"echo").await.unwrap();
    let mut said = [0; 9];
    stream.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"firstecho");
    drop((stream, lease));
}

#[tokio::test]
async fn an_answer_without_length_is_read_to_the_end_of_its_connection() {
    let upstream = Scripted::start(|mut visit| async move {
        visit.answer(b"HTTP/1.0 200 OK\r\n\r\nall of it").await;
    })
    .await;
    let pool = upstream.pool();
    let (response, _lease) = send(&pool, get()).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "all of it");
}

#[tokio::test]
async fn trailers_of_an_http1_answer_pass() {
    let upstream = Scripted::answering(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: grpc-status\r\n\r\n\
          2\r\nok\r\n0\r\ngrpc-status: 0\r\n\r\n",
    )
    .await;
    let (response, lease) = send(&upstream.pool(), get()).await.unwrap();
    let body = response.into_body().collect().await.unwrap();
    lease.done();
    assert_eq!(body.trailers().unwrap()["grpc-status"], "0");
}

/// F4: an app that refuses a long upload answers, and closes without reading the rest; its answer must not
/// be lost in the reset that follows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_answer_survives_the_reset_behind_it() {
    const PIECE: &str = include_str!("bodies.rs");
    let upstream = Scripted::start(|mut visit| async move {
        visit.head().await;
        let mut some = [0; 50_000];
        visit.stream.read_exact(&mut some).await.unwrap();
        visit.say(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno").await;
    })
    .await;
    for round in 0..100 {
        let answer =
            post_pieces(
                &upstream,
                Duration::from_secs(2),
                async |sender| {
                    while sender.send(Ok(PIECE)).await.is_ok() {}
                },
            )
            .await;
        let answer = answer.unwrap_or_else(|error| panic!("round {round}: {error:?}"));
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "no");
    }
}

/// F3: an app never takes a body that ended too early for a whole one.
#[tokio::test]
async fn a_body_shorter_than_declared_ends_the_connection_unfinished() {
    let (heard, mut hears) = mpsc::channel(1);
    let upstream = Scripted::start(move |mut visit| {
        let heard = heard.clone();
        async move {
            visit.head().await;
            let mut body = Vec::new();
            drop(visit.stream.read_to_end(&mut body).await);
            heard.send(body).await.unwrap();
        }
    })
    .await;
    let answer = post_declared(&upstream, Duration::from_secs(2), Some(10), async |sender| {
        sender.send(Ok("piece")).await.unwrap();
    })
    .await;
    assert!(matches!(answer, Err(SendError::Body(_))), "{answer:?}");
    assert!(hears.recv().await.unwrap().len() < 10);
}

/// F1: what the head says of the body is what the body is.
#[tokio::test]
async fn a_body_of_unknown_length_is_chunked_whatever_the_method() {
    let upstream_ = Scripted::start(|mut visit| async move {
        let head = visit.head().await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"0\r\n\r\n") {
            read.push(visit.stream.read_u8().await.unwrap());
        }
        let whole = head.contains("transfer-encoding: chunked\r\n") && read.starts_with(b"5\r\npiece\r\n");
        visit.say(if whole { OK } else { b"HTTP/1.1 400 No\r\n\r\n" }).await;
    })
    .await;
    for method in ["GET", "DELETE", "PROPFIND"] {
        let routing = Routing { upstreams: vec![upstream(&[upstream_.address])], ..Routing::default() };
        let health = UpstreamHealth::new(&routing).unwrap();
        let pools = Pools::new(&routing, &health);
        let (sender, receiver) = mpsc::channel(1);
        sender.send(Ok("piece")).await.unwrap();
        drop(sender);
        let request = Request::builder().method(method).uri("/").header("host", "h");
        let request = request.body(Pieces(Some(receiver))).unwrap();
        let sent = pools.upstream(0).unwrap().send(request, Retry::Idempotent, Duration::from_secs(2));
        assert_eq!(sent.await.map(|(response, _)| response.status()).unwrap(), StatusCode::OK, "{method}");
    }
}

#[tokio::test]
async fn a_length_beside_no_body_is_not_sent() {
    let upstream = Scripted::start(|mut visit| async move {
        let head = visit.head().await.unwrap();
        visit.say(if head.contains("content-length") { b"HTTP/1.1 400 No\r\n\r\n" } else { OK }).await;
    })
    .await;
    let mut request = get();
    request.headers_mut().insert("content-length", "5".parse().unwrap());
    let (response, _lease) = send(&upstream.pool(), request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

//! An upstream that follows a script, and a pool in front of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use portcullis::gateway::pool::{Lease, Pool, Pools, Retry, SendError, UpstreamHealth};
use portcullis::model::route::Routing;
use portcullis::model::upstream::{Ejection, PoolLimits, Protocol, Target, Upstream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(super) type Body = Full<Bytes>;
pub(super) type Sent = Result<(Response<Incoming>, Lease<Body>), SendError>;

/// A small answer that leaves the connection open.
pub(super) const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A listener on loopback that runs `script` on each connection, and counts them.
pub(super) struct Scripted {
    pub(super) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

/// One accepted connection and its number, counted from zero.
pub(super) struct Visit {
    pub(super) stream: TcpStream,
    pub(super) number: usize,
}

impl Scripted {
    pub(super) async fn start<F, G>(script: F) -> Self
    where
        F: Fn(Visit) -> G + Send + 'static,
        G: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(script(Visit { stream, number }));
            }
        });
        Self { address, connections }
    }

    /// One that answers every request with the same bytes, for ever.
    pub(super) async fn answering(answer: &'static [u8]) -> Self {
        Self::start(move |mut visit| async move { while visit.answer(answer).await.is_some() {} }).await
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(super) fn pool(&self) -> Arc<Pool<Body>> {
        pool(upstream(&[self.address]))
    }
}

impl Visit {
    /// Reads up to the end of a request's head; `None` at the end of the connection.
    pub(super) async fn head(&mut self) -> Option<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.ok()?);
        }
        String::from_utf8(head).ok()
    }

    pub(super) async fn say(&mut self, bytes: &[u8]) -> Option<()> {
        self.stream.write_all(bytes).await.ok()
    }

    /// Reads one request without body and answers it.
    pub(super) async fn answer(&mut self, bytes: &[u8]) -> Option<String> {
        let head = self.head().await?;
        self.say(bytes).await?;
        Some(head)
    }
}

pub(super) fn upstream(targets: &[SocketAddr]) -> Upstream {
    Upstream {
        name: "app".into(),
        targets: targets.iter().copied().map(Target::Address).collect(),
        protocol: Protocol::Http1,
        tls: None,
        pool: PoolLimits {
            connect: Duration::from_secs(2),
            response: Duration::from_secs(2),
            body_idle: Duration::from_secs(2),
            idle: Duration::from_secs(60),
            age: Duration::from_secs(600),
            connections: 16,
            idle_connections: 16,
        },
        health: None,
        ejection: Ejection { failures: 3, pause: Duration::from_secs(60) },
        preserve_header_case: false,
    }
}

pub(super) fn pool(upstream: Upstream) -> Arc<Pool<Body>> {
    let routing = Routing { upstreams: vec![upstream], ..Routing::default() };
    let health = UpstreamHealth::new(&routing).unwrap();
    Pools::new(&routing, &health).upstream(0).unwrap().clone()
}

pub(super) fn get() -> Request<Body> {
    Request::get("/").header("host", "app.example").body(Body::default()).unwrap()
}

pub(super) fn post(body: &'static str) -> Request<Body> {
    Request::post("/").header("host", "app.example").body(Body::from(body)).unwrap()
}

/// Sends with patience, and retries as the walk does.
pub(super) async fn send(pool: &Arc<Pool<Body>>, request: Request<Body>) -> Sent {
    pool.send(request, Retry::Idempotent, Duration::from_secs(2)).await
}

/// Sends, reads the body to its end and gives the connection back.
pub(super) async fn exchange(pool: &Arc<Pool<Body>>, request: Request<Body>) -> Result<Bytes, String> {
    let (response, lease) = send(pool, request).await.map_err(|error| format!("{error:?}"))?;
    let body = response.into_body().collect().await.map_err(|error| format!("body: {error:?}"))?;
    lease.done();
    Ok(body.to_bytes())
}

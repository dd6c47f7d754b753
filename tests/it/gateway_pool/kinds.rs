//! The ways to reach an app: unix sockets, TLS with its three kinds of trust, HTTP/2.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use portcullis::gateway::pool::{
    ConnectError, Pools, SendError, UpstreamHealth, UpstreamSetupError, watch_health,
};
use portcullis::model::route::Routing;
use portcullis::model::upstream::{HealthCheck, Protocol, Target, Trust, Upstream, UpstreamTls};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use super::scripted::{OK, exchange, get, pool, post, send, upstream};

/// A directory of this test, removed at its end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("portcullis-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[tokio::test]
async fn an_app_on_a_unix_socket_is_reached() {
    let directory = Directory::new("unix");
    let path = directory.0.join("app.sock");
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = [0; 1024];
        while stream.read(&mut read).await.unwrap() > 0 {
            stream.write_all(OK).await.unwrap();
        }
    });
    let mut settings = upstream(&[]);
    settings.targets = vec![Target::Unix(path)];
    let pool = pool(settings);
    for _ in 0..3 {
        assert_eq!(exchange(&pool, get()).await.unwrap(), "ok");
    }
}

/// A self-signed certificate for `app.example`, as PEM and as fingerprint, and a server that shows it.
struct Secure {
    upstream: Upstream,
    pem: String,
    fingerprint: [u8; 32],
}

/// A TLS server on loopback that speaks `alpn` and serves every connection by `serve`.
async fn secure<G>(
    alpn: &[u8],
    serve: impl Fn(tokio_rustls::server::TlsStream<tokio::net::TcpStream>) -> G + Send + 'static,
) -> Secure
where
    G: Future<Output = ()> + Send + 'static,
{
    let made = rcgen::generate_simple_self_signed(["app.example".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let der = made.cert.der().clone();
    let fingerprint = digest(&SHA256, &der).as_ref().try_into().unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![der], key)
        .unwrap();
    config.alpn_protocols = vec![alpn.to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                tokio::spawn(serve(stream));
            }
        }
    });
    Secure { upstream: upstream(&[address]), pem: made.cert.pem(), fingerprint }
}

async fn answer_all(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut read = [0; 1024];
    while stream.read(&mut read).await.is_ok_and(|read| read > 0) {
        stream.write_all(OK).await.unwrap();
    }
}

fn trusting(upstream: &Upstream, trust: Trust, name: &str) -> Upstream {
    Upstream { tls: Some(UpstreamTls { server_name: name.into(), trust }), ..upstream.clone() }
}

#[tokio::test]
async fn only_the_pinned_certificate_is_taken() {
    let app = secure(b"http/1.1", answer_all).await;
    let pinned = pool(trusting(&app.upstream, Trust::Pinned(app.fingerprint), "any.name"));
    assert_eq!(exchange(&pinned, get()).await.unwrap(), "ok");
    let other = pool(trusting(&app.upstream, Trust::Pinned([7; 32]), "app.example"));
    let error = send(&other, get()).await.err().unwrap();
    assert!(matches!(error, SendError::Connect(ConnectError::Tls(_))), "{error:?}");
}

#[tokio::test]
async fn a_private_authority_vouches_for_the_configured_name_only() {
    let app = secure(b"http/1.1", answer_all).await;
    let directory = Directory::new("authority");
    let file = directory.0.join("authority.pem");
    std::fs::write(&file, &app.pem).unwrap();
    let right = pool(trusting(&app.upstream, Trust::Authorities(file.clone()), "app.example"));
    assert_eq!(exchange(&right, get()).await.unwrap(), "ok");
    let wrong = pool(trusting(&app.upstream, Trust::Authorities(file), "other.example"));
    let error = send(&wrong, get()).await.err().unwrap();
    assert!(matches!(error, SendError::Connect(ConnectError::Tls(_))), "{error:?}");
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused_by_default() {
    let app = secure(b"http/1.1", answer_all).await;
    let routing = Routing {
        upstreams: vec![trusting(&app.upstream, Trust::Platform, "app.example")],
        ..Routing::default()
    };
    match UpstreamHealth::new(&routing) {
        Ok(health) => {
            let pools = Pools::new(&routing, &health);
            let error = send(pools.upstream(0).unwrap(), get()).await.err().unwrap();
            assert!(matches!(error, SendError::Connect(ConnectError::Tls(_))), "{error:?}");
        }
        Err(error) => assert!(matches!(error, UpstreamSetupError::Tls { .. }), "{error:?}"),
    }
}

#[tokio::test]
async fn unusable_trust_is_found_at_set_up() {
    let directory = Directory::new("trust");
    let empty = directory.0.join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let error = |trust, name: &str| {
        let upstreams = vec![trusting(&upstream(&[]), trust, name)];
        UpstreamHealth::new(&Routing { upstreams, ..Routing::default() }).err().unwrap()
    };
    let missing = directory.0.join("missing.pem");
    let found = error(Trust::Authorities(missing), "h");
    assert!(matches!(found, UpstreamSetupError::Authorities { .. }), "{found:?}");
    let found = error(Trust::Authorities(empty), "h");
    assert!(matches!(found, UpstreamSetupError::NoAuthority { .. }), "{found:?}");
    let found = error(Trust::Pinned([0; 32]), "not a name");
    assert!(matches!(found, UpstreamSetupError::ServerName { .. }), "{found:?}");
}

/// Serves HTTP/2 with at most `streams` at once; each answer says what was asked, after `go` if there is
/// one, and ends with trailers.
async fn serve_http2(
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    streams: u32,
    go: Option<Arc<Notify>>,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let go = go.clone();
        async move {
            if let Some(go) = go {
                go.notified().await;
            }
            let (head, body) = request.into_parts();
            let said = body.collect().await.unwrap().to_bytes();
            let text = format!("{} {} {}", head.method, head.uri, String::from_utf8_lossy(&said));
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", "0".parse().unwrap());
            let body = Full::new(Bytes::from(text)).with_trailers(async { Some(Ok(trailers)) });
            Ok::<_, Infallible>(Response::new(body))
        }
    });
    let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    drop(builder.max_concurrent_streams(streams).serve_connection(TokioIo::new(io), service).await);
}

/// A server in clear text, and how many connections it took.
async fn http2(streams: u32, go: Option<Arc<Notify>>) -> (Upstream, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve_http2(stream, streams, go.clone()));
        }
    });
    (Upstream { protocol: Protocol::Http2, ..upstream(&[address]) }, connections)
}

#[tokio::test]
async fn requests_share_one_http2_connection_and_trailers_pass() {
    let (settings, connections) = http2(100, None).await;
    let pool = pool(settings);
    let (response, lease) = send(&pool, post("ping")).await.unwrap();
    let body = response.into_body().collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["grpc-status"], "0");
    assert_eq!(body.to_bytes(), "POST http://app.example/ ping");
    lease.done();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let pool = pool.clone();
        tasks.spawn(async move { exchange(&pool, get()).await.unwrap() });
    }
    while let Some(answer) = tasks.join_next().await {
        assert_eq!(answer.unwrap(), "GET http://app.example/ ");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn another_http2_connection_is_opened_when_all_streams_are_taken() {
    let go = Arc::new(Notify::new());
    let (settings, connections) = http2(2, Some(go.clone())).await;
    let pool = pool(settings);
    go.notify_one();
    exchange(&pool, get()).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let pool = pool.clone();
        tasks.spawn(async move { exchange(&pool, get()).await.unwrap() });
    }
    let let_go = async {
        while connections.load(Ordering::SeqCst) < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        while !tasks.is_empty() {
            go.notify_waiters();
            tokio::time::sleep(Duration::from_millis(5)).await;
            while tasks.try_join_next().is_some() {}
        }
    };
    tokio::time::timeout(Duration::from_secs(5), let_go).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn when_no_more_http2_connections_may_be_opened_requests_wait_and_then_hear_so() {
    let go = Arc::new(Notify::new());
    let (mut settings, connections) = http2(1, Some(go.clone())).await;
    settings.pool.connections = 1;
    settings.pool.connect = Duration::from_millis(200);
    let pool = pool(settings);
    go.notify_one();
    exchange(&pool, get()).await.unwrap();
    let first = tokio::spawn({
        let pool = pool.clone();
        async move { exchange(&pool, get()).await }
    });
    tokio::task::yield_now().await;
    let error = send(&pool, get()).await.err().unwrap();
    assert!(matches!(error, SendError::Busy), "{error:?}");
    go.notify_one();
    first.await.unwrap().unwrap();
    go.notify_one();
    exchange(&pool, get()).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn http2_inside_tls_is_agreed_by_alpn_or_not_spoken() {
    let app = secure(b"h2", |stream| serve_http2(stream, 10, None)).await;
    let http2 = Upstream { protocol: Protocol::Http2, ..app.upstream.clone() };
    let speaks = pool(trusting(&http2, Trust::Pinned(app.fingerprint), "app.example"));
    assert_eq!(exchange(&speaks, get()).await.unwrap(), "GET https://app.example/ ");

    let app = secure(b"http/1.1", answer_all).await;
    let http2 = Upstream { protocol: Protocol::Http2, ..app.upstream.clone() };
    let silent = pool(trusting(&http2, Trust::Pinned(app.fingerprint), "app.example"));
    let error = send(&silent, get()).await.err().unwrap();
    assert!(matches!(error, SendError::Connect(_)), "{error:?}");
}

#[tokio::test]
async fn an_http2_app_is_checked_in_http2() {
    let (mut settings, _) = http2(10, None).await;
    let every = Duration::from_millis(10);
    settings.health = Some(HealthCheck { path: "/up".into(), every, timeout: Duration::from_secs(1) });
    let routing = Routing { upstreams: vec![settings], ..Routing::default() };
    let health = Arc::new(UpstreamHealth::new(&routing).unwrap());
    let checks = tokio::spawn(watch_health(health.clone()));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(health.readings().all(|reading| reading.usable));
    checks.abort();
}

//! A gate in this process, on ports of its own, with data and certificates in a directory of its own; and
//! the small TLS client that talks to it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use portcullis::config::{Bind, Config};
use portcullis::server::doors::Kind;
use portcullis::server::reload::ReloadError;
use portcullis::server::running::Running;
use portcullis::server::{self, tls};
use portcullis::time::SystemClock;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A directory that goes away with its owner.
pub(super) struct Directory(PathBuf);

impl Directory {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("portcullis-walk-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A gate that serves.
pub(super) struct Gate {
    pub(super) running: Running,
    pub(super) directory: Directory,
}

impl Gate {
    pub(super) async fn start() -> Self {
        Self::with(|_, _| {}).await
    }

    /// With a configuration changed by hand; it begins with free ports on loopback and two workers.
    pub(super) async fn with(change: impl FnOnce(&mut Config, &Path)) -> Self {
        let directory = Directory::new();
        let mut config = Config::default_for(directory.path(), None).unwrap();
        let free = || Bind::Tcp("127.0.0.1:0".parse().unwrap());
        config.listen.https = vec![free()];
        config.listen.operations = free();
        config.workers = 2;
        config.deadlines.drain_delay = Duration::ZERO;
        change(&mut config, directory.path());
        let running = server::start(config, Arc::new(SystemClock)).await.unwrap();
        Self { running, directory }
    }

    pub(super) fn address(&self, kind: Kind) -> SocketAddr {
        self.running.addresses().tcp(kind).unwrap()
    }

    pub(super) async fn socket(&self, kind: Kind) -> TcpStream {
        TcpStream::connect(self.address(kind)).await.unwrap()
    }

    /// Trusts the gate's development authority and nobody else.
    pub(super) fn trust(&self) -> ClientConfig {
        trusting(&self.running.app().config.load().tls.development.join("authority.pem"))
    }

    /// A TLS connection, or why there is none.
    pub(super) async fn greet(
        &self,
        client: &Arc<ClientConfig>,
        name: &str,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        TlsConnector::from(Arc::clone(client)).connect(name, self.socket(Kind::Https).await).await
    }

    /// One number of the operations listener, by the beginning of its line.
    pub(super) async fn number(&self, line: &str) -> Option<f64> {
        let text = ask(
            self.socket(Kind::Operations).await,
            "GET /metrics HTTP/1.1\r\nhost: ops\r\nconnection: close\r\n\r\n",
        )
        .await;
        let found = text.lines().find_map(|candidate| candidate.strip_prefix(line));
        found.and_then(|rest| rest.trim().parse().ok())
    }

    pub(super) async fn reload_certificates(&self) -> Result<(), ReloadError> {
        self.running.reloading().certificates().await
    }
}

pub(super) fn trusting(authority: &Path) -> ClientConfig {
    tls::install_provider();
    ClientConfig::builder().with_root_certificates(roots(authority)).with_no_client_auth()
}

pub(super) fn roots(authority: &Path) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    roots
}

/// As [`trusting`], with a certificate to show.
pub(super) fn showing(authority: &Path, certificate: &Path, key: &Path) -> ClientConfig {
    tls::install_provider();
    let chain = CertificateDer::pem_file_iter(certificate).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    ClientConfig::builder()
        .with_root_certificates(roots(authority))
        .with_client_auth_cert(chain, key)
        .unwrap()
}

/// Sends `request` and reads until the other side closes, or says nothing for long.
pub(super) async fn ask<IO: AsyncRead + AsyncWrite + Unpin>(mut io: IO, request: &str) -> String {
    let _ = io.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), io.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// A request for the root of `host` that ends the connection.
pub(super) fn get(host: &str) -> String {
    format!("GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")
}

/// Tries until it is so; a condition that never comes true fails the test.
pub(super) async fn wait_for<F: Future<Output = bool>>(condition: impl Fn() -> F) {
    for _ in 0..500 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came true");
}

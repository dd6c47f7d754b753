//! A gateway of one's own: in this process, on free ports, with its own folder, SQLite file, development
//! certificate, and a clock that stands still until the test turns it (it begins now: certificates are
//! judged by the real time).

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portcullis::app::decisions::Decision;
use portcullis::config::{Config, Sources};
use portcullis::model::caller::RequestId;
use portcullis::server::control::client;
use portcullis::server::doors::Kind;
use portcullis::server::running::Running;
use portcullis::server::{self, Plan};
use portcullis::telemetry::access::AccessLog;
use portcullis::time::{Clock, ManualClock, SystemClock};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::answer::Answer;
use super::ask::{Ask, Over};
use super::frames::Frames;
use super::household::{Household, with_another_secret};
use super::office::Staff;
use super::soon;
use super::upstream::Upstream;
use super::wire::{Duplex, Wire};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// Routes that most tests need, in front of one app.
const ROUTES: &str = include_str!("routes.toml");

/// Wall time that runs.
pub(crate) struct Passing(tokio::task::JoinHandle<()>);

impl Drop for Passing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A running gateway. It ends with the value.
pub(crate) struct Gateway {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) household: Household,
    https: SocketAddr,
    http: SocketAddr,
    roots: Arc<RootCertStore>,
    folder: PathBuf,
    lines: Lines,
    _log: AccessLog,
    running: Option<Running>,
}

/// The access log, kept in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Gateway {
    /// Ends it on a thread of its own: waiting for the end here would hold up what the end waits for,
    /// as connections to the store go back to their pool by tasks of this test.
    fn drop(&mut self) {
        let (running, folder) = (self.running.take(), self.folder.clone());
        std::thread::spawn(move || {
            drop(running);
            let _ = std::fs::remove_dir_all(folder);
        });
    }
}

impl Gateway {
    /// In front of this app, with the usual routes.
    pub(crate) async fn before(app: &Upstream) -> Self {
        Self::with(app, "").await
    }

    /// The same with more configuration, put before the routes.
    pub(crate) async fn with(app: &Upstream, more: &str) -> Self {
        let folder = folder();
        let head = "public_url = \"https://gate.test\"\nworkers = 1\n";
        let listen =
            "[listen]\nhttps = [\"127.0.0.1:0\"]\nhttp = [\"127.0.0.1:0\"]\noperations = \"127.0.0.1:0\"\n";
        let routes = ROUTES.replace("APP", &app.address.to_string());
        let file = folder.join("gateway.toml");
        std::fs::write(&file, [head, listen, more, &routes].concat()).unwrap();
        let sources = Sources { file: Some(file), ..Sources::default() };
        let config = match Config::load(&sources) {
            Ok(loaded) => loaded.config,
            Err(problems) => panic!("{}", problems),
        };
        Self::start(config, folder).await
    }

    async fn start(config: Config, folder: PathBuf) -> Self {
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let development = config.tls.development.clone();
        let lines = Lines::default();
        let log = AccessLog::to(Box::new(lines.clone())).unwrap();
        let access = Some(log.writer());
        let plan = Plan { config, sources: None, clock: clock.clone(), access };
        let running = server::begin(plan).await.unwrap();
        let household = Household::of(running.app().clone()).await;
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_file(development.join("authority.pem")).unwrap();
        roots.add(authority).unwrap();
        Self {
            https: running.addresses().tcp(Kind::Https).unwrap(),
            http: running.addresses().tcp(Kind::Http).unwrap(),
            clock,
            household,
            roots: Arc::new(roots),
            folder,
            lines,
            _log: log,
            running: Some(running),
        }
    }

    /// The line of the access log about a request, once it is written.
    pub(crate) async fn line_about(&self, request: &str) -> Value {
        let found = || {
            let text = String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap();
            text.lines().find(|line| line.contains(request)).map(|line| serde_json::from_str(line).unwrap())
        };
        soon("a line in the access log", async {
            loop {
                match found() {
                    Some(line) => return line,
                    None => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        })
        .await
    }

    /// What was decided of a request.
    pub(crate) fn decision_about(&self, request: &str) -> Option<Decision> {
        let app = self.running.as_ref()?.app();
        app.decisions.of(&RequestId::parse(request).unwrap(), self.clock.now())
    }

    /// What is counted of decisions and attempts, in the Prometheus text format.
    pub(crate) fn numbers(&self) -> String {
        let text = self.running.as_ref().unwrap().app().metrics.text();
        let counted = ["_requests_total", "_auth_decisions_total", "_attempts_total", "_key_cache_total"];
        text.lines()
            .filter(|line| counted.iter().any(|name| line.contains(name)))
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// One number of the metrics, by the beginning of its line.
    pub(crate) fn number(&self, line: &str) -> f64 {
        let text = self.running.as_ref().unwrap().app().metrics.text();
        text.lines().find_map(|found| found.strip_prefix(line)).unwrap().parse().unwrap()
    }

    /// Asks over the control socket, as the command line does.
    pub(crate) async fn control(&self, request: Value) -> Value {
        let socket = self.folder.join("data/control.sock");
        let asked = tokio::task::spawn_blocking(move || client::ask(&socket, &request));
        asked.await.unwrap().unwrap()
    }

    /// Lets wall time run, ten times as fast as outside, until the value is dropped.
    pub(crate) fn let_time_pass(&self) -> Passing {
        let clock = self.clock.clone();
        Passing(tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                clock.advance(Duration::from_millis(100));
            }
        }))
    }

    /// Every byte of the files of the store.
    pub(crate) async fn stored(&self) -> Vec<u8> {
        let files = ["portcullis.db", "portcullis.db-wal"].map(|name| self.folder.join("data").join(name));
        files.into_iter().filter_map(|file| std::fs::read(file).ok()).flatten().collect()
    }

    /// Who makes people and programs by the acts that operators use.
    pub(crate) fn staff(&self) -> Staff {
        Staff(self.running.as_ref().unwrap().app().clone())
    }

    /// A key of Ada's, a viewer.
    pub(crate) async fn key(&self) -> String {
        self.household.key("ada", "viewer", None).await
    }

    /// A key of Ada's that ends by itself.
    pub(crate) async fn key_for(&self, lifetime: Duration) -> String {
        self.household.key("ada", "viewer", Some(lifetime)).await
    }

    /// A key of somebody of this role, named after it.
    pub(crate) async fn key_of_role(&self, role: &str) -> String {
        self.household.resident(role, role).await;
        self.household.key(role, role, None).await
    }

    /// A key for the gate's own API.
    pub(crate) async fn key_for_api(&self) -> String {
        self.household.key_for_api().await
    }

    /// The same public id with another secret, well formed.
    pub(crate) fn key_with_another_secret(&self, key: &str) -> String {
        with_another_secret(key)
    }

    pub(crate) async fn revoke(&self, key: &str) {
        self.household.revoke(key).await;
    }

    pub(crate) async fn suspend(&self, name: &str) {
        self.household.suspend(name).await;
    }

    pub(crate) async fn take_grants(&self, name: &str) {
        self.household.take_grants(name).await;
    }

    /// The cookie of a new session of Ada's on `app.test`.
    pub(crate) async fn session(&self) -> String {
        self.household.session("app.test").await
    }

    pub(crate) async fn end_sessions(&self, name: &str) {
        self.household.end_sessions(name).await;
    }

    fn tls(&self, over: Over) -> ClientConfig {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![over.alpn().into()];
        config
    }

    /// A connection after its handshake, if one is to be had.
    pub(crate) async fn try_stream(&self, name: &str, over: Over) -> Option<impl Duplex + use<>> {
        let connector = TlsConnector::from(Arc::new(self.tls(over)));
        let tcp = TcpStream::connect(self.https).await.ok()?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let stream = soon("a handshake", connector.connect(name, tcp)).await.ok()?;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(over.alpn().as_bytes()));
        Some(stream)
    }

    /// A connection after its handshake.
    pub(crate) async fn stream(&self, name: &str, over: Over) -> impl Duplex + use<> {
        self.try_stream(name, over).await.expect("a connection")
    }

    /// A connection to `app.test` that speaks what it is told to.
    pub(crate) async fn wire(&self) -> Wire {
        Wire::over(self.stream("app.test", Over::H1).await)
    }

    /// A connection to `app.test` that speaks frames.
    pub(crate) async fn frames(&self) -> Frames {
        Frames::over(self.stream("app.test", Over::H2).await).await
    }

    /// A TCP connection to the TLS door without a handshake.
    pub(crate) async fn bare(&self) -> Wire {
        Wire::over(TcpStream::connect(self.https).await.unwrap())
    }

    /// A connection to the clear-text door.
    pub(crate) async fn clear_text(&self) -> Wire {
        Wire::over(TcpStream::connect(self.http).await.unwrap())
    }

    /// One request on a connection of its own, to the host it names where that is one of ours.
    pub(crate) async fn ask(&self, ask: &Ask, over: Over) -> Answer {
        let ours = ["other.test", "gate.test"].into_iter().find(|name| ask.host.starts_with(name));
        let name = ours.unwrap_or("app.test");
        ask.on(self.stream(name, over).await, over).await
    }

    /// Whether a second connection is offered a ticket with which a request could be sent early.
    pub(crate) async fn offers_early_data(&self) -> bool {
        let mut config = self.tls(Over::H1);
        config.enable_early_data = true;
        let connector = TlsConnector::from(Arc::new(config));
        let name = ServerName::try_from("app.test").unwrap();
        for _ in 0..2 {
            let tcp = TcpStream::connect(self.https).await.unwrap();
            let mut stream = soon("a handshake", connector.connect(name.clone(), tcp)).await.unwrap();
            if stream.get_mut().1.early_data().is_some() {
                return true;
            }
            // The ticket comes with the first answer.
            let mut wire = Wire::over(stream);
            wire.send("GET /public/x HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n").await;
            wire.rest().await;
        }
        false
    }
}

fn folder() -> PathBuf {
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let folder = std::env::temp_dir().join(format!("portcullis-gate-{}-{number}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

//! The greeting: certificates by name, policies by name, resumption, reload, deadlines.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portcullis::config::{CertificateFiles, ClientAuth, Config};
use portcullis::server::doors::Kind;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, SanType,
};
use rustls::client::{ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, HandshakeKind, NamedGroup, version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::gate::{Gate, ask, get, roots, showing, trusting, wait_for};

/// An authority of the test's own, and what it signs.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: PathBuf,
}

impl Authority {
    fn new(directory: &Path, name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let directory = directory.join(name);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("authority.pem"), issuer.pem()).unwrap();
        Self { issuer, directory }
    }

    fn file(&self) -> PathBuf {
        self.directory.join("authority.pem")
    }

    fn sign(&self, file: &str, names: &[&str], usage: ExtendedKeyUsagePurpose) -> CertificateFiles {
        let names = names.iter().map(|name| SanType::DnsName((*name).try_into().unwrap())).collect();
        self.sign_names(file, names, usage)
    }

    fn sign_names(
        &self,
        file: &str,
        names: Vec<SanType>,
        usage: ExtendedKeyUsagePurpose,
    ) -> CertificateFiles {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.subject_alt_names = names;
        params.extended_key_usages = vec![usage];
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let files = CertificateFiles {
            certificate: self.directory.join(format!("{file}.pem")),
            key: self.directory.join(format!("{file}.key")),
        };
        fs::write(&files.certificate, certificate.pem()).unwrap();
        fs::write(&files.key, key.serialize_pem()).unwrap();
        files
    }

    fn trust(&self) -> Arc<ClientConfig> {
        Arc::new(trusting(&self.file()))
    }
}

fn leaf(stream: &TlsStream<TcpStream>) -> Vec<u8> {
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

fn der(files: &CertificateFiles) -> Vec<u8> {
    use rustls::pki_types::pem::PemObject;
    rustls::pki_types::CertificateDer::from_pem_file(&files.certificate).unwrap().to_vec()
}

/// Whether requests get an answer on a connection. A client certificate that is refused under TLS 1.3 shows
/// only here.
async fn answered(stream: std::io::Result<TlsStream<TcpStream>>, host: &str) -> bool {
    match stream {
        Ok(stream) => ask(stream, &get(host)).await.starts_with("HTTP/1.1 "),
        Err(_) => false,
    }
}

fn server() -> ExtendedKeyUsagePurpose {
    ExtendedKeyUsagePurpose::ServerAuth
}

#[tokio::test]
async fn the_development_certificate_is_trusted_for_every_local_name() {
    let gate = Gate::start().await;
    let client = Arc::new(gate.trust());
    for name in ["localhost", "127.0.0.1", "::1"] {
        let stream = gate.greet(&client, name).await;
        assert!(stream.is_ok(), "{name}: {:?}", stream.err());
    }
    assert!(gate.greet(&client, "example.org").await.is_err());
    gate.running.stop().await;
}

#[tokio::test]
async fn the_hybrid_key_exchange_is_preferred_and_classical_clients_are_served() {
    let gate = Gate::start().await;
    let modern = gate.greet(&Arc::new(gate.trust()), "localhost").await.unwrap();
    let group =
        |stream: &TlsStream<TcpStream>| stream.get_ref().1.negotiated_key_exchange_group().unwrap().name();
    assert_eq!(group(&modern), NamedGroup::X25519MLKEM768);

    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    provider.kx_groups.retain(|group| group.name() == NamedGroup::secp256r1);
    let roots = roots(&gate.running.app().config.load().tls.development.join("authority.pem"));
    let classical = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&version::TLS12])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let old = gate.greet(&Arc::new(classical), "localhost").await.unwrap();
    assert_eq!(group(&old), NamedGroup::secp256r1);
    gate.running.stop().await;
}

#[tokio::test]
async fn http_2_is_agreed_on_when_offered_and_nothing_unknown_is() {
    let gate = Gate::start().await;
    for (offered, agreed) in
        [(&["h2", "http/1.1"][..], Some("h2")), (&["http/1.1"], Some("http/1.1")), (&[], None)]
    {
        let mut client = gate.trust();
        client.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
        let stream = gate.greet(&Arc::new(client), "localhost").await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed.map(str::as_bytes));
    }
    let mut client = gate.trust();
    client.alpn_protocols = vec![b"imap".to_vec()];
    assert!(gate.greet(&Arc::new(client), "localhost").await.is_err());
    gate.running.stop().await;
}

fn several(config: &mut Config, authority: &Authority) -> [CertificateFiles; 3] {
    let first = authority.sign("first", &["first.example"], server());
    let second = authority.sign("second", &["second.example", "two.second.example"], server());
    let wild = authority.sign("wild", &["*.second.example"], server());
    config.tls.certificates = vec![first.clone(), second.clone(), wild.clone()];
    [first, second, wild]
}

#[tokio::test]
async fn certificates_are_chosen_by_the_name_asked_for() {
    let (mut files, mut authority) = (None, None);
    let gate = Gate::with(|config, directory| {
        let own = Authority::new(directory, "own");
        files = Some(several(config, &own));
        authority = Some(own);
    })
    .await;
    let client = authority.unwrap().trust();
    let [first, second, wild] = files.unwrap();
    for (name, expected) in [
        ("first.example", &first),
        ("second.example", &second),
        ("TWO.second.example", &second),
        ("any.second.example", &wild),
    ] {
        let stream = gate.greet(&client, name).await.unwrap();
        assert_eq!(leaf(&stream), der(expected), "{name}");
    }
    for unknown in ["third.example", "a.b.second.example", "127.0.0.1"] {
        assert!(gate.greet(&client, unknown).await.is_err(), "{unknown}");
    }
    gate.running.stop().await;
}

#[tokio::test]
async fn a_reload_changes_new_connections_and_keeps_old_ones() {
    let (mut files, mut authority) = (None, None);
    let gate = Gate::with(|config, directory| {
        let own = Authority::new(directory, "own");
        files = Some(several(config, &own));
        authority = Some(own);
    })
    .await;
    let (authority, [first, ..]) = (authority.unwrap(), files.unwrap());
    let client = authority.trust();
    let old = gate.greet(&client, "first.example").await.unwrap();
    let before = leaf(&old);

    let renewed = authority.sign("first", &["first.example", "fourth.example"], server());
    assert_ne!(before, der(&renewed));
    gate.reload_certificates().await.unwrap();
    let new = gate.greet(&client, "fourth.example").await.unwrap();
    assert_eq!(leaf(&new), der(&renewed));
    assert!(answered(Ok(old), "first.example").await);

    fs::write(&first.key, "not a key").unwrap();
    assert!(gate.reload_certificates().await.is_err());
    assert!(gate.greet(&client, "fourth.example").await.is_ok());
    assert_eq!(gate.number("portcullis_config_last_reload_successful ").await, Some(0.0));
    gate.running.stop().await;
}

#[tokio::test]
async fn a_changed_certificate_file_is_noticed_without_being_told() {
    let (mut files, mut authority) = (None, None);
    let gate = Gate::with(|config, directory| {
        let own = Authority::new(directory, "own");
        files = Some(several(config, &own));
        authority = Some(own);
    })
    .await;
    let client = authority.as_ref().unwrap().trust();
    let renewed = authority.unwrap().sign("first", &["first.example"], server());
    let shown = || async { leaf(&gate.greet(&client, "first.example").await.unwrap()) == der(&renewed) };
    wait_for(shown).await;
    gate.running.stop().await;
}

#[tokio::test]
async fn sessions_are_resumed_also_after_a_reload() {
    let gate = Gate::start().await;
    let client = Arc::new(gate.trust());
    let first = gate.greet(&client, "localhost").await.unwrap();
    assert_eq!(first.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
    assert!(answered(Ok(first), "localhost").await);
    gate.reload_certificates().await.unwrap();
    let second = gate.greet(&client, "localhost").await.unwrap();
    assert_eq!(second.get_ref().1.handshake_kind(), Some(HandshakeKind::Resumed));
    gate.running.stop().await;
}

/// Two hosts, one of which wants certificates of clients.
struct TwoPolicies {
    gate: Gate,
    own: Authority,
    clients: Authority,
}

impl TwoPolicies {
    async fn start() -> Self {
        let (mut own, mut clients) = (None, None);
        let gate = Gate::with(|config, directory| {
            let servers = Authority::new(directory, "servers");
            let trusted = Authority::new(directory, "clients");
            config.tls.certificates =
                vec![servers.sign("all", &["open.example", "*.safe.example", "vault.example"], server())];
            let policy = |host: &str, required| ClientAuth {
                host: host.into(),
                authorities: trusted.file(),
                required,
            };
            config.tls.client_auth = vec![policy("*.Safe.example", false), policy("vault.example", true)];
            own = Some(servers);
            clients = Some(trusted);
        })
        .await;
        Self { gate, own: own.unwrap(), clients: clients.unwrap() }
    }

    fn with(&self, files: &CertificateFiles) -> Arc<ClientConfig> {
        Arc::new(showing(&self.own.file(), &files.certificate, &files.key))
    }

    async fn gets(&self, client: &Arc<ClientConfig>, name: &str) -> bool {
        answered(self.gate.greet(client, name).await, name).await
    }
}

#[tokio::test]
async fn a_host_that_requires_client_certificates_serves_only_holders_of_a_good_one() {
    let two = TwoPolicies::start().await;
    let good = two.clients.sign("good", &["robot.example"], ExtendedKeyUsagePurpose::ClientAuth);
    let strange = Authority::new(two.gate.directory.path(), "strangers");
    let bad = strange.sign("bad", &["robot.example"], ExtendedKeyUsagePurpose::ClientAuth);
    let none = two.own.trust();
    assert!(two.gets(&two.with(&good), "vault.example").await);
    assert!(!two.gets(&none, "vault.example").await);
    assert!(!two.gets(&two.with(&bad), "vault.example").await);
    assert!(two.gets(&none, "open.example").await);
    assert!(two.gets(&none, "a.safe.example").await);
    assert!(!two.gets(&two.with(&bad), "a.safe.example").await);
    two.gate.running.stop().await;
}

/// L2: a client that names no host, or an unknown one, is treated as one that wants the best guarded host.
#[tokio::test]
async fn a_client_that_names_no_known_host_gets_the_strictest_policy() {
    let two = TwoPolicies::start().await;
    let mut nameless = trusting(&two.own.file());
    nameless.enable_sni = false;
    assert!(!two.gets(&Arc::new(nameless), "open.example").await);
    assert!(!two.gets(&two.own.trust(), "unknown.example").await);
    two.gate.running.stop().await;
}

/// L2: the policy is looked up after the whole first message is there, however it was cut.
#[tokio::test]
async fn a_first_message_in_pieces_gets_the_policy_of_its_host() {
    let two = TwoPolicies::start().await;
    for (name, served) in [("open.example", true), ("vault.example", false)] {
        let mut client = rustls::ClientConnection::new(two.own.trust(), name.try_into().unwrap()).unwrap();
        let mut hello = Vec::new();
        client.write_tls(&mut hello).unwrap();
        let record = &hello[5..];
        let mut socket = two.gate.socket(Kind::Https).await;
        socket.set_nodelay(true).unwrap();
        for piece in record.chunks(100) {
            let head = [0x16, 3, 1, 0, u8::try_from(piece.len()).unwrap()];
            socket.write_all(&head).await.unwrap();
            socket.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
        let mut socket = socket.into_std().unwrap();
        socket.set_nonblocking(false).unwrap();
        let finished = tokio::task::spawn_blocking(move || {
            use std::io::{Read, Write};
            let mut stream = rustls::StreamOwned::new(client, &mut socket);
            let sent = stream.write_all(get(name).as_bytes()).and_then(|()| stream.flush());
            let mut answer = Vec::new();
            let _ = sent.and_then(|()| stream.read_to_end(&mut answer).map(|_| ()));
            answer.starts_with(b"HTTP/1.1")
        });
        assert_eq!(finished.await.unwrap(), served, "{name}");
    }
    two.gate.running.stop().await;
}

/// L1: a ticket earned where no certificate was asked for opens no host that asks for one.
#[tokio::test]
async fn a_session_of_one_policy_is_not_resumed_under_another() {
    for version in [&version::TLS13, &version::TLS12] {
        let two = TwoPolicies::start().await;
        let client = Arc::new(offering_any_ticket(&two.own.file(), version));
        assert!(two.gets(&client, "open.example").await);
        let again = two.gate.greet(&client, "open.example").await.unwrap();
        assert_eq!(again.get_ref().1.handshake_kind(), Some(HandshakeKind::Resumed), "{version:?}");
        assert!(answered(Ok(again), "open.example").await);
        assert!(!two.gets(&client, "vault.example").await, "{version:?}");
        let safe = two.gate.greet(&client, "a.safe.example").await.unwrap();
        assert_eq!(safe.get_ref().1.handshake_kind(), Some(HandshakeKind::Full), "{version:?}");
        two.gate.running.stop().await;
    }
}

fn offering_any_ticket(authority: &Path, version: &'static rustls::SupportedProtocolVersion) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots(authority))
        .with_no_client_auth();
    client.resumption = Resumption::store(Arc::new(AnyTicket::default()));
    client
}

/// Offers any ticket to any host, as an attacker would.
#[derive(Debug, Default)]
struct AnyTicket {
    newer: Mutex<Vec<Tls13ClientSessionValue>>,
    older: Mutex<Option<Tls12ClientSessionValue>>,
}

impl ClientSessionStore for AnyTicket {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        *self.older.lock().unwrap() = Some(value);
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.older.lock().unwrap().clone()
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.newer.lock().unwrap().push(value);
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.newer.lock().unwrap().pop()
    }
}

/// L3: names of a client's certificate that could be read in two ways are refused, whoever signed them.
#[tokio::test]
async fn a_client_certificate_with_a_wildcard_or_nul_in_its_names_is_refused() {
    let two = TwoPolicies::start().await;
    let usage = || ExtendedKeyUsagePurpose::ClientAuth;
    let wild = two.clients.sign("wild", &["*.example"], usage());
    let nul = two.clients.sign("nul", &["robot.example\0.evil.example"], usage());
    let mail = SanType::Rfc822Name("*@example.org".try_into().unwrap());
    let mail = two.clients.sign_names("mail", vec![mail], usage());
    for files in [wild, nul, mail] {
        assert!(!two.gets(&two.with(&files), "vault.example").await, "{files:?}");
    }
    two.gate.running.stop().await;
}

/// F8: a handshake that does not get on ends at its deadline, at whatever byte it stopped.
#[tokio::test]
async fn a_slow_handshake_is_ended_at_its_deadline() {
    let gate = Gate::with(|config, _| config.deadlines.handshake = Duration::from_millis(300)).await;
    for begun in [&b""[..], &[0x16, 3, 1, 2, 0, 1, 0], &[0x16, 3, 1, 0x3f, 0xff, 1, 0, 0x3f, 0xfb]] {
        let mut socket = gate.socket(Kind::Https).await;
        let start = Instant::now();
        socket.write_all(begun).await.unwrap();
        let mut rest = Vec::new();
        let _ = socket.read_to_end(&mut rest).await;
        let took = start.elapsed();
        assert!((Duration::from_millis(250)..Duration::from_secs(5)).contains(&took), "{took:?}");
    }
    let line = "portcullis_handshake_failures_total{reason=\"deadline\"} ";
    wait_for(|| async { gate.number(line).await == Some(3.0) }).await;
    gate.running.stop().await;
}

#[tokio::test]
async fn early_data_is_never_offered() {
    let gate = Gate::start().await;
    let mut client = gate.trust();
    client.enable_early_data = true;
    let client = Arc::new(client);
    assert!(answered(gate.greet(&client, "localhost").await, "localhost").await);
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let mut again = rustls::ClientConnection::new(client, name).unwrap();
    assert!(again.early_data().is_none());
    gate.running.stop().await;
}

#[tokio::test]
async fn the_end_of_a_certificate_is_shown_to_monitoring() {
    let gate = Gate::start().await;
    let file = gate.running.app().config.load().tls.development.join("development.pem");
    let line = format!("portcullis_certificate_expiry_timestamp_seconds{{file=\"{}\"}} ", file.display());
    assert!(gate.number(&line).await.unwrap() > 1.7e9);
    gate.running.stop().await;
}

//! Doors: who may connect, how often, and who may speak for others.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use portcullis::config::{Bind, Config};
use portcullis::server;
use portcullis::server::StartError;
use portcullis::server::doors::Kind;
use portcullis::time::SystemClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::gate::{Gate, ask, get, wait_for};

fn loopback() -> Bind {
    Bind::Tcp("127.0.0.1:0".parse().unwrap())
}

async fn answers(stream: TcpStream, text: &str) -> bool {
    ask(stream, text).await.starts_with("HTTP/1.1 ")
}

/// Whether the other side closes without a word.
async fn is_closed(mut stream: TcpStream) -> bool {
    let mut byte = [0];
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut byte)).await;
    matches!(read.unwrap(), Ok(0) | Err(_))
}

#[tokio::test]
async fn a_source_gets_so_many_connections_and_more_when_it_closes_some() {
    let gate = Gate::with(|config, _| {
        config.listen.http = vec![loopback()];
        config.limits.connections_per_source = 3;
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(gate.socket(Kind::Http).await);
    }
    wait_for(|| async { gate.running.app().metrics.connections.get() >= 3 }).await;
    assert!(is_closed(gate.socket(Kind::Http).await).await);
    let line = "portcullis_connections_refused_total{reason=\"source_full\"} ";
    wait_for(|| async { gate.number(line).await >= Some(1.0) }).await;
    drop(held);
    let free = || async { answers(gate.socket(Kind::Http).await, &get("localhost")).await };
    wait_for(free).await;
    gate.running.stop().await;
}

#[tokio::test]
async fn connections_are_bounded_in_all_and_operations_still_answer() {
    let gate = Gate::with(|config, _| {
        config.listen.http = vec![loopback()];
        config.limits.connections = 2;
    })
    .await;
    let held = (gate.socket(Kind::Http).await, gate.socket(Kind::Http).await);
    wait_for(|| async { gate.running.app().metrics.connections.get() >= 2 }).await;
    assert!(is_closed(gate.socket(Kind::Http).await).await);
    let line = "portcullis_connections_refused_total{reason=\"full\"} ";
    wait_for(|| async { gate.number(line).await >= Some(1.0) }).await;
    drop(held);
    gate.running.stop().await;
}

fn announcing(config: &mut Config) {
    config.listen.http = vec![loopback()];
    config.listen.proxy_protocol = vec!["127.0.0.0/8".parse().unwrap()];
    config.deadlines.handshake = Duration::from_millis(500);
}

/// L4: announcements are mandatory from listed peers.
#[tokio::test]
async fn a_listed_peer_must_announce_its_client() {
    let gate = Gate::with(|config, _| announcing(config)).await;
    let request = get("localhost");
    let announced = format!("PROXY TCP4 192.0.2.7 127.0.0.1 40000 80\r\n{request}");
    assert!(answers(gate.socket(Kind::Http).await, &announced).await);
    assert!(answers(gate.socket(Kind::Http).await, &format!("PROXY UNKNOWN\r\n{request}")).await);
    for refused in [&request, "PROXY TCP4 192.0.2.7 127.0.0.1 1 99999999\r\n", "PROXY TCP4 192.0.2.7"] {
        assert!(!answers(gate.socket(Kind::Http).await, refused).await, "{refused:?}");
    }
    let line = "portcullis_connections_refused_total{reason=\"proxy_protocol\"} ";
    wait_for(|| async { gate.number(line).await == Some(3.0) }).await;
    gate.running.stop().await;
}

/// L4: an announcement whose extension overruns its bounds ends the connection.
#[tokio::test]
async fn a_binary_announcement_is_read_to_the_byte_or_refused() {
    let gate = Gate::with(|config, _| announcing(config)).await;
    let client = Arc::new(gate.trust());
    for (extension, good) in [(&[0x05, 0, 1, 9][..], true), (&[0x05, 0, 200, 9], false)] {
        let addresses = [192, 0, 2, 7, 127, 0, 0, 1, 0x9c, 0x40, 1, 0xbb];
        let length = u16::try_from(addresses.len() + extension.len()).unwrap().to_be_bytes();
        let head = [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11"[..], &length, &addresses, extension].concat();
        let mut socket = gate.socket(Kind::Https).await;
        socket.write_all(&head).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::clone(&client));
        let greeted = connector.connect("localhost".try_into().unwrap(), socket).await;
        assert_eq!(greeted.is_ok(), good);
    }
    gate.running.stop().await;
}

/// L4: nobody else may announce anybody.
#[tokio::test]
async fn an_unlisted_peer_cannot_announce_a_client() {
    let gate = Gate::with(|config, _| {
        config.listen.http = vec![loopback()];
        config.listen.proxy_protocol = vec!["192.0.2.0/24".parse().unwrap()];
    })
    .await;
    let announced = format!("PROXY TCP4 198.51.100.9 127.0.0.1 40000 80\r\n{}", get("localhost"));
    let answer = ask(gate.socket(Kind::Http).await, &announced).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    let binary = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\x7f\0\0\x01\x9c\x40\x01\xbb";
    for kind in [Kind::Http, Kind::Https] {
        let mut socket = gate.socket(kind).await;
        socket.write_all(binary).await.unwrap();
        socket.write_all(get("localhost").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&answer));
    }
    gate.running.stop().await;
}

/// F8: the deadline of the greeting covers the announcement too.
#[tokio::test]
async fn an_announcement_that_never_ends_is_ended() {
    let gate = Gate::with(|config, _| announcing(config)).await;
    let mut socket = gate.socket(Kind::Https).await;
    socket.write_all(b"PROXY TCP4 ").await.unwrap();
    assert!(is_closed(socket).await);
    gate.running.stop().await;
}

/// The limit per source counts the clients that a load balancer announces, not the load balancer.
#[tokio::test]
async fn announced_clients_are_counted_one_by_one() {
    let gate = Gate::with(|config, _| {
        announcing(config);
        config.deadlines.handshake = Duration::from_secs(30);
        config.limits.connections_per_source = 1;
    })
    .await;
    let mut held = Vec::new();
    for client in ["192.0.2.7", "192.0.2.8", "192.0.2.9"] {
        let mut socket = gate.socket(Kind::Http).await;
        let begin =
            format!("PROXY TCP4 {client} 127.0.0.1 1 80\r\nGET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
        socket.write_all(begin.as_bytes()).await.unwrap();
        let mut status = [0; 9];
        socket.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 ", "{client}");
        held.push(socket);
    }
    let again = format!("PROXY TCP4 192.0.2.8 127.0.0.1 1 80\r\n{}", get("localhost"));
    assert!(!answers(gate.socket(Kind::Http).await, &again).await);
    gate.running.stop().await;
}

#[tokio::test]
async fn a_unix_socket_is_made_for_its_group_and_removed_at_the_end() {
    let gate = Gate::with(|config, directory| {
        config.listen.http = vec![Bind::Unix(directory.join("gate.sock"))];
    })
    .await;
    let path = gate.directory.path().join("gate.sock");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let answer = ask(UnixStream::connect(&path).await.unwrap(), &get("localhost")).await;
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    gate.running.stop().await;
    assert!(!path.exists());
}

#[tokio::test]
async fn a_stale_socket_file_is_taken_over_and_any_other_file_is_not() {
    let gate = Gate::with(|config, directory| {
        let stale = directory.join("stale.sock");
        drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
        config.listen.http = vec![Bind::Unix(stale)];
    })
    .await;
    let (taken, file) = (gate.directory.path().join("stale.sock"), gate.directory.path().join("a file"));
    fs::write(&file, "precious").unwrap();
    for path in [taken, file.clone()] {
        let mut config = Config::clone(&gate.running.app().config.load());
        config.listen.https = vec![loopback()];
        config.listen.operations = loopback();
        config.listen.http = vec![Bind::Unix(path)];
        config.control_socket = gate.directory.path().join("another.sock");
        assert!(matches!(server::start(config, Arc::new(SystemClock)).await, Err(StartError::Bind(_))));
    }
    assert_eq!(fs::read_to_string(file).unwrap(), "precious");
    gate.running.stop().await;
}

/// Sockets of several workers share a port; two programs must not do so unnoticed.
#[tokio::test]
async fn a_port_that_is_taken_is_an_error() {
    let gate = Gate::start().await;
    let mut config = Config::clone(&gate.running.app().config.load());
    config.listen.https = vec![Bind::Tcp(gate.address(Kind::Https))];
    config.listen.operations = loopback();
    config.control_socket = gate.directory.path().join("another.sock");
    match server::start(config, Arc::new(SystemClock)).await {
        Err(StartError::Bind(server::doors::BindError::Tcp { source, .. })) => {
            assert_eq!(source.kind(), ErrorKind::AddrInUse);
        }
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("two programs share a port"),
    }
    gate.running.stop().await;
}

/// H7: the way to https is shown for hosts we know, and no other text of the client's gets into it.
#[tokio::test]
async fn the_redirect_port_leads_to_configured_hosts_only() {
    let gate = Gate::with(|config, _| config.listen.redirect = vec![loopback()]).await;
    let ask_for = async |host: &str, target: &str| {
        let request = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        ask(gate.socket(Kind::Redirect).await, &request).await
    };
    let answer = ask_for("LOCALHOST:8080", "/a/b?c=d").await;
    assert!(answer.starts_with("HTTP/1.1 308 "), "{answer}");
    assert!(answer.contains("\r\nlocation: https://localhost:8443/a/b?c=d\r\n"), "{answer}");
    for host in ["evil.example", "localhost.evil.example", "localhost@evil.example", "", "localhost:99999999"]
    {
        let answer = ask_for(host, "/").await;
        assert!(answer.starts_with("HTTP/1.1 4") && !answer.contains("location"), "{host}: {answer}");
    }
    let absolute = ask_for("localhost", "http://evil.example/").await;
    assert!(absolute.starts_with("HTTP/1.1 400"), "{absolute}");
    gate.running.stop().await;
}

#[tokio::test]
async fn the_operations_port_tells_health_and_numbers() {
    let gate = Gate::start().await;
    for (path, status) in [("/healthz", 200), ("/readyz", 200), ("/ping", 200), ("/metrics", 200), ("/", 404)]
    {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = ask(gate.socket(Kind::Operations).await, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
    }
    assert!(gate.number("process_resident_memory_bytes ").await > Some(1e6));
    assert_eq!(gate.number("portcullis_ready ").await, Some(1.0));
    gate.running.stop().await;
}

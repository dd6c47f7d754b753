//! `[[upstream]]`: addresses of apps and how they are spoken to. A route may also name an address directly;
//! it then gets an upstream of its own with all defaults.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::file::{self, ProtocolWord};
use super::notes::Notes;
use super::text;
use crate::model::upstream::{
    Ejection, HealthCheck, PoolLimits, Protocol, Target, Trust, Upstream, UpstreamTls,
};

const TARGET: &str =
    "write \"http://HOST:PORT\", \"https://HOST:PORT\", \"h2c://HOST:PORT\" or \"unix:PATH\", without path";
const PIN: &str = "write the 64 hexadecimal digits of `openssl x509 -noout -fingerprint -sha256`";

/// One address as written.
struct Address {
    target: Target,
    /// The host, for the name that its certificate must carry.
    host: Option<Arc<str>>,
    tls: bool,
    h2c: bool,
}

/// Whether the text is an address rather than the name of an upstream.
pub(super) fn is_address(written: &str) -> bool {
    written.contains("://") || written.starts_with("unix:")
}

/// Reads `[[upstream]]`.
pub(super) fn upstreams(written: &[file::Upstream], notes: &mut Notes<'_>) -> Vec<Upstream> {
    let mut all: Vec<Upstream> = Vec::new();
    for (at, one) in written.iter().enumerate() {
        let key = format!("upstream[{at}]");
        let name_key = format!("{key}.name");
        if one.name.is_empty() || is_address(&one.name) || one.name == "echo" {
            let what = format!("\"{}\" cannot be the name of an upstream", one.name);
            notes.error(&name_key, what, "add name = \"…\": a word other than \"echo\"");
        }
        if all.iter().any(|other| *other.name == *one.name) {
            notes.error(&name_key, format!("there are two upstreams \"{}\"", one.name), "rename one");
        }
        all.push(upstream(&key, one, notes));
    }
    all
}

/// An upstream of one address, with all defaults.
pub(super) fn direct(key: &str, written: &str, notes: &mut Notes<'_>) -> Upstream {
    let name = written.trim_end_matches('/').to_owned();
    let one = file::Upstream { name, targets: vec![written.to_owned()], ..file::Upstream::default() };
    let address = address(key, written, notes);
    build(key, &one, address.into_iter().collect(), notes)
}

fn upstream(key: &str, written: &file::Upstream, notes: &mut Notes<'_>) -> Upstream {
    if written.targets.is_empty() {
        notes.error(
            &format!("{key}.targets"),
            format!("`{key}` has no targets"),
            "add targets = [\"http://127.0.0.1:3000\"]",
        );
    }
    let mut addresses = Vec::new();
    for (at, text) in written.targets.iter().enumerate() {
        addresses.extend(address(&format!("{key}.targets[{at}]"), text, notes));
    }
    build(key, written, addresses, notes)
}

fn build(key: &str, written: &file::Upstream, addresses: Vec<Address>, notes: &mut Notes<'_>) -> Upstream {
    Upstream {
        name: written.name.as_str().into(),
        protocol: protocol(key, written.protocol, &addresses, notes),
        tls: tls(key, written, &addresses, notes),
        targets: addresses.into_iter().map(|address| address.target).collect(),
        pool: pool(key, written, notes),
        health: written.health.as_ref().map(|health| self::health(key, health, notes)),
        ejection: Ejection {
            failures: notes
                .at_least_one(&format!("{key}.ejection.failures"), written.ejection.failures.into()),
            pause: notes.positive(&format!("{key}.ejection.pause"), &written.ejection.pause),
        },
        preserve_header_case: written.preserve_header_case,
    }
}

fn address(key: &str, written: &str, notes: &mut Notes<'_>) -> Option<Address> {
    if let Some(path) = written.strip_prefix("unix:") {
        let target = Target::Unix(unix(key, path, notes));
        return Some(Address { target, host: None, tls: false, h2c: false });
    }
    let parsed = network_address(written);
    if parsed.is_none() {
        notes.error(key, format!("\"{written}\" is not the address of an app"), TARGET);
    }
    parsed
}

fn unix(key: &str, path: &str, notes: &mut Notes<'_>) -> PathBuf {
    super::listen::socket_path(key, path.strip_prefix("//").unwrap_or(path), notes)
}

fn network_address(written: &str) -> Option<Address> {
    let (scheme, rest) = written.split_once("://")?;
    let (tls, h2c, default_port) = match scheme {
        "http" => (false, false, 80),
        "https" => (true, false, 443),
        "h2c" => (false, true, 80),
        _ => return None,
    };
    let (host, port) = text::host_and_port(rest.strip_suffix('/').unwrap_or(rest))?;
    let port = port.unwrap_or(default_port);
    if port == 0 {
        return None;
    }
    let target = match text::address(&host) {
        Some(address) => Target::Address(SocketAddr::new(address, port)),
        None => Target::Tcp { host: host.clone(), port },
    };
    Some(Address { target, host: Some(host), tls, h2c })
}

fn protocol(key: &str, written: ProtocolWord, addresses: &[Address], notes: &mut Notes<'_>) -> Protocol {
    let h2c = addresses.iter().filter(|address| address.h2c).count();
    if h2c != 0 && (h2c != addresses.len() || written == ProtocolWord::Http1) {
        let what = format!("the addresses of `{key}` do not agree on the protocol");
        notes.error(
            &format!("{key}.targets"),
            what,
            "use h2c:// for all of them or for none, and protocol = \"auto\"",
        );
    }
    match written {
        ProtocolWord::Http2 => Protocol::Http2,
        ProtocolWord::Auto if h2c != 0 => Protocol::Http2,
        ProtocolWord::Auto | ProtocolWord::Http1 => Protocol::Http1,
    }
}

fn tls(
    key: &str,
    written: &file::Upstream,
    addresses: &[Address],
    notes: &mut Notes<'_>,
) -> Option<UpstreamTls> {
    let encrypted = addresses.iter().filter(|address| address.tls).count();
    if encrypted != 0 && encrypted != addresses.len() {
        let what = format!("some addresses of `{key}` speak TLS and some do not");
        notes.error(&format!("{key}.targets"), what, "use https:// for all of them or for none");
    }
    let trust = trust(key, written, notes);
    if encrypted == 0 {
        let settings = [
            ("server_name", &written.server_name),
            ("ca_file", &written.ca_file),
            ("pin_sha256", &written.pin_sha256),
        ];
        for (name, _) in settings.iter().filter(|(_, value)| value.is_some() && !addresses.is_empty()) {
            let what = format!("`{name}` has no effect: no address of `{key}` speaks TLS");
            notes.error(&format!("{key}.{name}"), what, "write the addresses with https://, or take it out");
        }
        return None;
    }
    Some(UpstreamTls { server_name: server_name(key, written, addresses, notes), trust })
}

fn trust(key: &str, written: &file::Upstream, notes: &mut Notes<'_>) -> Trust {
    let pin_key = format!("{key}.pin_sha256");
    match (&written.ca_file, &written.pin_sha256) {
        (None, None) => Trust::Platform,
        (Some(file), None) => Trust::Authorities(notes.file(&format!("{key}.ca_file"), file)),
        (None, Some(pin)) => Trust::Pinned(fingerprint(pin).unwrap_or_else(|| {
            notes.error(&pin_key, format!("\"{pin}\" is not a SHA-256 fingerprint"), PIN);
            [0; 32]
        })),
        (Some(_), Some(_)) => {
            notes.error(&pin_key, "a pinned certificate needs no `ca_file`", "keep one of the two");
            Trust::Platform
        }
    }
}

fn server_name(
    key: &str,
    written: &file::Upstream,
    addresses: &[Address],
    notes: &mut Notes<'_>,
) -> Arc<str> {
    let name_key = format!("{key}.server_name");
    let bare = |host: &str| host.trim_start_matches('[').trim_end_matches(']').into();
    if let Some(text) = &written.server_name {
        return text::host(text).map(|host| bare(&host)).unwrap_or_else(|| {
            notes.error(&name_key, format!("\"{text}\" is not a host"), text::HOST);
            "".into()
        });
    }
    let mut hosts = addresses.iter().filter_map(|address| address.host.as_deref().map(bare));
    let first: Arc<str> = hosts.next().unwrap_or_else(|| "".into());
    if hosts.any(|host| host != first) {
        let what = format!(
            "the addresses of `{key}` have different hosts, and none says which name their certificate carries"
        );
        notes.error(&name_key, what, "add server_name = \"…\"");
    }
    first
}

/// 32 bytes of hexadecimal digits, with or without colons.
fn fingerprint(written: &str) -> Option<[u8; 32]> {
    let digits: Vec<u32> =
        written.chars().filter(|c| *c != ':').map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let bytes: Vec<u8> =
        digits.chunks(2).map(|pair| pair.iter().fold(0, |sum, digit| sum * 16 + *digit as u8)).collect();
    bytes.try_into().ok().filter(|_| digits.len() == 64)
}

fn pool(key: &str, written: &file::Upstream, notes: &mut Notes<'_>) -> PoolLimits {
    PoolLimits {
        connect: notes.positive(&format!("{key}.connect"), &written.connect),
        response: notes.positive(&format!("{key}.response"), &written.response),
        body_idle: notes.positive(&format!("{key}.body_idle"), &written.body_idle),
        idle: notes.positive(&format!("{key}.idle"), &written.idle),
        age: notes.positive(&format!("{key}.age"), &written.age),
        connections: notes.at_least_one(&format!("{key}.connections"), written.connections.into()) as usize,
        idle_connections: usize::from(written.idle_connections),
    }
}

fn health(key: &str, written: &file::Health, notes: &mut Notes<'_>) -> HealthCheck {
    let path_key = format!("{key}.health.path");
    let plain = |b: u8| b.is_ascii_graphic() && b != b'#';
    if !written.path.starts_with('/') || !written.path.bytes().all(plain) {
        notes.error(
            &path_key,
            format!("\"{}\" is not a path", written.path),
            "write a path such as \"/healthz\"",
        );
    }
    HealthCheck {
        path: written.path.as_str().into(),
        every: notes.positive(&format!("{key}.health.every"), &written.every),
        timeout: notes.positive(&format!("{key}.health.timeout"), &written.timeout),
    }
}

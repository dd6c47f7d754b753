//! `[listen]` and `public_url`: sockets, peers that are believed, and the origin of the gate's own pages.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use ipnet::IpNet;

use super::file;
use super::notes::Notes;
use super::text;
use super::{Bind, Listen, PublicUrl};

const BIND: &str =
    "write \"ADDRESS:PORT\" as \"0.0.0.0:443\" or \"[::]:443\", \"unix:PATH\" or \"systemd:NAME\"";
const PUBLIC_URL: &str = "write an origin such as \"https://gate.example.com\", without path";
/// `sockaddr_un` holds 108 bytes, the last of them zero.
const LONGEST_SOCKET_PATH: usize = 107;

/// Reads `[listen]`.
pub(super) fn listen(written: &file::Listen, notes: &mut Notes<'_>) -> Listen {
    let listen = Listen {
        https: binds("listen.https", &written.https, notes),
        http: binds("listen.http", &written.http, notes),
        redirect: binds("listen.redirect", &written.redirect, notes),
        operations: bind("listen.operations", &written.operations, notes),
        proxy_protocol: networks("listen.proxy_protocol", &written.proxy_protocol, notes),
        trusted_proxies: networks("listen.trusted_proxies", &written.trusted_proxies, notes),
        tls_peers: networks("listen.tls_peers", &written.tls_peers, notes),
    };
    repeated(&listen, notes);
    if listen.https.is_empty() && listen.http.is_empty() {
        notes.error(
            "listen.https",
            "the gate listens nowhere",
            "give `listen.https` an address, such as \"0.0.0.0:443\"",
        );
    }
    let open = |bind: &Bind| matches!(bind, Bind::Tcp(address) if !address.ip().is_loopback());
    if listen.http.iter().any(open) && listen.tls_peers.is_empty() {
        notes.warning(
            "listen.http",
            "clear text is spoken beyond this machine, and no peer is known to terminate TLS: credentials are refused there",
            "name the peers in `listen.tls_peers`, or use `listen.redirect`",
        );
    }
    for (key, nets) in
        [("listen.trusted_proxies", &listen.trusted_proxies), ("listen.tls_peers", &listen.tls_peers)]
    {
        if nets.iter().any(|net| net.prefix_len() == 0) {
            notes.warning(
                key,
                format!("`{key}` believes every peer"),
                "name only the networks of your own proxies",
            );
        }
    }
    listen
}

/// Two sockets on one address cannot both be bound; port 0 is another one each time.
fn repeated(listen: &Listen, notes: &mut Notes<'_>) {
    let groups = [
        ("listen.https", &listen.https),
        ("listen.http", &listen.http),
        ("listen.redirect", &listen.redirect),
    ];
    let mut seen = vec![&listen.operations];
    for (name, binds) in groups {
        for (at, bind) in binds.iter().enumerate() {
            let fleeting = matches!(bind, Bind::Tcp(address) if address.port() == 0);
            if !fleeting && seen.contains(&bind) {
                let key = format!("{name}[{at}]");
                notes.error(&key, "this address is used twice", "give each socket an address of its own");
            }
            seen.push(bind);
        }
    }
}

fn binds(key: &str, written: &[String], notes: &mut Notes<'_>) -> Vec<Bind> {
    written.iter().enumerate().map(|(at, text)| bind(&format!("{key}[{at}]"), text, notes)).collect()
}

fn bind(key: &str, written: &str, notes: &mut Notes<'_>) -> Bind {
    if let Some(path) = written.strip_prefix("unix:") {
        return Bind::Unix(socket_path(key, path, notes));
    }
    if let Some(name) = written.strip_prefix("systemd:") {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if name.is_empty() || !name.bytes().all(plain) {
            notes.error(
                key,
                format!("\"{name}\" is not a name of a systemd socket"),
                "write the FileDescriptorName= of the socket unit",
            );
        }
        return Bind::Systemd(name.to_owned());
    }
    match written.parse::<SocketAddr>() {
        Ok(address) => Bind::Tcp(address),
        Err(_) => {
            notes.error(key, format!("\"{written}\" is not an address to listen on"), BIND);
            Bind::Systemd(String::new())
        }
    }
}

/// The path of a unix socket, short enough for the system.
pub(super) fn socket_path(key: &str, written: &str, notes: &mut Notes<'_>) -> PathBuf {
    let path = notes.path(key, written);
    if path.as_os_str().len() > LONGEST_SOCKET_PATH {
        let what =
            format!("the path of a unix socket has at most {LONGEST_SOCKET_PATH} bytes: {}", path.display());
        notes.error(key, what, "choose a shorter directory, such as one below /run");
    }
    path
}

fn networks(key: &str, written: &[String], notes: &mut Notes<'_>) -> Vec<IpNet> {
    let mut all = Vec::new();
    for (at, text) in written.iter().enumerate() {
        match text::network(text) {
            Some(network) => all.push(network),
            None => {
                notes.error(&format!("{key}[{at}]"), format!("\"{text}\" is not a network"), text::NETWORK)
            }
        }
    }
    all
}

/// Reads `public_url`, or makes it from the only host of the routes and the first TLS socket.
pub(super) fn public_url(written: &file::File, hosts: &[Arc<str>], notes: &mut Notes<'_>) -> PublicUrl {
    if let Some(text) = &written.public_url {
        return https_origin(text).unwrap_or_else(|| {
            notes.error("public_url", format!("\"{text}\" is not an https origin"), PUBLIC_URL);
            origin("localhost".into(), 443)
        });
    }
    let port = |text: &String| text.parse::<SocketAddr>().ok().map(|address| address.port());
    let port = written.listen.https.iter().find_map(port).unwrap_or(443);
    match hosts {
        [] => origin("localhost".into(), port),
        [only] => origin(only.clone(), port),
        [_, second, ..] => {
            let what =
                format!("routes name several hosts, \"{second}\" among them, and `public_url` is not set");
            notes.error("public_url", what, "set public_url to the origin where people sign in");
            origin("localhost".into(), port)
        }
    }
}

fn https_origin(written: &str) -> Option<PublicUrl> {
    let rest = written.strip_prefix("https://")?;
    let (host, port) = text::host_and_port(rest.strip_suffix('/').unwrap_or(rest))?;
    Some(origin(host, port.unwrap_or(443)))
}

fn origin(host: Arc<str>, port: u16) -> PublicUrl {
    let origin = match port {
        443 => format!("https://{host}").into(),
        port => format!("https://{host}:{port}").into(),
    };
    PublicUrl { host, port, origin }
}

//! What is fuzzed: everything that reads bytes from strangers, and the two texts that operators write.
//! Each target checks what must hold whatever it is given. `cargo test` replays the corpora on them.

use std::net::IpAddr;

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use portcullis::auth::credentials::{self, LONGEST_KEY, Presented};
use portcullis::config::{Bind, Listen};
use portcullis::gateway::greet::{Connection, RequestNames};
use portcullis::gateway::{field_names, host, path, request_headers};
use portcullis::model::credentials::Credentials;
use portcullis::model::key_text::{self, KeyShape};
use portcullis::model::peer::Peer;
use portcullis::model::route::{Authorization, PathPolicy};
use portcullis::server::proxy_protocol;

/// Takes any bytes, and panics when something that must hold does not.
pub(crate) type Target = fn(&[u8]);

/// The targets by name. The folder of a corpus is called like its target.
pub(crate) const ALL: [(&str, Target); 10] = [
    ("basic_header", basic_header),
    ("config_file", config_file),
    ("cookie_header", cookie_header),
    ("credentials_text", credentials_text),
    ("forwarded_headers", forwarded_headers),
    ("host", host_name),
    ("key_text", key),
    ("proxy_protocol", proxy),
    ("request_fields", request_fields),
    ("route_path", route_path),
];

/// The value of an `Authorization` field.
fn basic_header(data: &[u8]) {
    if let Ok(key) = credentials::from_authorization(data) {
        assert!((1..=LONGEST_KEY).contains(&key.expose().len()));
    }
    if let Ok(value) = HeaderValue::from_bytes(data) {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
        let read = credentials::read(&headers, Authorization::Consume);
        assert!(
            !matches!(read, Ok(Presented::Nothing | Presented::Cookie(_))),
            "a filled slot was passed over"
        );
    }
}

/// `Cookie` fields, one a line.
fn cookie_header(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n').take(64) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(COOKIE, value);
        }
    }
    if let Ok(Presented::Cookie(value)) = credentials::read(&headers, Authorization::Consume) {
        assert!(!value.contains(&b';'));
    }
    request_headers::clean(&mut headers, Authorization::Consume, &[]);
    assert!(headers.get_all(COOKIE).iter().count() <= 1, "crumbs are left");
    for pair in headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
    {
        assert!(!request_headers::is_our_cookie(pair.trim_ascii()), "a cookie of the gate's is left");
    }
}

/// The text of a key.
fn key(data: &[u8]) {
    match key_text::parse(data) {
        KeyShape::Native { id, .. } => {
            assert_eq!(data.len(), key_text::LEN);
            assert!(data.windows(id.bytes().len()).any(|part| part == id.bytes()));
        }
        KeyShape::Foreign => assert!(!key_text::wears_our_prefix(data)),
        KeyShape::Malformed => assert!(key_text::wears_our_prefix(data)),
    }
}

/// A path, plain and as routes with each kind of policy take it.
fn route_path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(normal) = path::normalise(text) else { return };
    let again = path::normalise(&normal).expect("a normal form is accepted");
    assert_eq!(again, normal, "normalising twice");
    if path::permit(&normal, &PathPolicy::default()).is_ok() {
        let decoded = decode(normal.as_bytes());
        let mut segments = decoded.split(|byte| b"/\\".contains(byte));
        assert!(!segments.any(|segment| segment == b"." || segment == b".."), "{normal} climbs");
        assert!(!decoded.windows(2).any(|pair| pair == b"//"), "{normal} has an empty segment");
        assert!(!decoded.iter().any(u8::is_ascii_control), "{normal} has a control character");
    }
    let policy = PathPolicy {
        allow_encoded: b"/%;?#".to_vec(),
        allow_double_slash: true,
        strip_prefix: Some("/a".into()),
        add_prefix: Some("/b".into()),
    };
    if path::permit(&normal, &policy).is_ok()
        && let Ok(rewritten) = path::rewrite(&normal, &policy)
    {
        assert_eq!(path::normalise(&rewritten).as_deref(), Ok(&*rewritten), "rewriting left the normal form");
    }
}

fn decode(mut rest: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                rest = &after[2..];
            }
            _ => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    decoded
}

/// The host a request names.
fn host_name(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(canonical) = host::canonical(text) {
        assert_eq!(host::canonical(&canonical).as_deref(), Ok(&*canonical), "canonical twice");
        assert!(!canonical.bytes().any(|byte| byte.is_ascii_uppercase() || byte <= b' '), "{canonical}");
    }
}

/// Header lines of a request, forwarding and nominating ones among them.
fn request_fields(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n').take(64) {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = HeaderValue::from_bytes(value.get(1..).unwrap_or_default().trim_ascii());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), value) {
            headers.append(name, value);
        }
    }
    let _ = request_headers::inspect(&headers);
    request_headers::clean(&mut headers, Authorization::Consume, &[]);
    for name in headers.keys() {
        let folded = field_names::fold(name.as_str());
        assert!(!field_names::is_owned(&folded), "{name} is the gate's own");
        assert!(!field_names::is_hop(&folded) || folded == "te", "{name} speaks of one connection");
        assert!(folded != "authorization" && folded != "x-api-key", "{name} carries a credential");
    }
}

/// What proxies, listed and not, say about the client.
fn forwarded_headers(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for (at, line) in data.split(|byte| *byte == b'\n').take(64).enumerate() {
        let name = if at == 0 { "x-request-id" } else { "x-forwarded-for" };
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(name, value);
        }
    }
    let listen = listening(&["10.0.0.0/8", "2001:db8::/32"]);
    let names = RequestNames::drawn([7; 8]);
    for (peer, trusted) in [("192.0.2.1:9", false), ("10.0.0.1:9", true)] {
        let peer = Peer::tcp(peer.parse().expect("an address"));
        let address = peer.address;
        let connection = Connection::with(peer, &listen, Box::new(()));
        let caller = connection.caller(&headers, &listen, &names);
        assert!(trusted || caller.address == address, "a stranger chose an address");
        let told = connection.forwarded_for(&headers, &caller);
        let told = told.to_str().expect("addresses").to_owned();
        assert!(told.split(", ").all(|hop| hop.parse::<IpAddr>().is_ok()), "{told:?}");
        assert!(told.ends_with(&address.to_string()), "{told:?} hides the peer");
    }
}

fn listening(trusted: &[&str]) -> Listen {
    Listen {
        https: Vec::new(),
        http: Vec::new(),
        redirect: Vec::new(),
        operations: Bind::Systemd(String::new()),
        proxy_protocol: Vec::new(),
        trusted_proxies: trusted.iter().map(|network| network.parse().expect("a network")).collect(),
        tls_peers: Vec::new(),
    }
}

/// What a load balancer announces.
fn proxy(data: &[u8]) {
    let mut rest = data;
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let read = runtime.block_on(proxy_protocol::read(&mut rest));
    let taken = data.len() - rest.len();
    if let Ok(client) = read {
        let whole = proxy_protocol::announced(&data[..taken]).expect("what was read is whole");
        assert_eq!(whole, client);
    }
}

/// A configuration file.
fn config_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(problems) = portcullis::config::parse_str(text) {
        assert!(problems.has_errors());
        assert!(!problems.to_string().is_empty());
    }
}

/// Credentials as machines write them.
fn credentials_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(credentials) = text.parse::<Credentials>() {
        assert_eq!(credentials.to_string(), text);
    }
}

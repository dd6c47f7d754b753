//! One HTTP/1.1 connection over TLS, kept open, and the app that answers behind the gate: blocking and
//! small, so that what is measured between them is the gate.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::bed::HOST;

/// Bytes of a body that the app answers with.
const BODY: usize = 1024;

/// A connection to the gate.
pub(crate) struct Client {
    stream: StreamOwned<ClientConnection, TcpStream>,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects with TLS 1.3, trusting this authority.
    pub(crate) fn connect(to: SocketAddr, authority: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(HOST).unwrap();
        let tcp = TcpStream::connect(to).unwrap();
        tcp.set_nodelay(true).unwrap();
        let session = ClientConnection::new(Arc::new(config), name).unwrap();
        Self { stream: StreamOwned::new(session, tcp), buffer: vec![0; 16 * 1024] }
    }

    /// Sends a request and reads the answer to its end; the status.
    pub(crate) fn ask(&mut self, request: &[u8]) -> u16 {
        self.stream.write_all(request).unwrap();
        let (mut read, mut whole) = (0, None);
        while whole.is_none_or(|whole| read < whole) {
            let more = self.stream.read(&mut self.buffer[read..]).unwrap();
            assert!(more > 0, "the gate closed the connection");
            read += more;
            whole = whole.or_else(|| length(&self.buffer[..read]));
        }
        std::str::from_utf8(&self.buffer[9..12]).unwrap().parse().unwrap()
    }
}

/// Bytes of a whole answer, once its head is there.
fn length(answer: &[u8]) -> Option<usize> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&answer[..end]).unwrap().to_ascii_lowercase();
    let (_, rest) = head.split_once("content-length:").expect("an answer with a length");
    let body: usize = rest.split("\r\n").next().unwrap().trim().parse().unwrap();
    Some(end + body)
}

/// Starts an app on a thread for each connection; it answers every head with a small body.
pub(crate) fn app() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            std::thread::spawn(move || answer_all(stream));
        }
    });
    address
}

fn answer_all(mut stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\n\r\n").into_bytes();
    answer.resize(answer.len() + BODY, b'x');
    let (mut buffer, mut read) = (vec![0; 16 * 1024], 0);
    loop {
        match stream.read(&mut buffer[read..]) {
            Ok(more) if more > 0 => read += more,
            _ => return,
        }
        if buffer[..read].ends_with(b"\r\n\r\n") {
            read = 0;
            if stream.write_all(&answer).is_err() {
                return;
            }
        }
    }
}

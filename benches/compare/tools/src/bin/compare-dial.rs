//! Opens TLS connections, on one thread; prints JSON.
//! `compare-dial handshakes ADDRESS FIELD AT_ONCE SECONDS`: a full handshake, one request, and over again.
//! `compare-dial idle ADDRESS FIELD NUMBER`: connections that each make one request and then rest; says how
//! many it holds, waits for the end of its input, and says how many are still open.
//! FIELD is a header line sent with each request. TLS 1.3, X25519, AES-128-GCM; the certificate is not
//! looked at, since a generator has to be cheaper than what it measures.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

type Failure = Box<dyn Error + Send + Sync>;

/// Believes every certificate.
#[derive(Debug)]
struct Credulous;

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

/// Where to, and what to ask there.
#[derive(Clone)]
struct Line {
    address: Arc<str>,
    request: Arc<str>,
    tls: TlsConnector,
}

impl Line {
    fn new(address: &str, field: &str, more: &str) -> Result<Self, Failure> {
        let provider = CryptoProvider {
            kx_groups: vec![aws_lc_rs::kx_group::X25519],
            cipher_suites: vec![aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256],
            ..aws_lc_rs::default_provider()
        };
        let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Credulous))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.resumption = Resumption::disabled();
        Ok(Self {
            address: address.into(),
            request: format!("GET / HTTP/1.1\r\nHost: localhost\r\n{field}\r\n{more}\r\n").into(),
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// A connection that has been answered once, with 200.
    async fn open(&self) -> Result<TlsStream<TcpStream>, Failure> {
        let tcp = TcpStream::connect(&*self.address).await?;
        tcp.set_nodelay(true)?;
        let mut stream = self.tls.connect(ServerName::try_from("localhost")?, tcp).await?;
        stream.write_all(self.request.as_bytes()).await?;
        let mut answer = Vec::with_capacity(2048);
        while !is_whole(&answer) {
            if stream.read_buf(&mut answer).await? == 0 {
                return Err("closed too early".into());
            }
        }
        if answer.starts_with(b"HTTP/1.1 200") { Ok(stream) } else { Err("not 200".into()) }
    }
}

/// Whether head and body are there.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let (head, body) = answer.split_at(end + 4);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    length.is_none_or(|length: usize| body.len() >= length)
}

async fn handshakes(line: Line, at_once: usize, time: Duration) {
    let began = Instant::now();
    let mut crew = JoinSet::new();
    for _ in 0..at_once {
        let line = line.clone();
        crew.spawn(async move {
            let (mut done, mut failed) = (Vec::new(), 0);
            while began.elapsed() < time {
                let start = Instant::now();
                match line.open().await {
                    Ok(_) => done.push(start.elapsed().as_micros()),
                    Err(_) => failed += 1,
                }
            }
            (done, failed)
        });
    }
    let (mut all, mut failed) = (Vec::new(), 0);
    while let Some(Ok((done, lost))) = crew.join_next().await {
        all.extend(done);
        failed += lost;
    }
    let seconds = began.elapsed().as_secs_f64();
    all.sort_unstable();
    let nth = |per_cent: usize| all.get(all.len() * per_cent / 100).copied().unwrap_or_default();
    println!(
        r#"{{"requests": {}, "failed": {failed}, "seconds": {seconds:.3}, "p50_us": {}, "p99_us": {}}}"#,
        all.len(),
        nth(50),
        nth(99)
    );
}

async fn idle(line: Line, number: usize) {
    let mut held = Vec::with_capacity(number);
    for _ in 0..number {
        held.extend(line.open().await);
    }
    println!(r#"{{"held": {}}}"#, held.len());
    // The end of input, whatever else it is, means: enough.
    drop(tokio::io::stdin().read_u8().await);
    let mut open = 0;
    for stream in &mut held {
        // Where nothing can be read, nothing was closed.
        let read = tokio::time::timeout(Duration::from_micros(10), stream.read_u8());
        open += usize::from(read.await.is_err());
    }
    println!(r#"{{"open": {open}}}"#);
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["handshakes", address, field, at_once, seconds] => {
            let line = Line::new(address, field, "Connection: close\r\n")?;
            handshakes(line, at_once.parse()?, Duration::from_secs_f64(seconds.parse()?)).await;
        }
        ["idle", address, field, number] => idle(Line::new(address, field, "")?, number.parse()?).await,
        _ => return Err("usage: compare-dial handshakes|idle ADDRESS FIELD …".into()),
    }
    Ok(())
}

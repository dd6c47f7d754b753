//! The greeting of a TLS connection: a handshake inside a deadline, under the client-certificate policy of
//! the host the client names. Everything is built as one generation and swapped as one, so a reload never
//! mixes old and new and never drops a connection.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use ::aws_lc_rs::digest;
use arc_swap::ArcSwap;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{Acceptor, NoServerSessionStorage, ProducesTickets};
use rustls::{ServerConfig, ServerConnection};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::certificates::{CertificateError, Certificates, canonical};
use super::client_certificates::{self, AuthoritiesError};
use crate::config::{CertificateFiles, ClientAuth, Tls};
use crate::model::peer::TlsFacts;
use crate::model::presented::{HostPolicies, PolicyId, Presented};

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate of ours.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The authorities of a host's client certificates.
    #[error(transparent)]
    Authorities(#[from] AuthoritiesError),
    /// The library refused the parameters, or has no randomness.
    #[error("TLS cannot be set up")]
    Library(#[from] rustls::Error),
}

/// Why a greeting ended without a connection.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// It took too long.
    #[error("the handshake was not done before its deadline")]
    Deadline,
    /// The client broke the protocol, spoke no version of ours, or brought no acceptable certificate.
    #[error("the handshake failed")]
    Refused(#[source] io::Error),
    /// The connection went away.
    #[error("the connection ended during the handshake")]
    Gone(#[source] io::Error),
}

impl HandshakeError {
    /// A word for metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::Refused(_) => "refused",
            Self::Gone(_) => "gone",
        }
    }
}

/// Makes aws-lc-rs the process's only source of cryptography and draws from it once, because the first
/// draw can take tens of milliseconds. Harmless when called again.
pub fn install_provider() {
    if aws_lc_rs::default_provider().install_default().is_ok() {
        let mut first = [0_u8; 16];
        let random = CryptoProvider::get_default().map(|provider| provider.secure_random);
        if random.is_some_and(|random| random.fill(&mut first).is_err()) {
            tracing::error!("the system has no randomness to give");
        }
    }
}

/// Greets connections. Cheap to share; reloads reach every holder at once.
pub struct TlsAcceptor {
    generation: ArcSwap<Generation>,
}

/// Certificates, policies and ticket keys that belong together.
struct Generation {
    certificates: Arc<Certificates>,
    policies: Arc<HostPolicies>,
    configs: Vec<Arc<ServerConfig>>,
    tickets: HashMap<[u8; 32], Arc<dyn ProducesTickets>>,
}

/// Certificates and policies that were read and may be taken up.
pub struct Prepared(Arc<Generation>);

impl TlsAcceptor {
    /// Reads certificates and authorities. `files` are the configured ones, or the development pair.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn new(tls: &Tls, files: &[CertificateFiles]) -> Result<Self, TlsError> {
        install_provider();
        let generation = Generation::build(tls, files, &HashMap::new())?;
        Ok(Self { generation: ArcSwap::from_pointee(generation) })
    }

    /// Reads everything anew; connections that stand go on, and sessions stay resumable where the
    /// client-certificate policy they were made under is unchanged.
    ///
    /// # Errors
    /// See [`TlsError`]; then everything stays as it was.
    pub fn reload(&self, tls: &Tls, files: &[CertificateFiles]) -> Result<(), TlsError> {
        self.prepare(tls, files).map(|prepared| self.take_up(prepared))
    }

    /// Reads everything anew and changes nothing yet: for reloads that something else may still stop.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn prepare(&self, tls: &Tls, files: &[CertificateFiles]) -> Result<Prepared, TlsError> {
        let old = self.generation.load();
        Ok(Prepared(Arc::new(Generation::build(tls, files, &old.tickets)?)))
    }

    /// Greets with what was prepared from now on.
    pub fn take_up(&self, prepared: Prepared) {
        self.generation.store(prepared.0);
    }

    /// The certificates in use.
    pub fn certificates(&self) -> Arc<Certificates> {
        Arc::clone(&self.generation.load().certificates)
    }

    /// Does the handshake on a fresh connection.
    ///
    /// # Errors
    /// See [`HandshakeError`]; the client was sent an alert where there is one to send.
    pub async fn handshake<IO>(
        &self,
        io: IO,
        deadline: Instant,
    ) -> Result<(TlsStream<IO>, TlsFacts), HandshakeError>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let generation = self.generation.load_full();
        match timeout_at(deadline, generation.greet(io)).await {
            Ok(Ok((stream, policy))) => {
                let facts = generation.facts(stream.get_ref().1, policy);
                Ok((stream, facts))
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                Err(HandshakeError::Refused(error))
            }
            Ok(Err(error)) => Err(HandshakeError::Gone(error)),
            Err(_) => Err(HandshakeError::Deadline),
        }
    }
}

impl Generation {
    fn build(
        tls: &Tls,
        files: &[CertificateFiles],
        old: &HashMap<[u8; 32], Arc<dyn ProducesTickets>>,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let certificates = Arc::new(Certificates::load(files, &provider)?);
        let entries = tls.client_auth.iter().map(|entry| (entry.host.as_ref(), entry.required));
        let policies = Arc::new(HostPolicies::new(entries));
        let (mut configs, mut tickets) = (Vec::new(), HashMap::new());
        for policy in std::iter::once(None).chain(tls.client_auth.iter().map(Some)) {
            let mark = fingerprint(policy);
            let ticketer = match old.get(&mark) {
                Some(ticketer) => Arc::clone(ticketer),
                None => aws_lc_rs::Ticketer::new()?,
            };
            tickets.insert(mark, Arc::clone(&ticketer));
            let mut config = server_config(tls, policy, &provider, &certificates)?;
            config.ticketer = ticketer;
            configs.push(Arc::new(config));
        }
        Ok(Self { certificates, policies, configs, tickets })
    }

    /// The handshake itself. Where hosts differ in policy, the client's whole first message is read
    /// before anything is decided, however it was cut into records.
    async fn greet<IO>(&self, io: IO) -> io::Result<(TlsStream<IO>, PolicyId)>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        if self.policies.is_uniform() {
            let config = self.config(PolicyId::OPEN)?;
            let stream = tokio_rustls::TlsAcceptor::from(config).accept(io).await?;
            return Ok((stream, PolicyId::OPEN));
        }
        let start = LazyConfigAcceptor::new(Acceptor::default(), io).await?;
        let policy = match start.client_hello().server_name().map(canonical) {
            Some(name) if self.certificates.knows(&name) => self.policies.of(&name),
            Some(_) | None => self.policies.strictest(),
        };
        Ok((start.into_stream(self.config(policy)?).await?, policy))
    }

    fn config(&self, policy: PolicyId) -> io::Result<Arc<ServerConfig>> {
        let missing = || io::Error::other("a client-certificate policy without parameters");
        self.configs.get(policy.index()).cloned().ok_or_else(missing)
    }

    fn facts(&self, session: &ServerConnection, policy: PolicyId) -> TlsFacts {
        let name: Option<Arc<str>> = session.server_name().map(|name| canonical(name).into());
        let names = self.certificates.names_for(name.as_deref());
        TlsFacts {
            alpn_h2: session.alpn_protocol() == Some(b"h2"),
            client_certificate_ok: session.peer_certificates().is_some_and(|chain| !chain.is_empty()),
            presented: Arc::new(Presented::new(name, names, policy, Arc::clone(&self.policies))),
        }
    }
}

/// Parameters of one policy. Early data stays off (RFC 8446 section 8: it can be replayed), and sessions
/// live in tickets only, sealed by the policy's own key.
fn server_config(
    tls: &Tls,
    policy: Option<&ClientAuth>,
    provider: &Arc<CryptoProvider>,
    certificates: &Arc<Certificates>,
) -> Result<ServerConfig, TlsError> {
    let versions: &[_] = if tls.allow_tls12 {
        &[&rustls::version::TLS13, &rustls::version::TLS12]
    } else {
        &[&rustls::version::TLS13]
    };
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(provider)).with_protocol_versions(versions)?;
    let builder = match policy {
        Some(policy) => builder.with_client_cert_verifier(client_certificates::verifier(policy, provider)?),
        None => builder.with_no_client_auth(),
    };
    let resolver: Arc<Certificates> = Arc::clone(certificates);
    let mut config = builder.with_cert_resolver(resolver);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.max_early_data_size = 0;
    Ok(config)
}

/// Tells client-certificate policies apart by everything that decides who passes.
fn fingerprint(policy: Option<&ClientAuth>) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    if let Some(policy) = policy {
        context.update(policy.host.as_bytes());
        context.update(&[0, u8::from(policy.required)]);
        context.update(&std::fs::read(&policy.authorities).unwrap_or_default());
    }
    context.finish().as_ref().try_into().unwrap_or_default()
}

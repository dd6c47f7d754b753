//! The only way out to addresses that people entered. Each call looks the name up itself, goes on only when every
//! address found may be called (`guard.rs`), and connects to one of these and nowhere else; redirects are an
//! answer like any other, and what comes back is bounded in time and length.

mod exchange;
mod guard;

use std::io;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, HOST, HeaderMap, HeaderValue, USER_AGENT};
use http::{Method, Request};
use http_body_util::Full;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

pub use self::exchange::{ExchangeError, Reply, exchange, trusting_platform};
pub use self::guard::{Refused, is_public, may_be_entered};
use crate::model::egress::{Egress, WebAddress};

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The address may not be called.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The name is not known.
    #[error("the name cannot be resolved")]
    Unknown(#[source] io::Error),
    /// Nobody answers there.
    #[error("cannot be reached")]
    Unreachable(#[source] io::Error),
    /// TLS cannot be set up here.
    #[error("TLS cannot be set up")]
    NoTls(#[source] rustls::Error),
    /// The handshake failed: often a certificate that is not for this name, or from nobody known.
    #[error("the TLS handshake failed")]
    Handshake(#[source] io::Error),
    /// The exchange failed.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// It took too long.
    #[error("did not answer in time")]
    Late,
}

/// How long each step may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Looking the name up, and each attempt to connect.
    pub connect: Duration,
    /// The TLS handshake.
    pub handshake: Duration,
    /// All of it.
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self { connect: 5 * second, handshake: 5 * second, whole: 15 * second }
    }
}

/// A call to be made.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// Whom.
    pub url: &'a WebAddress,
    /// How.
    pub method: Method,
    /// Fields beside those that the exchange itself needs.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

/// Addresses of one name that are tried.
const TRIED: usize = 4;

/// Longest body of an answer that is read.
const LONGEST_REPLY: usize = 256 * 1024;

/// The client. What it trusts is read from the system on the first call.
#[derive(Default)]
pub struct Outbound {
    tls: OnceLock<TlsConnector>,
    patience: Patience,
}

impl Outbound {
    /// A client that waits for so long.
    pub fn with(patience: Patience) -> Self {
        Self { tls: OnceLock::new(), patience }
    }

    /// Makes a call.
    ///
    /// # Errors
    /// [`OutboundError`]; nothing was sent when it is `Refused`, `Unknown` or `Unreachable`.
    pub async fn call(&self, call: Call<'_>, allowed: &Egress) -> Result<Reply, OutboundError> {
        timeout(self.patience.whole, self.unhurried(call, allowed)).await.map_err(|_| OutboundError::Late)?
    }

    async fn unhurried(&self, call: Call<'_>, allowed: &Egress) -> Result<Reply, OutboundError> {
        let url = call.url;
        may_be_entered(url, allowed)?;
        let found = self.resolved(url).await?;
        guard::checked(url, &found, allowed)?;
        let socket = self.connected(&found).await?;
        let request = request(call);
        if !url.is_secure() {
            return Ok(exchange(socket, request, LONGEST_REPLY).await?);
        }
        let name = ServerName::try_from(url.host().to_owned()).map_err(|_| Refused::Name)?;
        let handshake = self.connector()?.connect(name, socket);
        let stream = timeout(self.patience.handshake, handshake).await.map_err(|_| OutboundError::Late)?;
        Ok(exchange(stream.map_err(OutboundError::Handshake)?, request, LONGEST_REPLY).await?)
    }

    async fn resolved(&self, url: &WebAddress) -> Result<Vec<SocketAddr>, OutboundError> {
        let lookup = tokio::net::lookup_host((url.host(), url.port()));
        let found = timeout(self.patience.connect, lookup).await.map_err(|_| OutboundError::Late)?;
        Ok(found.map_err(OutboundError::Unknown)?.collect())
    }

    /// A connection to one of the checked addresses.
    async fn connected(&self, found: &[SocketAddr]) -> Result<TcpStream, OutboundError> {
        let mut last = OutboundError::Unknown(io::ErrorKind::NotFound.into());
        for address in found.iter().take(TRIED) {
            match timeout(self.patience.connect, TcpStream::connect(address)).await {
                Ok(Ok(socket)) => return Ok(socket),
                Ok(Err(error)) => last = OutboundError::Unreachable(error),
                Err(_) => last = OutboundError::Late,
            }
        }
        Err(last)
    }

    fn connector(&self) -> Result<&TlsConnector, OutboundError> {
        if let Some(ready) = self.tls.get() {
            return Ok(ready);
        }
        let made = trusting_platform().map_err(OutboundError::NoTls)?;
        Ok(self.tls.get_or_init(|| made))
    }
}

fn request(call: Call<'_>) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(call.body));
    *request.method_mut() = call.method;
    *request.uri_mut() = call.url.path_and_query();
    let headers = request.headers_mut();
    *headers = call.headers;
    headers.insert(USER_AGENT, HeaderValue::from_static("portcullis"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.extend(HeaderValue::from_str(call.url.authority()).ok().map(|host| (HOST, host)));
    request
}

#[cfg(test)]
mod tests;

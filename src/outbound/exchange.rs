//! One request and its answer over a connection of its own, and the TLS for it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

/// Why an exchange failed.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// It broke off, or was no HTTP.
    #[error("broke off before the answer was there")]
    Broken(#[source] hyper::Error),
    /// The body of the answer broke off.
    #[error("broke off within the answer")]
    CutOff,
    /// The body of the answer is too long.
    #[error("answered with more than is read")]
    TooLong,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its fields.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Reply {
    /// Whether it says yes.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..300)
    }
}

/// TLS that trusts what the system trusts.
///
/// # Errors
/// When that cannot be read.
pub fn trusting_platform() -> Result<TlsConnector, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Verifier::new(provider.clone())?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Sends a request and reads the whole answer, of at most so many bytes.
///
/// # Errors
/// [`ExchangeError`].
pub async fn exchange<IO>(
    io: IO,
    request: Request<Full<Bytes>>,
    longest: usize,
) -> Result<Reply, ExchangeError>
where
    IO: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await.map_err(ExchangeError::Broken)?;
    let answer = async move {
        let (head, body) = sender.send_request(request).await.map_err(ExchangeError::Broken)?.into_parts();
        let body = Limited::new(body, longest).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { ExchangeError::TooLong } else { ExchangeError::CutOff }
        })?;
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body: body.to_bytes() })
    };
    let (mut connection, mut answer) = (std::pin::pin!(connection), std::pin::pin!(answer));
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        _ = &mut connection => answer.await,
    }
}

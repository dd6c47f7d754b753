//! Brings one batch to the collector: a connection of its own, a POST, a status. Batches are seconds apart,
//! so a pool would keep nothing but idle sockets.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use http_body_util::Full;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::config::Collector;
use crate::outbound::{ExchangeError, Reply, exchange, trusting_platform};

/// Longest time for one batch.
const PATIENCE: Duration = Duration::from_secs(10);

/// Longest body of an answer.
const LONGEST_REPLY: usize = 64 * 1024;

/// Why a batch did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// TLS cannot be set up.
    #[error("TLS towards the collector cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The host of the endpoint is none that a certificate could be for.
    #[error("the host of the collector is no name for a certificate")]
    Name,
    /// Not connected, or the handshake failed.
    #[error("the collector cannot be reached")]
    Connect(#[source] io::Error),
    /// It broke off.
    #[error("the collector did not answer")]
    Broken(#[source] ExchangeError),
    /// Not within ten seconds.
    #[error("the collector did not answer in time")]
    Late,
    /// It does not want the batch.
    #[error("the collector answered {0}")]
    Refused(u16),
}

/// Where batches go.
pub(super) struct Sender {
    collector: Arc<Collector>,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Sender {
    pub(super) fn to(collector: Arc<Collector>) -> Result<Self, SendError> {
        let tls = match collector.url.scheme_str() {
            Some("https") => {
                let host = collector.url.host().unwrap_or_default();
                let bare = host.trim_start_matches('[').trim_end_matches(']');
                let name = ServerName::try_from(bare.to_owned()).map_err(|_| SendError::Name)?;
                Some((trusting_platform().map_err(SendError::Tls)?, name))
            }
            _ => None,
        };
        Ok(Self { collector, tls })
    }

    pub(super) fn service(&self) -> &str {
        &self.collector.service
    }

    pub(super) async fn send(&self, document: Vec<u8>) -> Result<(), SendError> {
        timeout(PATIENCE, self.unhurried(document)).await.map_err(|_| SendError::Late)?
    }

    async fn unhurried(&self, document: Vec<u8>) -> Result<(), SendError> {
        let url = &self.collector.url;
        let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let port = url.port_u16().unwrap_or(if self.tls.is_some() { 443 } else { 80 });
        let socket = TcpStream::connect((host, port)).await.map_err(SendError::Connect)?;
        let request = self.request(document);
        let reply: Reply = match &self.tls {
            None => exchange(socket, request, LONGEST_REPLY).await.map_err(SendError::Broken)?,
            Some((connector, name)) => {
                let stream = connector.connect(name.clone(), socket).await.map_err(SendError::Connect)?;
                exchange(stream, request, LONGEST_REPLY).await.map_err(SendError::Broken)?
            }
        };
        if reply.is_success() { Ok(()) } else { Err(SendError::Refused(reply.status)) }
    }

    fn request(&self, document: Vec<u8>) -> Request<Full<Bytes>> {
        let url = &self.collector.url;
        let mut request = Request::new(Full::new(Bytes::from(document)));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = url.path_and_query().map(|path| path.clone().into()).unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static("portcullis"));
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        let authority = url.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
        headers.extend(authority.map(|authority| (HOST, authority)));
        let secret = self.collector.authorization.as_ref();
        if let Some(Ok(mut value)) = secret.map(|secret| HeaderValue::from_str(secret.expose())) {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        request
    }
}

//! Making a connection to one target: resolve, connect, TLS, all within one deadline. Names are resolved
//! anew each time, so that an app that moved is found without a reload.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use super::error::ConnectError;
use super::stream::{Socket, Stream};
use super::trust::Greeting;
use crate::model::upstream::{Protocol, Target};

/// How to reach one target.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    pub(super) target: Target,
    pub(super) protocol: Protocol,
    pub(super) tls: Option<Greeting>,
    /// Longest wait, TLS included.
    pub(super) deadline: Duration,
}

impl Connector {
    /// Connects.
    pub(super) async fn connect(&self) -> Result<Stream, ConnectError> {
        let late = || ConnectError::Timeout(self.deadline);
        timeout(self.deadline, self.unhurried()).await.map_err(|_| late())?
    }

    async fn unhurried(&self) -> Result<Stream, ConnectError> {
        let until = Instant::now() + self.deadline;
        let socket = match &self.target {
            Target::Unix(path) => unix(path).await?,
            Target::Address(address) => tcp(*address).await.map_err(ConnectError::Socket)?,
            Target::Tcp { host, port } => {
                let found = lookup_host((&**host, *port)).await.map_err(ConnectError::Resolve)?;
                in_turn(found.collect(), until).await?
            }
        };
        let Some(tls) = &self.tls else { return Ok(Stream::Plain(socket)) };
        let connector = TlsConnector::from(tls.config.clone());
        let stream = connector.connect(tls.name.clone(), socket).await.map_err(ConnectError::Tls)?;
        let agreed = stream.get_ref().1.alpn_protocol();
        if self.protocol == Protocol::Http2 && agreed != Some(b"h2") {
            return Err(ConnectError::NoHttp2);
        }
        Ok(Stream::Tls(Box::new(stream)))
    }
}

/// Tries each address, giving each a fair share of the time that is left.
async fn in_turn(addresses: Vec<SocketAddr>, until: Instant) -> Result<Socket, ConnectError> {
    let mut failure = ConnectError::NoAddress;
    let mut left = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
    for address in addresses {
        let now = Instant::now();
        let share = until.saturating_duration_since(now) / left.max(1);
        match timeout_at(now + share, tcp(address)).await {
            Ok(Ok(socket)) => return Ok(socket),
            Ok(Err(error)) => failure = ConnectError::Socket(error),
            Err(_) => failure = ConnectError::Socket(io::ErrorKind::TimedOut.into()),
        }
        left = left.saturating_sub(1);
    }
    Err(failure)
}

async fn tcp(address: SocketAddr) -> io::Result<Socket> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(Socket::Tcp(stream))
}

async fn unix(path: &Path) -> Result<Socket, ConnectError> {
    UnixStream::connect(path).await.map(Socket::Unix).map_err(ConnectError::Socket)
}

//! Why a request got no answer from its upstream, and why an upstream cannot be set up at all.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The upstream has no address.
    #[error("the upstream has no target")]
    NoTarget,
    /// Every connection that may be open is in use, and none came free within the connect deadline.
    #[error("all connections to the upstream are in use")]
    Busy,
    /// No connection could be made.
    #[error("no connection to the upstream")]
    Connect(#[source] ConnectError),
    /// No head of a response came in time after the request, or the last piece of its body, was sent.
    #[error("the upstream did not answer within {0:?}")]
    Timeout(Duration),
    /// The exchange was cut while the head of an answer was waited for.
    #[error("the exchange was cut")]
    Cut,
    /// The upstream broke the connection or the protocol.
    #[error("the upstream's answer is broken")]
    Broken(#[source] Fault),
    /// The request's own body ended with an error: the caller's fault or a limit's, not the upstream's.
    #[error("the request's body broke off")]
    Body(#[source] hyper::Error),
}

impl SendError {
    /// Whether the upstream may have seen any of the request.
    pub const fn sent(&self) -> bool {
        match self {
            Self::NoTarget | Self::Busy | Self::Connect(_) => false,
            Self::Timeout(_) | Self::Cut | Self::Broken(_) | Self::Body(_) => true,
        }
    }
}

/// What an upstream did wrong.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Not HTTP, cut off, too large, or contradicting itself.
    #[error("broken HTTP")]
    Http(#[source] hyper::Error),
    /// Both a length and a transfer coding (RFC 9112, 6.3): where the answer ends is anybody's guess.
    #[error("both Content-Length and Transfer-Encoding")]
    TwoFramings,
    /// 101 to a request that asked for no upgrade.
    #[error("an upgrade that was not asked for")]
    UnaskedUpgrade,
    /// The request cannot be said in HTTP/2 (no usable `Host`).
    #[error("the request has no authority")]
    NoAuthority,
}

/// Why a connection could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Not within the connect deadline.
    #[error("no connection within {0:?}")]
    Timeout(Duration),
    /// The name could not be resolved.
    #[error("name not resolved")]
    Resolve(#[source] io::Error),
    /// The name has no addresses.
    #[error("name without addresses")]
    NoAddress,
    /// Refused, unreachable, no such socket.
    #[error("not connected")]
    Socket(#[source] io::Error),
    /// The TLS handshake failed; a certificate that is not trusted ends here.
    #[error("TLS handshake failed")]
    Tls(#[source] io::Error),
    /// TLS was agreed, but not HTTP/2 inside it.
    #[error("the upstream does not speak HTTP/2")]
    NoHttp2,
    /// The HTTP/2 preface failed.
    #[error("HTTP handshake failed")]
    Http(#[source] hyper::Error),
}

/// Why an upstream cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamSetupError {
    /// The file of authorities cannot be read.
    #[error("upstream {upstream}: cannot read the authorities in {}", path.display())]
    Authorities {
        /// Name of the upstream.
        upstream: Arc<str>,
        /// The file.
        path: PathBuf,
        /// What went wrong with it.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// The file of authorities holds none, or none that is usable.
    #[error("upstream {upstream}: no usable certificate in {}", path.display())]
    NoAuthority {
        /// Name of the upstream.
        upstream: Arc<str>,
        /// The file.
        path: PathBuf,
    },
    /// The server name is neither a host name nor an address.
    #[error("upstream {upstream}: {name} is not a server name")]
    ServerName {
        /// Name of the upstream.
        upstream: Arc<str>,
        /// What was configured.
        name: Arc<str>,
    },
    /// TLS cannot be set up, for instance because the machine has no authorities.
    #[error("upstream {upstream}: TLS cannot be set up")]
    Tls {
        /// Name of the upstream.
        upstream: Arc<str>,
        /// What went wrong.
        #[source]
        source: rustls::Error,
    },
}

/// An error with its causes.
pub struct Chain<'a>(pub &'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

//! From an accepted socket to a connection that HTTP can be spoken on: who announced whom, a permit for
//! the source, and the TLS handshake, all before one deadline.

use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use super::doors::Kind;
use super::listener::{Accepted, reason};
use super::permits::{Full, Permit};
use super::proxy_protocol::{self, AnnouncementError};
use super::stream::{Socket, Stream};
use super::tls::{HandshakeError, TlsAcceptor};
use crate::app::App;
use crate::config::Listen;
use crate::model::peer::Peer;

/// A connection that HTTP can be spoken on.
#[derive(Debug)]
pub struct Guest {
    /// The connection.
    pub stream: Stream,
    /// Who is at the other end.
    pub peer: Peer,
    /// To be held as long as the connection is open, tunnels included.
    pub permit: Permit,
}

/// Why a connection never got to speak HTTP.
#[derive(Debug, thiserror::Error)]
enum TurnedAway {
    #[error("too many connections")]
    Full(Full),
    #[error("no usable PROXY protocol header")]
    Announcement(#[from] AnnouncementError),
    #[error("no PROXY protocol header before the deadline")]
    Silent,
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
}

/// Where connections become guests.
#[derive(Clone)]
pub struct Entrance {
    /// Configuration in force, for deadlines and listed peers.
    pub app: Arc<App>,
    /// TLS.
    pub tls: Arc<TlsAcceptor>,
}

impl Entrance {
    /// Greets a connection; `None` when it was turned away, which is counted and logged here.
    pub async fn greet(&self, accepted: Accepted) -> Option<Guest> {
        let address = accepted.peer.address;
        match self.greeted(accepted).await {
            Ok(guest) => Some(guest),
            Err(turned_away) => {
                self.count(&turned_away);
                tracing::debug!(%address, error = %chain(&turned_away), "connection turned away");
                None
            }
        }
    }

    async fn greeted(&self, accepted: Accepted) -> Result<Guest, TurnedAway> {
        let Accepted { kind, mut socket, mut peer, mut permit } = accepted;
        let config = self.app.config.load_full();
        let deadline = Instant::now() + config.deadlines.handshake;
        if announces(&config.listen, &peer) {
            let announcement = timeout_at(deadline, proxy_protocol::read(&mut socket)).await;
            if let Some(client) = announcement.map_err(|_| TurnedAway::Silent)?? {
                peer = peer.announced_as(client);
            }
        }
        if !peer.unix {
            permit.claim(peer.address).map_err(TurnedAway::Full)?;
        }
        let stream = match kind {
            Kind::Https => self.shake_hands(socket, &mut peer, deadline).await?,
            Kind::Http | Kind::Redirect | Kind::Operations => Stream::Plain(socket),
        };
        Ok(Guest { stream, peer, permit })
    }

    async fn shake_hands(
        &self,
        socket: Socket,
        peer: &mut Peer,
        deadline: Instant,
    ) -> Result<Stream, HandshakeError> {
        let (stream, facts) = self.tls.handshake(socket, deadline).await?;
        peer.tls = Some(facts);
        Ok(Stream::Tls(Box::new(stream)))
    }

    fn count(&self, turned_away: &TurnedAway) {
        match turned_away {
            TurnedAway::Full(full) => self.app.metrics.refused(reason(*full)),
            TurnedAway::Announcement(_) | TurnedAway::Silent => self.app.metrics.refused("proxy_protocol"),
            TurnedAway::Handshake(error) => self.app.metrics.handshake_failed(error.reason()),
        }
    }
}

/// Whether a peer has to say whom it speaks for. Nobody else may; what others send in that form is
/// neither TLS nor HTTP, and fails as such.
fn announces(listen: &Listen, peer: &Peer) -> bool {
    !peer.unix && listen.proxy_protocol.iter().any(|network| network.contains(&peer.address))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

//! The accept loop: takes connections as they come, hands each over with its permit, and never dies of what
//! one connection, or a lack of file descriptors, does to it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::time::sleep;

use super::doors::{Door, Kind, Listener};
use super::permits::{Full, Permit, Permits};
use super::shutdown::{Phase, Shutdown};
use super::stream::Socket;
use crate::model::peer::Peer;
use crate::telemetry::metrics::Metrics;

/// Shortest and longest rest after the system refused us a socket.
const SHORT_REST: Duration = Duration::from_millis(5);
const LONG_REST: Duration = Duration::from_secs(1);

/// A connection that has just come in.
#[derive(Debug)]
pub struct Accepted {
    /// What is spoken behind the door it came through.
    pub kind: Kind,
    /// The connection.
    pub socket: Socket,
    /// Who is at the other end, as far as the socket knows.
    pub peer: Peer,
    /// To be held as long as the connection is open.
    pub permit: Permit,
}

/// What every accept loop needs.
#[derive(Debug, Clone)]
pub struct Reception {
    /// Permits of the whole process.
    pub permits: Arc<Permits>,
    /// Where refusals are counted.
    pub metrics: Arc<Metrics>,
    /// The way out.
    pub shutdown: Shutdown,
    /// The phase in which no more connections are taken.
    pub until: Phase,
}

/// A door opened inside a runtime.
enum Open {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// Hands over connections until their time is over, then those the kernel had already queued.
///
/// # Errors
/// When the socket cannot join the runtime; never afterwards.
pub async fn accept(door: Door, reception: Reception, mut hand_over: impl FnMut(Accepted)) -> io::Result<()> {
    let Door { kind, listener, _file: file } = door;
    let open = match listener {
        Listener::Tcp(socket, _) => Open::Tcp(TcpListener::from_std(socket)?),
        Listener::Unix(socket) => Open::Unix(UnixListener::from_std(socket)?),
    };
    let mut rest = SHORT_REST;
    let over = reception.shutdown.reached(reception.until);
    tokio::pin!(over);
    loop {
        let next = tokio::select! {
            biased;
            () = &mut over => break,
            next = open.next() => next,
        };
        match next {
            Ok((socket, peer)) => {
                rest = SHORT_REST;
                reception.admit(kind, socket, peer, &mut hand_over);
            }
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                reception.metrics.refused("system");
                tracing::warn!(%error, "no connection can be accepted; resting");
                sleep(rest).await;
                rest = (rest * 2).min(LONG_REST);
            }
        }
    }
    while let Some(Ok((socket, peer))) = open.queued().await {
        reception.admit(kind, socket, peer, &mut hand_over);
    }
    drop(file);
    Ok(())
}

impl Reception {
    fn admit(&self, kind: Kind, socket: Socket, peer: Peer, hand_over: &mut impl FnMut(Accepted)) {
        self.metrics.connections.inc();
        match self.permits.enter() {
            Ok(permit) => hand_over(Accepted { kind, socket, peer, permit }),
            Err(full) => self.metrics.refused(reason(full)),
        }
    }
}

/// A word for metrics.
pub const fn reason(full: Full) -> &'static str {
    match full {
        Full::Everywhere => "full",
        Full::Source => "source_full",
    }
}

impl Open {
    async fn next(&self) -> io::Result<(Socket, Peer)> {
        match self {
            Self::Tcp(listener) => {
                let (socket, address) = listener.accept().await?;
                // Failing to set this costs speed only.
                let _ = socket.set_nodelay(true);
                Ok((Socket::Tcp(socket), Peer::tcp(address)))
            }
            Self::Unix(listener) => {
                let (socket, _) = listener.accept().await?;
                Ok((Socket::Unix(socket), Peer::unix()))
            }
        }
    }

    /// The next connection that is there already; closing the socket would reset it.
    async fn queued(&self) -> Option<io::Result<(Socket, Peer)>> {
        tokio::select! {
            biased;
            next = self.next() => Some(next),
            () = std::future::ready(()) => None,
        }
    }
}

/// Whether an error tells about the connection that was to be accepted, not about us (accept(2)).
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, Interrupted, NetworkDown,
        NetworkUnreachable, TimedOut,
    };
    matches!(
        error.kind(),
        ConnectionAborted
            | ConnectionRefused
            | ConnectionReset
            | HostUnreachable
            | Interrupted
            | NetworkDown
            | NetworkUnreachable
            | TimedOut
    )
}

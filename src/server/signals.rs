//! Signals: the first TERM or INT enters the way out, a second one ends it, HUP reads the files anew.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::reload::Reloading;
use super::running::Running;
use super::shutdown::{Phase, Shutdown};
use super::systemd;

/// The signals we heed. Made before the gate starts, so that none is lost meanwhile.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Takes the signals over from their default, which is to end the process.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Tells systemd that the gate serves, and heeds signals until it has ended.
    pub async fn heed(mut self, mut running: Running) {
        systemd::ready();
        let (shutdown, reloading) = (running.shutdown().clone(), Arc::clone(running.reloading()));
        let ended = running.ended();
        tokio::pin!(ended);
        loop {
            tokio::select! {
                () = &mut ended => return,
                _ = self.terminate.recv() => further(&shutdown),
                _ = self.interrupt.recv() => further(&shutdown),
                _ = self.hang_up.recv() => read_anew(&reloading).await,
            }
        }
    }
}

fn further(shutdown: &Shutdown) {
    match shutdown.phase() {
        Phase::Serving => {
            tracing::info!("leaving: not ready from now on, still serving for the drain delay");
            shutdown.advance(Phase::Leaving);
        }
        Phase::Leaving | Phase::Draining | Phase::Cutting | Phase::Ended => {
            tracing::warn!("a second signal: ending at once");
            shutdown.advance(Phase::Ended);
        }
    }
}

/// The log has the outcome; systemd only hears that it is over.
async fn read_anew(reloading: &Reloading) {
    systemd::reloading();
    let _ = reloading.configuration().await;
    systemd::ready();
}

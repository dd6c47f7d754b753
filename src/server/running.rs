//! A gate that serves: where it listens, and how to end it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use super::doors::{Address, Door, Kind};
use super::reload::Reloading;
use super::shutdown::{Phase, Shutdown};
use crate::app::App;

/// Where a gate listens; ports as the kernel chose them.
#[derive(Debug, Clone, Default)]
pub struct Addresses(Vec<(Kind, Address)>);

impl Addresses {
    /// Of these doors.
    pub fn of(doors: &[Door]) -> Self {
        Self(doors.iter().map(|door| (door.kind, door.address())).collect())
    }

    /// All places of a kind.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &Address> {
        self.0.iter().filter(move |(of, _)| *of == kind).map(|(_, address)| address)
    }

    /// The first TCP address of a kind.
    pub fn tcp(&self, kind: Kind) -> Option<SocketAddr> {
        self.all(kind).find_map(|address| match address {
            Address::Tcp(address) => Some(*address),
            Address::Unix(_) | Address::Unknown => None,
        })
    }

    /// The first unix socket of a kind.
    pub fn unix(&self, kind: Kind) -> Option<&PathBuf> {
        self.all(kind).find_map(|address| match address {
            Address::Unix(path) => Some(path),
            Address::Tcp(_) | Address::Unknown => None,
        })
    }
}

/// A gate that serves. Dropping it ends it at once.
pub struct Running {
    addresses: Addresses,
    app: Arc<App>,
    reloading: Arc<Reloading>,
    shutdown: Shutdown,
    control: Option<JoinHandle<()>>,
}

impl Running {
    pub(super) fn new(
        addresses: Addresses,
        app: Arc<App>,
        reloading: Arc<Reloading>,
        shutdown: Shutdown,
    ) -> Self {
        Self { addresses, app, reloading, shutdown, control: None }
    }

    pub(super) fn held_by(mut self, control: JoinHandle<()>) -> Self {
        self.control = Some(control);
        self
    }

    /// Where it listens.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// What its requests work with.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// How to make it read its files anew.
    pub fn reloading(&self) -> &Arc<Reloading> {
        &self.reloading
    }

    /// Its way out.
    pub fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// Enters the way out, if nobody has, and waits for its end.
    pub async fn stop(mut self) {
        self.shutdown.advance(Phase::Leaving);
        self.ended().await;
    }

    /// Waits until it has ended, however that came about.
    pub async fn ended(&mut self) {
        if let Some(control) = self.control.take() {
            // A control thread that panicked has ended all the same.
            let _ = tokio::task::spawn_blocking(move || control.join()).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.advance(Phase::Ended);
        if let Some(control) = self.control.take() {
            let _ = control.join();
        }
    }
}

//! Exchanges that last: bodies still flowing, event streams, WebSockets. Each is listed with the ticket it
//! runs under, so that it can be cut when that would no longer admit it, or when it stands still.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::recent::Epoch;
use crate::model::api_key::KeyLocator;
use crate::model::caller::Caller;
use crate::model::credentials::Credentials;
use crate::model::id::AccountId;
use crate::model::route::Route;
use crate::time::Timestamp;

/// What an exchange was admitted on: enough to ask again whether it would be.
#[derive(Debug)]
pub struct Ticket {
    /// The credential and whose it is; `None` where nobody was identified.
    pub holder: Option<Holder>,
    /// The route, frozen at admission.
    pub route: Arc<Route>,
    /// Who called.
    pub caller: Caller,
    /// When admission ends by itself.
    pub until: Option<Timestamp>,
    /// The credentials that the request asked for, if it picked among several.
    pub picked: Option<Credentials>,
    /// How far changes were known at admission.
    pub admitted: Epoch,
}

/// Who holds a ticket.
#[derive(Debug, Clone, Copy)]
pub struct Holder {
    /// How the credential is found again.
    pub credential: Credential,
    /// Whose it is.
    pub account: AccountId,
}

/// A credential by what it is found under.
#[derive(Debug, Clone, Copy)]
pub enum Credential {
    /// A key.
    Key(KeyLocator),
    /// A session, by the digest of its cookie's token.
    Session([u8; 32]),
}

/// Everything under way that may have to be cut.
#[derive(Debug, Default)]
pub struct LiveStreams {
    next: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Listed>>>,
}

/// One exchange under way.
#[derive(Debug)]
pub struct Listed {
    /// What it was admitted on.
    pub ticket: Ticket,
    /// Fires when it must end now.
    pub cut: CancellationToken,
    /// Longest pause it may make.
    pub idle: Duration,
    checked: AtomicU64,
    progress: AtomicI64,
}

/// Keeps an exchange listed; dropping it takes it off the list.
#[derive(Debug)]
pub struct LiveStream {
    streams: Arc<LiveStreams>,
    number: u64,
    listed: Arc<Listed>,
}

impl LiveStreams {
    /// Lists an exchange that may pause for `idle` at most.
    pub fn enter(self: &Arc<Self>, ticket: Ticket, idle: Duration, now: Timestamp) -> LiveStream {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let listed = Arc::new(Listed {
            checked: AtomicU64::new(ticket.admitted.number()),
            progress: AtomicI64::new(now.millis()),
            cut: CancellationToken::new(),
            ticket,
            idle,
        });
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(number, listed.clone());
        LiveStream { streams: self.clone(), number, listed }
    }

    /// All that is under way now.
    pub fn under_way(&self) -> Vec<Arc<Listed>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Cuts everything: the last step of shutting down.
    pub fn cut_all(&self) {
        self.under_way().iter().for_each(|listed| listed.cut.cancel());
    }
}

impl Listed {
    /// Up to where changes have been considered.
    pub fn checked(&self) -> Epoch {
        Epoch::from_number(self.checked.load(Ordering::Acquire))
    }

    /// Notes that changes up to here do not end the exchange.
    pub fn passed(&self, epoch: Epoch) {
        self.checked.fetch_max(epoch.number(), Ordering::AcqRel);
    }

    /// Whether it has made no progress for longer than it may.
    pub fn stands_still(&self, now: Timestamp) -> bool {
        now.since(Timestamp::from_millis(self.progress.load(Ordering::Relaxed))) > self.idle
    }
}

impl LiveStream {
    /// Fires when the exchange must end now.
    pub fn cut(&self) -> &CancellationToken {
        &self.listed.cut
    }

    /// Notes that bytes have moved.
    pub fn moved(&self, now: Timestamp) {
        self.listed.progress.store(now.millis(), Ordering::Relaxed);
    }
}

impl Drop for LiveStream {
    fn drop(&mut self) {
        self.streams.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

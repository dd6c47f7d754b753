//! Permits to hold a connection open: so many in all, so many per source. What is remembered about
//! sources is bounded by the number of open connections.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::ConnectionLimits;
use crate::model::quota::Source;

const SHARDS: usize = 16;

/// Why there is no permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// Too many connections in all.
    Everywhere,
    /// Too many from this source.
    Source,
}

/// All permits of one process.
#[derive(Debug)]
pub struct Permits {
    open: AtomicUsize,
    most: AtomicUsize,
    most_per_source: AtomicU32,
    sources: [Mutex<HashMap<Source, u32>>; SHARDS],
    hasher: RandomState,
}

/// One open connection; dropping it gives the permit back.
#[derive(Debug)]
pub struct Permit {
    permits: Arc<Permits>,
    source: Option<Source>,
}

impl Permits {
    /// With the limits of a configuration.
    pub fn new(limits: &ConnectionLimits) -> Arc<Self> {
        Arc::new(Self {
            open: AtomicUsize::new(0),
            most: AtomicUsize::new(limits.connections),
            most_per_source: AtomicU32::new(per_source(limits)),
            sources: Default::default(),
            hasher: RandomState::new(),
        })
    }

    /// Takes over the limits of a new configuration; connections that are open stay open.
    pub fn limit(&self, limits: &ConnectionLimits) {
        self.most.store(limits.connections, Ordering::Relaxed);
        self.most_per_source.store(per_source(limits), Ordering::Relaxed);
    }

    /// Connections open now.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// A permit to be there at all.
    ///
    /// # Errors
    /// [`Full::Everywhere`].
    pub fn enter(self: &Arc<Self>) -> Result<Permit, Full> {
        if self.open.fetch_add(1, Ordering::Relaxed) < self.most.load(Ordering::Relaxed) {
            return Ok(Permit { permits: Arc::clone(self), source: None });
        }
        self.open.fetch_sub(1, Ordering::Relaxed);
        Err(Full::Everywhere)
    }

    fn shard(&self, source: Source) -> &Mutex<HashMap<Source, u32>> {
        let [first, rest @ ..] = &self.sources;
        let hash = self.hasher.hash_one(source) as usize % SHARDS;
        hash.checked_sub(1).and_then(|index| rest.get(index)).unwrap_or(first)
    }
}

fn per_source(limits: &ConnectionLimits) -> u32 {
    u32::try_from(limits.connections_per_source).unwrap_or(u32::MAX)
}

impl Permit {
    /// Counts the connection for the source it comes from, once that is known.
    ///
    /// # Errors
    /// [`Full::Source`].
    pub fn claim(&mut self, address: IpAddr) -> Result<(), Full> {
        let source = Source::of(address);
        let mut counts = self.permits.shard(source).lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(source).or_insert(0);
        if *count >= self.permits.most_per_source.load(Ordering::Relaxed) {
            return Err(Full::Source);
        }
        *count += 1;
        self.source = Some(source);
        Ok(())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.permits.open.fetch_sub(1, Ordering::Relaxed);
        let Some(source) = self.source else { return };
        let mut counts = self.permits.shard(source).lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(&source) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => {
                counts.remove(&source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(connections: usize, connections_per_source: usize) -> ConnectionLimits {
        ConnectionLimits {
            connections,
            connections_per_source,
            head_bytes: 0,
            head_fields: 0,
            streams: 0,
            resets: 0,
        }
    }

    #[test]
    fn permits_are_given_back_when_connections_end() {
        let permits = Permits::new(&limits(2, 2));
        let (first, _second) = (permits.enter().unwrap(), permits.enter().unwrap());
        assert_eq!(permits.enter().unwrap_err(), Full::Everywhere);
        drop(first);
        assert!(permits.enter().is_ok());
        assert_eq!(permits.open(), 1);
    }

    #[test]
    fn sources_are_addresses_or_a_64_and_nothing_is_kept_of_those_gone() {
        let permits = Permits::new(&limits(100, 2));
        let claim = |address: &str| {
            let mut permit = permits.enter().unwrap();
            permit.claim(address.parse().unwrap()).map(|()| permit)
        };
        let held = (claim("2001:db8::1").unwrap(), claim("2001:db8::2").unwrap());
        assert_eq!(claim("2001:db8::3").unwrap_err(), Full::Source);
        assert!(claim("2001:db8:0:1::1").is_ok());
        let four = (claim("192.0.2.1").unwrap(), claim("::ffff:192.0.2.1").unwrap());
        assert_eq!(claim("192.0.2.1").unwrap_err(), Full::Source);
        assert!(claim("192.0.2.2").is_ok());
        drop((held, four));
        assert!(permits.sources.iter().all(|shard| shard.lock().unwrap().is_empty()));
    }
}

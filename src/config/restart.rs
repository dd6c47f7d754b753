//! What a reload cannot change. Such values keep what the process was started with, and are named.

use super::{Config, StoreConfig};

impl Config {
    /// This configuration as a process that runs `running` can take it up, and the keys that differ but
    /// wait for the next start.
    pub fn as_reload_of(mut self, running: &Self) -> (Self, Vec<&'static str>) {
        let (new, old) = (&self.listen, &running.listen);
        let mut waiting = Vec::new();
        let differs = [
            ("listen.https", new.https != old.https),
            ("listen.http", new.http != old.http),
            ("listen.redirect", new.redirect != old.redirect),
            ("listen.operations", new.operations != old.operations),
            ("workers", self.workers != running.workers),
            ("store", !same_store(&self.store, &running.store)),
            ("keyring.file", self.keyring != running.keyring),
            ("control.socket", self.control_socket != running.control_socket),
            ("key.cache_entries", self.keys.cache_entries != running.keys.cache_entries),
            ("hashing", self.hashing != running.hashing),
            ("logs", self.logs != running.logs),
            ("traces.endpoint", self.traces.collector != running.traces.collector),
        ];
        waiting.extend(differs.iter().filter(|(_, differs)| *differs).map(|(key, _)| *key));
        self.listen.https.clone_from(&old.https);
        self.listen.http.clone_from(&old.http);
        self.listen.redirect.clone_from(&old.redirect);
        self.listen.operations.clone_from(&old.operations);
        self.workers = running.workers;
        self.store.clone_from(&running.store);
        self.keyring.clone_from(&running.keyring);
        self.control_socket.clone_from(&running.control_socket);
        self.keys.cache_entries = running.keys.cache_entries;
        self.hashing = running.hashing;
        self.logs.clone_from(&running.logs);
        self.traces.collector.clone_from(&running.traces.collector);
        (self, waiting)
    }
}

fn same_store(new: &StoreConfig, old: &StoreConfig) -> bool {
    match (new, old) {
        (StoreConfig::Sqlite(new), StoreConfig::Sqlite(old)) => new == old,
        (StoreConfig::Postgres(new), StoreConfig::Postgres(old)) => new.expose() == old.expose(),
        (StoreConfig::Sqlite(_), StoreConfig::Postgres(_))
        | (StoreConfig::Postgres(_), StoreConfig::Sqlite(_)) => false,
    }
}

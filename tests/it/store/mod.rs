//! The store on both databases: what it promises to every floor above it.

mod backup;
mod contract;
mod credentials;
mod failures;
pub(crate) mod ground;
mod kill;
mod migrations;
mod nouns;
mod outbox;
mod replays;
mod sign_in;
mod trail;
mod trouble;

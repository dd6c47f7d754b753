//! Portcullis, floor by floor: a file imports its own room and lower floors only
//! (`tests/architecture.rs` insists). Read `gateway/mod.rs` first: it is the walk of a request.

// floor 0: ground
pub mod secret;
pub mod time;
// floor 1: words
pub mod model;
pub mod words;
// floor 2: the deed
pub mod config;
pub mod outbound;
// floor 3: the outside world
pub mod cluster;
pub mod mail;
pub mod store;
pub mod telemetry;
pub mod webhooks;
// floor 4: the running gateway
pub mod app;
// floor 5: decisions
pub mod actions;
pub mod auth;
// floor 6: HTTP vocabulary
pub mod web;
// floor 7: rooms a guest can enter
pub mod api;
pub mod pages;
// floor 8: the walk
pub mod gateway;
// floor 9: sockets
pub mod server;
// floor 10: what an operator types
pub mod cli;

//! Sockets: what listens, who may connect, and how it all begins and ends. A connection comes in through
//! `listener`, is greeted by `tls`, and goes on to the gateway by `connection`.

pub mod background;
pub mod certificates;
pub mod client_certificates;
pub mod crew;
pub mod development;
pub mod doors;
pub mod entrance;
pub mod listener;
pub mod operations;
pub mod permits;
pub mod proxy_protocol;
pub mod redirect;
pub mod reload;
pub mod shutdown;
pub mod small;
pub mod stream;
pub mod tls;
pub mod watch;

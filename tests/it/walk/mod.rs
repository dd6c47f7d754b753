//! The walk of a guest, from the socket on.

mod gate;
mod listener;
mod shutdown;
mod tls;

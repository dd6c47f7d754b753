//! Black-box tests over real sockets.

mod store;

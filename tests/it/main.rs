//! Black-box tests over real sockets.

#[cfg(test)]
mod store;

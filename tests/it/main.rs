//! Black-box tests over real sockets.

#[cfg(test)]
mod actions;
#[cfg(test)]
mod api;
#[cfg(test)]
mod auth;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod fuzz_corpora;
#[cfg(test)]
mod gateway_pool;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod store;
#[cfg(test)]
mod support;
#[cfg(test)]
mod walk;

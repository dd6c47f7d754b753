//! What black-box tests stand on: a gateway of one's own, an app behind it that tells what it saw, and
//! clients that can be as wrong as they like.

pub(crate) mod answer;
pub(crate) mod ask;
pub(crate) mod frames;
pub(crate) mod gateway;
pub(crate) mod guest;
pub(crate) mod head;
pub(crate) mod household;
pub(crate) mod mailbox;
pub(crate) mod office;
pub(crate) mod upstream;
pub(crate) mod wire;

use std::future::Future;
use std::time::Duration;

/// Longest wait for anything that must happen. Only a failing test ever waits this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what must happen, and fails the test when it does not.
#[track_caller]
pub(crate) fn soon<T>(what: &'static str, future: impl Future<Output = T>) -> impl Future<Output = T> {
    let place = std::panic::Location::caller();
    async move {
        match tokio::time::timeout(PATIENCE, future).await {
            Ok(done) => done,
            Err(_) => panic!("{what}: nothing for {PATIENCE:?} ({place})"),
        }
    }
}

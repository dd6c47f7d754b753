//! What must never be printed, and the cryptography around it. `Secret` wraps a value on its way in;
//! `token` mints and digests, `keyring` holds the pepper and signing keys, `seal` encrypts at rest,
//! `password` hashes slowly inside a bounded pool, `breached` knows passwords that others know.

pub mod breached;
pub mod foreign;
pub mod keyring;
pub mod password;
pub mod seal;
pub mod token;

use zeroize::Zeroize;

/// A value that cannot be printed, cloned, compared or serialised, and is wiped when dropped.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The only way to the value: each use is easy to find.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Changes the value in place.
    pub fn edit<R>(&mut self, change: impl FnOnce(&mut T) -> R) -> R {
        change(&mut self.0)
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

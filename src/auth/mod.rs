//! Who is asking.
pub mod credentials;

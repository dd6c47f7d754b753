//! The running gateway: what every request may reach.
pub mod cache;
pub mod decisions;
pub mod live;
pub mod recent;

//! What several gateways share beside the store. Counts are kept by a `limiter`; `local` counts in this
//! process alone, in a `table` of fixed size.

pub mod limiter;
pub mod local;
mod table;

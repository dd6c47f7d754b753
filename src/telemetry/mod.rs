//! What the outside learns about the program: logs for operators (`logs`), one line per request (`access`),
//! numbers for monitoring (`metrics`, with the process's own in `process`), and spans of traces (`spans`).

pub mod access;
pub mod labels;
pub mod logs;
pub mod metrics;
mod process;
pub mod spans;

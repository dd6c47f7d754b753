//! What the outside learns about the program: logs for operators (`logs`), one line per request
//! (`access`), and numbers for monitoring (`metrics`, with the process's own in `process`).

pub mod access;
pub mod labels;
pub mod logs;
pub mod metrics;
mod process;

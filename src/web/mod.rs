//! The vocabulary of HTTP that the gate's own answers share: problems for programs, who counts as a person,
//! and what may be asked of the running gate.

pub mod explanation;
pub mod insight;
pub mod negotiate;
pub mod problem;

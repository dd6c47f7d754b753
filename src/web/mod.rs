//! The vocabulary of HTTP that the gate's own answers share: problems for programs, and who counts as a
//! person.

pub mod negotiate;
pub mod problem;

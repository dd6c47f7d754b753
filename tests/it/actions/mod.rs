//! What may be done by whom, on each database, and what ends with what.

mod endings;
mod ground;
mod guard;

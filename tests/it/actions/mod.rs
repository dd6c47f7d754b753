//! What may be done by whom, on each database, and what ends with what.

mod endings;
mod ground;
mod guard;
mod keys;
mod keys_made_elsewhere;
mod office;
mod sessions;
mod set_up;

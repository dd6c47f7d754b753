//! What must not be forgotten: every door, and everybody who might come to it.

mod every_door;

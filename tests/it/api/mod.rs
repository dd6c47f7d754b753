//! The API over real sockets: one file per noun, and the door that all calls come through.

mod caller;
mod conventions;
mod document;
mod feed;
mod organisations;

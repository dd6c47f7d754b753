//! The walk of a request.
pub mod host;
pub mod path;
pub mod routes;

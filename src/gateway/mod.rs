//! The walk of a request.
pub mod field_names;
pub mod host;
pub mod path;
pub mod request_headers;
pub mod routes;

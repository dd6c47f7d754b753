//! The walk of a request.
pub mod assertion;
pub mod field_names;
pub mod greet;
pub mod host;
pub mod identity_headers;
pub mod path;
pub mod pool;
pub mod quota;
pub mod request_headers;
pub mod routes;

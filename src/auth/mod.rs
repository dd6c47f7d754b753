//! Who is asking, and may they enter? Every request to a protected route comes through
//! [`admit::admit`]; the ways of identifying are tried in the order key, then session cookie.

pub mod admit;
mod adoption;
pub mod api_key;
pub mod at_home;
pub mod charge;
pub mod credentials;
pub mod error;
pub mod evaluate;
pub mod recall;
pub mod rehearse;
pub mod same_origin;
pub mod session_cookie;
pub mod watch;

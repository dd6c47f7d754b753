//! Who is asking: keys, sessions, and which of them decides.

mod api_key;
mod assertion;
mod imported_key;
mod precedence;
mod session_cookie;

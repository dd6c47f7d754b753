//! Who is asking: keys, sessions, and which of them decides.

mod api_key;
mod imported_key;
mod precedence;
mod session_cookie;

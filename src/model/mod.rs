//! The nouns of the house: what accounts, grants, keys, sessions, routes and passes are.
//! Nothing here reads a socket, a clock or a database; every floor above speaks these words.

pub mod account;
pub mod address_change;
pub mod api_key;
pub mod audit;
pub mod caller;
pub mod change;
pub mod credentials;
pub mod demanded;
pub mod egress;
pub mod email;
pub mod email_link;
pub mod event;
pub mod grant;
pub mod id;
pub mod identity;
pub mod invitation;
pub mod key_text;
pub mod organisation;
pub mod outbox;
pub mod peer;
pub mod presented;
pub mod quota;
pub mod reason;
pub mod role;
pub mod route;
pub mod session;
pub mod shown_name;
pub mod slug;
pub mod trace;
pub mod upstream;
pub mod webhook;

//! What may be done: each act begins with the guard, writes in one transaction with its change and audit
//! entry, and never sees HTML, cookies or status codes. Pages, API and command line all call these.

pub mod account;
mod actor;
pub mod address;
pub mod api_key;
pub mod audit;
pub mod ban;
pub mod deletion;
pub mod demand;
pub mod email_link;
mod endings;
pub mod entitlement;
mod error;
pub mod events;
pub mod feed;
pub mod grant;
pub mod hand_off;
pub mod invitation;
pub mod keyring;
pub mod organisation;
pub mod password;
pub mod post;
mod proof;
pub mod session;
pub mod set_up;
pub mod sign_in;
pub mod sign_up;
pub mod space;
pub mod step_up;
pub mod validation;
pub mod webhook;

pub use actor::{Actor, Ceiling, Origin, Place, Who};
pub use error::{ActionError, Denied, Noun, Rule};

//! What may be done by whom, on each database, and what ends with what.

mod accounts_made_elsewhere;
mod browsers;
mod endings;
mod events;
mod forgotten;
mod ground;
mod guard;
mod hand_off;
mod invitations;
mod key_notices;
mod keys;
mod keys_made_elsewhere;
mod office;
mod passwords;
mod records;
mod sessions;
mod set_up;
mod sign_in;
mod sign_up;
mod step_up;
mod webhooks;

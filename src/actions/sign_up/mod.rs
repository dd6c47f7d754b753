//! Signing up: with an invitation, whose address is proved by a mailed code before there is an account; or, where
//! that is switched on, without one, and then the account is there at once with an address that proves nothing.

mod invited;
mod open;

use super::account::name_is_archived;
use super::actor::Origin;
use super::error::ActionError;
use crate::app::App;
use crate::model::account::UserName;
use crate::model::quota::Verdict;
use crate::model::shown_name::ShownName;
use crate::store::{Constraint, accounts};

use super::password::Password;

pub use self::invited::{Entered, Waiting, begin, complete, send_again, waiting};
pub(super) use self::open::grant;
pub use self::open::{Registration, sign_up};

/// What somebody chooses who signs up.
pub struct Choice {
    /// Name for good.
    pub user_name: UserName,
    /// Name shown to people.
    pub shown_name: ShownName,
    /// The password.
    pub password: Password,
}

/// Whether there is budget left for trying names and codes from this source.
fn budgeted(app: &App, origin: Origin) -> Result<(), ActionError> {
    let Some(address) = origin.address else { return Ok(()) };
    match app.limits.before_unknown(address, None, app.clock.now()) {
        Verdict::Wait(wait) => Err(ActionError::Wait(wait)),
        Verdict::Allowed { .. } => Ok(()),
    }
}

fn failed(app: &App, origin: Origin) {
    if let Some(address) = origin.address {
        app.limits.failed(address, None, app.clock.now());
    }
}

/// Whether a name can still be chosen. People must be told, so each that is taken counts as a failed attempt.
async fn free(app: &App, origin: Origin, name: &UserName) -> Result<(), ActionError> {
    budgeted(app, origin)?;
    let mut tx = app.store.begin().await?;
    let taken = accounts::by_user_name(&app.store, name).await?.is_some();
    if taken || name_is_archived(app, &mut tx, name).await? {
        failed(app, origin);
        return Err(ActionError::Taken(Constraint::UserName));
    }
    Ok(())
}

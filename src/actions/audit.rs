//! The audit trail, for those who may read it.

use super::actor::Actor;
use super::error::ActionError;
use super::organisation;
use crate::app::App;
use crate::model::slug::Slug;
use crate::store::audit::{self, Recorded, Verdict, Wanted};

/// Entries, newest first: of one organisation for its managers, all for holders of an office.
///
/// # Errors
/// `Denied`, `Missing`.
pub async fn list(
    app: &App,
    actor: &Actor,
    organisation: Option<&Slug>,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Recorded>, ActionError> {
    let organisation = match organisation {
        Some(slug) => Some(organisation::seen(app, actor, slug).await?.id),
        None => {
            actor.oversees_all()?;
            None
        }
    };
    Ok(audit::list(&app.store, Wanted { before, organisation, limit }).await?)
}

/// Walks along the whole chain.
///
/// # Errors
/// `Denied`, or the store's.
pub async fn verify(app: &App, actor: &Actor) -> Result<Verdict, ActionError> {
    actor.oversees_all()?;
    Ok(audit::verify(&app.store).await?)
}

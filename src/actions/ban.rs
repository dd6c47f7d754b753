//! Who must wait because a budget of failed attempts ran out, for those who hold an office.

use super::actor::Actor;
use super::error::ActionError;
use crate::app::App;
use crate::app::limits::Ban;
use crate::model::quota::Party;

/// Who must wait on this node, longest first.
///
/// # Errors
/// `Denied` for all but holders of an office.
pub fn list(app: &App, actor: &Actor) -> Result<Vec<Ban>, ActionError> {
    actor.oversees_all()?;
    Ok(app.limits.bans(app.clock.now()))
}

/// Gives a party its whole budget back. Whether it had run out.
///
/// # Errors
/// `Denied` for all but administrators, or the store's.
pub async fn lift(app: &App, actor: &Actor, party: Party) -> Result<bool, ActionError> {
    actor.needs_person()?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    actor.administers(&mut tx).await?;
    let banned = app.limits.bans(now).iter().any(|ban| ban.party == party);
    let mut entry = actor.entry("ban.lifted", party.to_string());
    if let Party::Source(_) = party {
        // An address names a person: it lies where it can be erased.
        entry.subject = "source".to_owned();
        entry.personal = Some(party.to_string());
    }
    if banned {
        tx.audit(entry);
        app.commit(tx).await?;
    }
    Ok(app.limits.lift(party, now))
}

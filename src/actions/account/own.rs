//! What people change of their own account.

use super::super::actor::Actor;
use super::super::error::{ActionError, Denied, Noun};
use super::super::events::{self, Event};
use super::subject;
use crate::app::App;
use crate::model::account::{Account, AccountStatus};
use crate::model::change::Change;
use crate::model::shown_name::ShownName;
use crate::store::accounts;

/// Changes the name under which the actor is shown to others. Whether it was another one before.
///
/// # Errors
/// `Denied` for all but people who act for themselves.
pub async fn rename(app: &App, actor: &Actor, name: ShownName) -> Result<bool, ActionError> {
    actor.needs_person()?;
    let own = actor.account().ok_or(Denied::NotOwner)?;
    let mut tx = app.store.begin().await?;
    let account = accounts::hold(&mut tx, own).await?.ok_or(ActionError::Missing(Noun::Account))?;
    if account.status != AccountStatus::Active {
        return Err(Denied::Inactive.into());
    }
    if *account.display_name == *name.as_str() {
        return Ok(false);
    }
    accounts::rename(&mut tx, own, &name).await?;
    let renamed = Account { display_name: name.as_str().into(), ..account };
    events::note(app, &mut tx, Event::AccountUpdated(&renamed)).await?;
    tx.change(Change::Account(own));
    let mut entry = actor.entry("account.renamed", subject(&renamed));
    entry.personal = Some(format!("shown-name={}", name.as_str()));
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(true)
}

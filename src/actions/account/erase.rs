//! Erasure of a person. The account's row and the entries about it stay; who it was does not.

use super::super::actor::Actor;
use super::super::error::{ActionError, Noun};
use super::super::events::{self, Event};
use super::archive::{archive, tombstone};
use super::{by_name, close, subject};
use crate::app::App;
use crate::model::account::{Account, AccountStatus, UserName};
use crate::model::change::Change;
use crate::store::{accounts, audit, claims, erasure};

/// Erases a person, after closing the account if that was not done before. Name and address stay taken.
///
/// # Errors
/// `Denied` for all but administrators, `Missing`, or what closing says.
pub async fn erase(app: &App, actor: &Actor, name: &UserName) -> Result<Account, ActionError> {
    actor.needs_person()?;
    let mut tx = app.store.begin().await?;
    actor.administers(&mut tx).await?;
    drop(tx);
    let found = by_name(app, name).await?;
    if found.user_name == tombstone(&found) && found.email.is_none() && found.display_name.is_empty() {
        return Ok(found);
    }
    if found.status != AccountStatus::Closed {
        close(app, actor, name).await?;
    }
    let mut tx = app.store.begin().await?;
    actor.administers(&mut tx).await?;
    let account = accounts::hold(&mut tx, found.id).await?.ok_or(ActionError::Missing(Noun::Account))?;
    let held = claims::is_held(&mut tx, account.id).await?;
    // An address that the account only names is somebody else's.
    let email = account.email.clone().filter(|_| held);
    let account = Account { email, ..account };
    let now = app.clock.now();
    let tombstone = tombstone(&account);
    archive(app, &mut tx, &account).await?;
    erasure::erase(&mut tx, &account, &tombstone, now).await?;
    events::note(app, &mut tx, Event::AccountErased(&account)).await?;
    let entries = audit::erase_personal(&mut tx, account.id).await?;
    let mut entry = actor.entry("account.erased", subject(&account));
    entry.detail = format!("entries={entries}");
    tx.audit(entry);
    tx.change(Change::Account(account.id));
    app.commit(tx).await?;
    Ok(Account {
        user_name: tombstone,
        email: None,
        display_name: "".into(),
        validated: false,
        office: None,
        ..account
    })
}

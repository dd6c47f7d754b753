//! What people change of their own account.

use super::super::actor::Actor;
use super::super::error::{ActionError, Denied, Noun};
use super::super::events::{self, Event};
use super::subject;
use crate::app::App;
use crate::model::account::{Account, AccountStatus};
use crate::model::change::Change;
use crate::model::id::AccountId;
use crate::model::shown_name::ShownName;
use crate::store::accounts;
use crate::words::Language;

/// Notes the language in which the actor wants to read pages and letters. Whether it was another one before.
///
/// # Errors
/// `Denied` for all but people who act for themselves.
pub async fn choose_language(app: &App, actor: &Actor, language: Language) -> Result<bool, ActionError> {
    actor.needs_person()?;
    let own = actor.account().ok_or(Denied::NotOwner)?;
    if self::language(app, own).await? == Some(language) {
        return Ok(false);
    }
    let mut tx = app.store.begin().await?;
    if !accounts::set_language(&mut tx, own, language.tag()).await? {
        return Err(Denied::Inactive.into());
    }
    let mut entry = actor.entry("account.language-chosen", format!("account {own}"));
    entry.detail = format!("language={}", language.tag());
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(true)
}

/// The language that an account chose, if it did.
///
/// # Errors
/// The store's.
pub async fn language(app: &App, account: AccountId) -> Result<Option<Language>, ActionError> {
    let chosen = accounts::language(&app.store, account).await?;
    Ok(chosen.as_deref().and_then(Language::of_tag))
}

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

//! Where validated addresses are demanded: the administrator's switch (S2-01, S2-05). The file may set it instead, and
//! then it stays as it is there.

use std::sync::Arc;

use super::actor::Actor;
use super::error::{ActionError, Rule};
use crate::app::App;
use crate::app::demanded::SETTING;
use crate::model::change::Change;
use crate::model::demanded::Demanded;
use crate::store::settings;

/// Where validated addresses are demanded, and whether the file says so.
pub struct Shown {
    /// Where.
    pub demanded: Arc<Demanded>,
    /// Whether it can only be changed in the file.
    pub locked: bool,
}

/// Where validated addresses are demanded.
///
/// # Errors
/// `Denied` for all but holders of an office.
pub fn show(app: &App, actor: &Actor) -> Result<Shown, ActionError> {
    actor.oversees_all()?;
    Ok(Shown { demanded: app.demanded(), locked: app.config.load().demanded.is_some() })
}

/// Sets where validated addresses are demanded. It holds on the next request.
///
/// # Errors
/// `Denied` for all but administrators, `Refused` when the file says it.
pub async fn set(app: &App, actor: &Actor, demanded: Demanded) -> Result<(), ActionError> {
    actor.needs_person()?;
    let mut tx = app.store.begin().await?;
    actor.administers(&mut tx).await?;
    if app.config.load().demanded.is_some() {
        return Err(Rule::Locked.into());
    }
    let text = demanded.to_string();
    settings::set(&mut tx, (SETTING, &text), actor.account(), app.clock.now()).await?;
    tx.change(Change::Setting);
    let mut entry = actor.entry("validation.demanded", "setting validation".to_owned());
    entry.detail = if text.is_empty() { "where routes say so".to_owned() } else { text };
    tx.audit(entry);
    app.commit(tx).await?;
    app.demanded.store(Arc::new(demanded));
    Ok(())
}

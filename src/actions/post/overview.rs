//! What became of letters, for holders of an office; and a letter that only shows that letters arrive.

use super::super::actor::Actor;
use super::super::error::{ActionError, Noun};
use super::{Content, opened};
use crate::app::App;
use crate::mail::{Letter, Posted};
use crate::model::email::Email;
use crate::model::id::OutboxId;
use crate::model::outbox::OutboxEntry;
use crate::secret::Secret;
use crate::store::outbox;
use crate::words::Language;

/// A letter with what it says, where that may be seen.
pub struct Seen {
    /// The letter.
    pub entry: OutboxEntry,
    /// The subject and the text: only for administrators, and only while no letter leaves the machine.
    pub content: Option<(String, Secret<String>)>,
}

/// One page of letters, newest first.
///
/// # Errors
/// `Denied` for all but holders of an office.
pub async fn list(
    app: &App,
    actor: &Actor,
    before: Option<OutboxId>,
    limit: u32,
) -> Result<Vec<OutboxEntry>, ActionError> {
    actor.oversees_all()?;
    Ok(outbox::list(&app.store, before, limit).await?)
}

/// One letter. Without a mail server somebody must hand the links over, so an administrator may read them.
///
/// # Errors
/// `Denied` for all but holders of an office, `Missing`.
pub async fn read(app: &App, actor: &Actor, id: OutboxId) -> Result<Seen, ActionError> {
    actor.oversees_all()?;
    let entry = outbox::by_id(&app.store, id).await?.ok_or(ActionError::Missing(Noun::Letter))?;
    let mut tx = app.store.begin().await?;
    let administers = actor.administers(&mut tx).await.is_ok();
    drop(tx);
    if !administers || app.mailer.load().leaves() {
        return Ok(Seen { entry, content: None });
    }
    let payload = outbox::payload(&app.store, id).await?;
    let content = match payload.and_then(|payload| opened(app, id, &payload)) {
        Some(Content::Letter { subject, text, .. }) => Some((subject, Secret::new(text))),
        Some(Content::Wish(_)) | None => None,
    };
    Ok(Seen { entry, content })
}

/// Tries a letter again now that waits or was given up.
///
/// # Errors
/// `Denied` for all but administrators, `Missing` for letters that are gone or were sent.
pub async fn again(app: &App, actor: &Actor, id: OutboxId) -> Result<(), ActionError> {
    actor.needs_person()?;
    let mut tx = app.store.begin().await?;
    actor.administers(&mut tx).await?;
    if !outbox::again(&mut tx, id, app.clock.now()).await? {
        return Err(ActionError::Missing(Noun::Letter));
    }
    tx.audit(actor.entry("letter.tried-again", format!("letter {id}")));
    app.commit(tx).await?;
    Ok(())
}

/// Sends a letter at once that shows that letters arrive; gives where it went.
///
/// # Errors
/// `Denied` for all but administrators; [`ActionError::Mail`] with what the mail server said.
pub async fn test(app: &App, actor: &Actor, to: Email) -> Result<String, ActionError> {
    let mut tx = app.store.begin().await?;
    actor.administers(&mut tx).await?;
    drop(tx);
    let language = actor.origin.language.unwrap_or(Language::English);
    let letter = Letter::to("", language, "test").says("text", &[]).when(app.clock.now());
    let written = letter.written(&app.config.load()).map_err(|_| super::unreadable())?;
    let posted = Posted { id: OutboxId::mint(), to, at: app.clock.now(), written };
    let mailer = app.mailer.load_full();
    let place = mailer.place();
    mailer.send(&posted).await?;
    Ok(place)
}

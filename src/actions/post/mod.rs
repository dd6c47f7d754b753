//! The post: letters are written in the transaction of what they tell, kept sealed in the outbox, and sent by
//! `round`, never while somebody waits for an answer. Whoever has an office sees what became of them.

mod overview;
mod round;
mod wish;

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::actor::Origin;
use super::error::ActionError;
use crate::app::App;
use crate::mail::{Letter, Written};
use crate::model::account::Account;
use crate::model::email::Email;
use crate::model::id::{AccountId, OutboxId};
use crate::model::quota::Source;
use crate::secret::Secret;
use crate::secret::seal::Place;
use crate::store::outbox::{self, NewLetter};
use crate::store::{StoreError, Tx, claims};
use crate::time::Timestamp;
use crate::words::Language;

pub use self::overview::{Seen, again, list, read, test};
pub use self::round::{round, said};
pub use self::wish::Wish;

/// The envelope of a letter.
pub(super) struct Envelope {
    /// The address.
    pub to: Email,
    /// Whom it concerns.
    pub account: Option<AccountId>,
    /// When sending it makes no sense any more; its links are dead then.
    pub expires_at: Option<Timestamp>,
    /// What caused it.
    pub cause: Cause,
}

/// What causes a letter.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cause {
    /// Something happened to the reader's own account: always sent, so that nobody can silence it.
    Notice,
    /// Somebody asked, who may be anybody: counted for the address and for the source.
    Asked(Origin),
}

/// Whether a letter was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// It is on its way.
    Queued,
    /// The address has had too many; whoever asked is not told.
    Held,
}

/// What waits in the outbox, under seal.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Content {
    /// A letter that is ready.
    Letter { sender: String, subject: String, text: String, html: String },
    /// A wish for a letter, to be looked into where nobody waits.
    Wish(Wish),
}

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Whether a source may cause another letter.
///
/// # Errors
/// [`ActionError::TooManyLetters`] when it caused too many within the hour.
pub(super) async fn may_ask(app: &App, origin: Origin) -> Result<(), ActionError> {
    let Some(source) = source_of(origin.address) else { return Ok(()) };
    let since = app.clock.now().minus(HOUR);
    let most = i64::from(app.config.load().mail.per_source);
    if outbox::count_from(&app.store, &source, since).await? < most {
        Ok(())
    } else {
        Err(ActionError::TooManyLetters)
    }
}

/// Puts a letter into the outbox, to be sent once the transaction is committed.
///
/// # Errors
/// The store's.
pub(super) async fn put(
    app: &App,
    tx: &mut Tx,
    envelope: Envelope,
    letter: &Letter,
) -> Result<Put, ActionError> {
    if names_only(tx, &envelope).await? {
        return Ok(Put::Queued);
    }
    let asked_from = match envelope.cause {
        Cause::Notice => None,
        Cause::Asked(origin) => {
            if !may_get(app, &envelope.to, letter.kind()).await? {
                tracing::warn!(
                    kind = letter.kind(),
                    "an address has had too many letters: this one is not sent"
                );
                return Ok(Put::Held);
            }
            Some(source_of(origin.address).unwrap_or_default())
        }
    };
    let written = letter.written(&app.config.load()).map_err(|error| {
        tracing::error!(%error, kind = letter.kind(), "a letter could not be written");
        unreadable()
    })?;
    let Written { sender, subject, text, html } = written;
    let (text, html) = (text.expose().clone(), html.expose().clone());
    let content = Content::Letter { sender, subject, text, html };
    let row = Row { kind: letter.kind(), asked_from: asked_from.as_deref(), envelope: Some(&envelope) };
    keep(app, tx, row, &content).await?;
    Ok(Put::Queued)
}

/// Whether a letter is about an account that names this address without holding it: whoever reads mail there has
/// nothing to do with it, and whoever made it is not told.
async fn names_only(tx: &mut Tx, envelope: &Envelope) -> Result<bool, ActionError> {
    let Some(id) = envelope.account else { return Ok(false) };
    let named = claims::only_named(tx, id).await?.and_then(|email| email.parse::<Email>().ok());
    Ok(named.is_some_and(|named| named.canonical() == envelope.to.canonical()))
}

/// Puts a wish into the outbox. What it costs does not depend on whether anybody can be granted it.
///
/// # Errors
/// The store's.
pub(super) async fn wish(app: &App, tx: &mut Tx, origin: Origin, wish: Wish) -> Result<(), ActionError> {
    // Once more, now that other writers have to wait: many may have been let in at the same moment.
    may_ask(app, origin).await?;
    let asked_from = source_of(origin.address).unwrap_or_default();
    let row = Row { kind: wish.kind(), asked_from: Some(&asked_from), envelope: None };
    keep(app, tx, row, &Content::Wish(wish)).await
}

/// A row to be kept.
struct Row<'a> {
    kind: &'a str,
    asked_from: Option<&'a str>,
    envelope: Option<&'a Envelope>,
}

async fn keep(app: &App, tx: &mut Tx, row: Row<'_>, content: &Content) -> Result<(), ActionError> {
    let id = OutboxId::mint();
    let text = Secret::new(serde_json::to_string(content).map_err(|_| unreadable())?);
    let payload = app.keyring.load().seal(place(&id), text.expose().as_bytes()).map_err(|_| unreadable())?;
    let canonical = row.envelope.map(|envelope| envelope.to.canonical()).unwrap_or_default();
    let letter = NewLetter {
        id,
        kind: row.kind,
        recipient: (row.envelope.map_or("", |envelope| envelope.to.as_str()), &canonical),
        payload: &payload,
        account: row.envelope.and_then(|envelope| envelope.account),
        times: (app.clock.now(), row.envelope.and_then(|envelope| envelope.expires_at)),
        asked_from: row.asked_from,
    };
    Ok(outbox::insert(tx, &letter).await?)
}

/// Opens what waits under seal.
fn opened(app: &App, id: OutboxId, payload: &[u8]) -> Option<Content> {
    let bytes = app.keyring.load().unseal(place(&id), payload).ok()?;
    serde_json::from_slice(bytes.expose()).ok()
}

/// Whether an address may get another letter that somebody asked for.
async fn may_get(app: &App, to: &Email, kind: &str) -> Result<bool, ActionError> {
    let since = app.clock.now().minus(HOUR);
    let most = i64::from(app.config.load().mail.per_address);
    Ok(outbox::count_to(&app.store, &to.canonical(), kind, since).await? < most)
}

/// A source as it is counted: an IPv4 address, or a network of 64 bits.
fn source_of(address: Option<IpAddr>) -> Option<String> {
    address.map(|address| Source::of(address).to_string())
}

/// The language for letters to an account: its own choice, else that of whoever asks.
///
/// # Errors
/// The store's.
pub(super) async fn language(app: &App, account: AccountId, origin: Origin) -> Result<Language, ActionError> {
    let chosen = super::account::language(app, account).await?;
    Ok(chosen.or(origin.language).unwrap_or(Language::English))
}

/// A letter of this kind to the holder of an account, in their language.
///
/// # Errors
/// The store's.
pub(super) async fn letter_to(
    app: &App,
    account: &Account,
    origin: Origin,
    kind: &'static str,
) -> Result<Letter, ActionError> {
    let language = language(app, account.id, origin).await?;
    // Whoever made an account with somebody else's address does not write in their letters.
    let name = if account.validated { &*account.display_name } else { "" };
    Ok(Letter::to(name, language, kind))
}

const fn place(id: &OutboxId) -> Place<'_> {
    Place { table: "outbox", column: "payload", row: id.bytes() }
}

const fn unreadable() -> ActionError {
    ActionError::Unavailable(StoreError::Corrupt { column: "outbox.payload" })
}

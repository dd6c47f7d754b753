//! What is written to the old and to the new address of an account.

use super::super::account::archive::Keeper;
use super::super::actor::Origin;
use super::super::email_link::Issued;
use super::super::error::ActionError;
use super::super::post::{self, Cause, Envelope};
use crate::app::App;
use crate::mail::Letter;
use crate::model::account::Account;
use crate::model::email::Email;
use crate::store::Tx;
use crate::words::Language;

/// Somebody asked for another address: tells the old one, with the link that takes it back (S2-33, S2-34).
pub(super) async fn asked(
    app: &App,
    origin: Origin,
    tx: &mut Tx,
    (account, new, (old, undo)): (&Account, &Email, (Email, Issued)),
) -> Result<(), ActionError> {
    let end = undo.expires_at;
    let letter = post::letter_to(app, account, origin, "change-asked").await?.says("text", &[]);
    let letter = letter.does("button", undo.url, end).fact("account", account.user_name.as_str());
    let letter = letter.fact("address", old.as_str()).fact("new-address", new.as_str());
    let letter = place(letter, origin).when(app.clock.now()).notes("not-you", &[]);
    let envelope =
        Envelope { to: old, account: Some(account.id), expires_at: Some(end), cause: Cause::Notice };
    post::put(app, tx, envelope, &letter).await.map(drop)
}

/// Asks the reader of the new address to prove it; whoever has it already is told that somebody tried.
pub(super) async fn to_new(
    app: &App,
    origin: Origin,
    tx: &mut Tx,
    (account, new, proof, keeper): (&Account, &Email, Issued, Keeper),
) -> Result<(), ActionError> {
    let language = post::language(app, account.id, origin).await?;
    let (letter, whose) = match keeper {
        Keeper::Nobody | Keeper::Usurper(_) => {
            let letter = Letter::to("", language, "change").says("text", &[]);
            let letter = letter.does("button", proof.url, proof.expires_at).notes("not-you", &[]);
            (letter.fact("account", account.user_name.as_str()), account.id)
        }
        Keeper::Owner(holder) => (tried(post::language(app, holder.id, origin).await?, false), holder.id),
        Keeper::Archive => (tried(origin.language.unwrap_or(language), true), account.id),
    };
    let letter = place(letter.fact("address", new.as_str()), origin).when(app.clock.now());
    let (to, cause) = (new.clone(), Cause::Asked(origin));
    let envelope = Envelope { to, account: Some(whose), expires_at: Some(proof.expires_at), cause };
    post::put(app, tx, envelope, &letter).await.map(drop)
}

fn tried(language: Language, archived: bool) -> Letter {
    let letter = Letter::to("", language, "change-tried");
    letter.says(if archived { "archived" } else { "text" }, &[])
}

/// The address was changed: tells both, the old one with a link of its own, for a week from now.
pub(super) async fn changed(
    app: &App,
    origin: Origin,
    tx: &mut Tx,
    (account, old): (&Account, Option<(Email, Issued)>),
) -> Result<(), ActionError> {
    let now = app.clock.now();
    let new = account.email.as_deref().unwrap_or_default();
    let facts = |letter: Letter| {
        let letter = letter.fact("account", account.user_name.as_str()).fact("new-address", new);
        place(letter, origin).when(now)
    };
    if let Some((old, undo)) = old {
        let end = undo.expires_at;
        let letter = post::letter_to(app, account, origin, "changed-away").await?.says("text", &[]);
        let letter = facts(letter.does("button", undo.url, end).fact("address", old.as_str()));
        let envelope =
            Envelope { to: old, account: Some(account.id), expires_at: Some(end), cause: Cause::Notice };
        post::put(app, tx, envelope, &letter.notes("not-you", &[])).await?;
    }
    let letter = facts(post::letter_to(app, account, origin, "changed").await?.says("text", &[]));
    notice(app, tx, account, (super::parsed(new)?, letter)).await
}

/// The change was taken back, and there is a new password (S2-38): tells both addresses.
pub(super) async fn undone(
    app: &App,
    origin: Origin,
    tx: &mut Tx,
    (account, restored, left): (&Account, Email, Option<Email>),
) -> Result<(), ActionError> {
    let now = app.clock.now();
    let facts = |letter: Letter| {
        let letter = letter.fact("account", account.user_name.as_str());
        place(letter.fact("address", restored.as_str()), origin).when(now)
    };
    let letter = facts(post::letter_to(app, account, origin, "undone").await?.says("text", &[]));
    notice(app, tx, account, (restored.clone(), letter)).await?;
    let Some(left) = left else { return Ok(()) };
    let letter = Letter::to("", post::language(app, account.id, origin).await?, "undone-away");
    let letter = place(letter.says("text", &[]).fact("address", left.as_str()), origin).when(now);
    notice(app, tx, account, (left, letter)).await
}

async fn notice(
    app: &App,
    tx: &mut Tx,
    account: &Account,
    (to, letter): (Email, Letter),
) -> Result<(), ActionError> {
    let envelope = Envelope { to, account: Some(account.id), expires_at: None, cause: Cause::Notice };
    post::put(app, tx, envelope, &letter).await.map(drop)
}

fn place(letter: Letter, origin: Origin) -> Letter {
    match origin.address {
        Some(address) => letter.fact("where", &address.to_string()),
        None => letter,
    }
}

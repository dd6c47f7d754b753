//! A change of address taken back by the reader of the old one, with a new password (S2-34 to S2-38). Nothing that was
//! done in between with the account stands in the way of it.

use super::super::account::archive::Keeper;
use super::super::actor::Origin;
use super::super::deletion::meant_by;
use super::super::email_link::{self, Followed};
use super::super::error::{ActionError, Noun};
use super::super::events::{self, Event};
use super::super::password::{self, Password};
use super::super::{account::archive, endings};
use super::{Token, address_of, end_links, letters, parsed, same, subject, vacate};
use crate::app::App;
use crate::model::account::{Account, AccountStatus};
use crate::model::address_change::AddressChange;
use crate::model::audit::AuditActor;
use crate::model::change::Change;
use crate::model::email::Email;
use crate::model::email_link::Purpose;
use crate::store::{Tx, accounts, address_changes, email_links};
use crate::time::Timestamp;

/// What a link that takes a change back leads to, for the page that asks.
pub enum Undoing {
    /// It gives this account its former address again.
    Ready(Account, Email),
    /// It did so.
    Done,
}

/// What a link that takes a change back would do. Changes nothing.
///
/// # Errors
/// `Missing` for a link that does not work.
pub async fn peek_undo(app: &App, text: &Token) -> Result<Undoing, ActionError> {
    let gone = || ActionError::Missing(Noun::Link);
    match email_link::follow(app, text, Purpose::UndoChange).await? {
        Followed::Usable(link, account) if account.status != AccountStatus::Closed => {
            let old = parsed(link.target.as_deref().ok_or_else(gone)?)?;
            Ok(Undoing::Ready(account, old))
        }
        Followed::Used(link, account) if link.target == account.email => Ok(Undoing::Done),
        Followed::Usable(..) | Followed::Used(..) => Err(gone()),
    }
}

/// Takes a change back, and every later one. What came to the account since goes: factors, keys, sessions, and links to
/// the other addresses. Whether an address counts as proved stays as it is (S2-36).
///
/// # Errors
/// `Missing` for a link that does not work, `Refused` for another address than the link came to, `Password` when
/// the new one is easy to guess (the link still works then), `Busy`.
pub async fn undo(
    app: &App,
    origin: Origin,
    text: &Token,
    (typed, new): (&Email, Password),
) -> Result<(), ActionError> {
    let gone = || ActionError::Missing(Noun::Link);
    let Undoing::Ready(account, old) = peek_undo(app, text).await? else { return Err(gone()) };
    meant_by(&old, typed)?;
    let new = password::prepared(app, &account, new).await?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let account = accounts::hold(&mut tx, account.id).await?.ok_or_else(gone)?;
    let link = email_link::consume(app, &mut tx, text, Purpose::UndoChange).await?;
    if link.account != Some(account.id) || account.status == AccountStatus::Closed {
        return Err(gone());
    }
    let first = address_changes::away_from(&mut tx, account.id, &old, link.created_at).await?;
    let first = first.ok_or_else(gone)?;
    let left = left_by(app, &mut tx, (&account, &old, &first)).await?;
    put_back(app, &mut tx, (&account, &old)).await?;
    // A change by whoever had not proved the address is undone by another person.
    let (factors, keys) =
        if first.was_validated { (&*first.factors, &*first.keys) } else { Default::default() };
    endings::keep_only_proofs(app, &mut tx, account.id, (factors, keys)).await?;
    password::replace(app, &mut tx, account.id, &new).await?;
    end_from(&mut tx, &first, now).await?;
    let account = Account { email: Some(old.as_str().into()), ..account };
    events::note(app, &mut tx, Event::AccountUpdated(&account)).await?;
    letters::undone(app, origin, &mut tx, (&account, old, left)).await?;
    tx.change(Change::Account(account.id));
    tx.audit(origin.entry(AuditActor::Stranger, "account.address-restored", subject(&account)));
    app.commit(tx).await?;
    Ok(())
}

/// The other address, to be told: the one that the account has now, or the one that it was to have.
async fn left_by(
    app: &App,
    tx: &mut Tx,
    (account, old, first): (&Account, &Email, &AddressChange),
) -> Result<Option<Email>, ActionError> {
    if let Some(present) = address_of(account).filter(|present| present.canonical() != old.canonical()) {
        return Ok(Some(present));
    }
    let asked = parsed(&first.new)?;
    Ok(match archive::keeper(app, tx, &asked, account.id).await? {
        Keeper::Nobody => Some(asked),
        Keeper::Usurper(_) | Keeper::Owner(_) | Keeper::Archive => None,
    })
}

async fn put_back(app: &App, tx: &mut Tx, (account, old): (&Account, &Email)) -> Result<(), ActionError> {
    if same(account.email.as_deref(), old) {
        return Ok(());
    }
    vacate(app, tx, old, account.id).await?;
    accounts::set_email(tx, account.id, old).await?;
    Ok(())
}

/// Ends everything that the later holders of other addresses could use: above all their own links that take back.
async fn end_from(tx: &mut Tx, first: &AddressChange, now: Timestamp) -> Result<(), ActionError> {
    address_changes::undo_from(tx, first, now).await?;
    let of = (first.account, Purpose::UndoChange);
    email_links::end_since(tx, of, first.requested_at, now).await?;
    end_links(tx, first.account, now).await
}

//! The proof of a new address: its link, followed by whoever asked for it.

use super::super::actor::Actor;
use super::super::email_link::{self, Followed, Issued};
use super::super::error::{ActionError, Denied, Noun};
use super::super::events::{self, Event};
use super::{Token, acting, end_links, letters, parsed, same, subject, undo_link, vacate};
use crate::app::App;
use crate::model::account::Account;
use crate::model::address_change::AddressChange;
use crate::model::change::Change;
use crate::model::email::Email;
use crate::model::email_link::Purpose;
use crate::store::{Tx, accounts, address_changes, email_links};

/// What a link that proves a new address leads to, for the page that asks.
pub enum Standing {
    /// It gives the account this address.
    Ready(Account, String),
    /// The account has it already.
    Done(Account),
}

/// What a link that proves a new address would do. Changes nothing.
///
/// # Errors
/// `Missing` for a link that does not work.
pub async fn peek(app: &App, text: &Token) -> Result<Standing, ActionError> {
    let gone = || ActionError::Missing(Noun::Link);
    match email_link::follow(app, text, Purpose::Change).await? {
        Followed::Usable(link, account) => {
            let waiting = address_changes::pending(&app.store, account.id, app.clock.now()).await?;
            let change =
                waiting.filter(|change| Some(&change.new) == link.target.as_ref()).ok_or_else(gone)?;
            Ok(Standing::Ready(account, change.new.to_string()))
        }
        Followed::Used(link, account) if link.target == account.email => Ok(Standing::Done(account)),
        Followed::Used(..) => Err(gone()),
    }
}

/// Gives the actor the new address, which is proved by that.
///
/// # Errors
/// `Missing` for a link that does not work, or an address that became somebody else's; `Denied` for one of another
/// account: it still works then.
pub async fn prove(app: &App, actor: &Actor, text: &Token) -> Result<Account, ActionError> {
    let gone = || ActionError::Missing(Noun::Link);
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let account = acting(actor, &mut tx).await?;
    let link = email_link::consume(app, &mut tx, text, Purpose::Change).await?;
    if link.account != Some(account.id) {
        return Err(Denied::NotOwner.into());
    }
    let waiting = address_changes::pending_in(&mut tx, account.id, now).await?;
    let change = waiting.filter(|change| Some(&change.new) == link.target.as_ref()).ok_or_else(gone)?;
    let new = parsed(&change.new)?;
    vacate(app, &mut tx, &new, account.id).await?;
    let undo = way_back(app, &mut tx, &account, &change).await?;
    let reserved = undo.as_ref().map_or(now, |(_, undo)| undo.expires_at);
    address_changes::prove(&mut tx, &change, now, reserved).await?;
    accounts::set_email(&mut tx, account.id, &new).await?;
    accounts::set_validated(&mut tx, account.id).await?;
    end_links(&mut tx, account.id, now).await?;
    tx.change(Change::Account(account.id));
    let newly = !account.validated;
    let account = Account { email: Some(change.new.clone()), validated: true, ..account };
    events::note(app, &mut tx, Event::AccountUpdated(&account)).await?;
    if newly {
        events::note(app, &mut tx, Event::AccountValidated(&account)).await?;
    }
    letters::changed(app, actor.origin, &mut tx, (&account, undo)).await?;
    let mut entry = actor.entry("account.address-changed", subject(&account));
    entry.personal = Some(format!("email={new}"));
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(account)
}

/// A link that takes the change back, for the reader of an address that the account had proved. Of one that it only
/// named nobody can say whose it was: links that went there end, and nothing is written there any more.
async fn way_back(
    app: &App,
    tx: &mut Tx,
    account: &Account,
    change: &AddressChange,
) -> Result<Option<(Email, Issued)>, ActionError> {
    if !change.was_validated {
        email_links::end_of(tx, account.id, Purpose::UndoChange, app.clock.now()).await?;
        return Ok(None);
    }
    Ok(undo_link(app, tx, account).await?.filter(|(old, _)| same(change.old.as_deref(), old)))
}

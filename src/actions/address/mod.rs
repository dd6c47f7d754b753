//! A change of one's address. The new one waits until its reader proves it, and the old one stays in force so long;
//! whoever reads mail at the old one can take everything back for a week. Whether the new address is
//! somebody else's makes no difference to whoever asks.

mod letters;
mod prove;
mod undo;

pub use self::prove::{Standing, peek, prove};
pub use self::undo::{Undoing, peek_undo, undo};

use std::time::Duration;

use super::account::archive::{self, Keeper};
use super::actor::Actor;
use super::email_link::{self, Issued, Wanted};
use super::error::{ActionError, Denied, Noun, Rule};
use super::{endings, post};
use crate::app::App;
use crate::model::account::{Account, AccountStatus};
use crate::model::address_change::AddressChange;
use crate::model::email::Email;
use crate::model::email_link::Purpose;
use crate::model::id::{AccountId, AddressChangeId};
use crate::secret::Secret;
use crate::store::{Tx, accounts, address_changes, email_links, factors};
use crate::time::Timestamp;

/// Changes that one account may ask for in an hour: each writes to the old address.
const MOST: i64 = 5;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Asks for another address for the actor. Both addresses get a letter.
///
/// # Errors
/// `Denied` for all but people who act for themselves, `Refused` for the address that they have, `TooManyLetters`.
/// Never anything that depends on whose the new address is.
pub async fn request(app: &App, actor: &Actor, new: &Email) -> Result<(), ActionError> {
    post::may_ask(app, actor.origin).await?;
    let mut tx = app.store.begin().await?;
    let account = acting(actor, &mut tx).await?;
    let now = app.clock.now();
    let old = address_of(&account);
    if old.as_ref().is_some_and(|old| old.canonical() == new.canonical()) {
        return Err(Rule::SameAddress.into());
    }
    if address_changes::count(&mut tx, account.id, now.minus(HOUR)).await? >= MOST {
        return Err(ActionError::TooManyLetters);
    }
    endings::cancel_change(&mut tx, account.id, now).await?;
    let keeper = archive::keeper(app, &mut tx, new, account.id).await?;
    let undo = undo_link(app, &mut tx, &account).await?;
    let proof = proof_link(app, &mut tx, (account.id, new)).await?;
    let change = AddressChange {
        id: AddressChangeId::mint(),
        account: account.id,
        old: account.email.clone(),
        new: new.as_str().into(),
        was_validated: account.validated,
        factors: factors::ids_of(&mut tx, account.id).await?,
        keys: endings::keys_of(&mut tx, account.id, now).await?,
        requested_at: now,
        expires_at: proof.expires_at,
        reserved_until: undo.as_ref().map_or(now, |(_, undo)| undo.expires_at),
        proved_at: None,
    };
    address_changes::insert(&mut tx, &change).await?;
    if let Some(undo) = undo {
        letters::asked(app, actor.origin, &mut tx, (&account, new, undo)).await?;
    }
    letters::to_new(app, actor.origin, &mut tx, (&account, new, proof, keeper)).await?;
    let mut entry = actor.entry("account.address-asked", subject(&account));
    entry.personal = Some(format!("email={new}"));
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(())
}

/// Sends the letter to the new address once more; the link in the earlier one ends.
///
/// # Errors
/// `Denied`, `Missing` when no change waits, `TooManyLetters`.
pub async fn resend(app: &App, actor: &Actor) -> Result<(), ActionError> {
    post::may_ask(app, actor.origin).await?;
    let mut tx = app.store.begin().await?;
    let account = acting(actor, &mut tx).await?;
    let now = app.clock.now();
    let waiting = address_changes::pending_in(&mut tx, account.id, now).await?;
    let change = waiting.ok_or(ActionError::Missing(Noun::AddressChange))?;
    let new = parsed(&change.new)?;
    let keeper = archive::keeper(app, &mut tx, &new, account.id).await?;
    email_links::end_of(&mut tx, account.id, Purpose::Change, now).await?;
    let proof = proof_link(app, &mut tx, (account.id, &new)).await?;
    address_changes::prolong(&mut tx, &change, proof.expires_at).await?;
    letters::to_new(app, actor.origin, &mut tx, (&account, &new, proof, keeper)).await?;
    tx.audit(actor.entry("account.address-asked", subject(&account)));
    app.commit(tx).await?;
    Ok(())
}

/// Cancels what waits for its proof.
///
/// # Errors
/// `Denied`, `Missing` when no change waits.
pub async fn cancel(app: &App, actor: &Actor) -> Result<(), ActionError> {
    let mut tx = app.store.begin().await?;
    let account = acting(actor, &mut tx).await?;
    if !endings::cancel_change(&mut tx, account.id, app.clock.now()).await? {
        return Err(ActionError::Missing(Noun::AddressChange));
    }
    tx.audit(actor.entry("account.address-cancelled", subject(&account)));
    app.commit(tx).await?;
    Ok(())
}

/// The actor's own change that waits for its proof.
///
/// # Errors
/// `Denied` for all but accounts.
pub async fn pending(app: &App, actor: &Actor) -> Result<Option<AddressChange>, ActionError> {
    let own = actor.account().ok_or(Denied::NotOwner)?;
    Ok(address_changes::pending(&app.store, own, app.clock.now()).await?)
}

/// The actor's own account, its row held.
async fn acting(actor: &Actor, tx: &mut Tx) -> Result<Account, ActionError> {
    actor.needs_person()?;
    let own = actor.account().ok_or(Denied::NotOwner)?;
    let account = accounts::hold(tx, own).await?.ok_or(ActionError::Missing(Noun::Account))?;
    match account.status {
        AccountStatus::Active => Ok(account),
        AccountStatus::Suspended | AccountStatus::Closed => Err(Denied::Inactive.into()),
    }
}

/// A link with which the reader of the present address takes a change back, and that address.
async fn undo_link(
    app: &App,
    tx: &mut Tx,
    account: &Account,
) -> Result<Option<(Email, Issued)>, ActionError> {
    let Some(old) = address_of(account) else { return Ok(None) };
    let target = Some(old.as_str());
    let wanted = Wanted { account: Some(account.id), purpose: Purpose::UndoChange, target, life: None };
    let issued = email_link::issue(app, tx, wanted).await?;
    Ok(Some((old, issued)))
}

async fn proof_link(
    app: &App,
    tx: &mut Tx,
    (account, new): (AccountId, &Email),
) -> Result<Issued, ActionError> {
    let target = Some(new.as_str());
    let wanted = Wanted { account: Some(account), purpose: Purpose::Change, target, life: None };
    email_link::issue(app, tx, wanted).await
}

/// Makes an address ready to be given to an account: another that only said that it was its own loses it.
async fn vacate(app: &App, tx: &mut Tx, email: &Email, wanted_by: AccountId) -> Result<(), ActionError> {
    match archive::keeper(app, tx, email, wanted_by).await? {
        Keeper::Nobody => Ok(()),
        Keeper::Usurper(holder) => archive::dispossess(app, tx, holder.id).await,
        Keeper::Owner(_) | Keeper::Archive => Err(ActionError::Missing(Noun::Link)),
    }
}

/// Ends what was mailed to the address before: nothing there is good for an account that has another.
async fn end_links(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<(), ActionError> {
    for purpose in [Purpose::Validate, Purpose::Delete, Purpose::Change, Purpose::Reset] {
        email_links::end_of(tx, account, purpose, now).await?;
    }
    email_links::next_generation(tx, account).await?;
    Ok(())
}

fn address_of(account: &Account) -> Option<Email> {
    account.email.as_deref().and_then(|email| email.parse().ok())
}

fn parsed(text: &str) -> Result<Email, ActionError> {
    text.parse().map_err(|_| ActionError::Missing(Noun::Link))
}

fn same(text: Option<&str>, email: &Email) -> bool {
    text.and_then(|text| text.parse::<Email>().ok())
        .is_some_and(|other| other.canonical() == email.canonical())
}

fn subject(account: &Account) -> String {
    format!("account {}", account.id)
}

/// The token of a link, as it was followed.
type Token = Secret<String>;

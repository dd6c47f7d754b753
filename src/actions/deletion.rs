//! The usurper's account: whoever reads mail at an address deletes the account that somebody else made with it, as
//! long as the address was not proved (S2-10, S2-28), and may have it back for some days, as their own (S2-11). Nobody is
//! signed in for that: the link and the address typed in are the proof.

use super::account::archive;
use super::actor::{Actor, Origin};
use super::email_link::{self, Followed, Wanted};
use super::error::{ActionError, Noun, Rule};
use super::events::{self, Event};
use super::password::{self, Password};
use super::post::{self, Cause, Envelope};
use super::{account, endings, validation};
use crate::app::App;
use crate::model::account::{Account, AccountKind, AccountStatus, Office};
use crate::model::audit::AuditActor;
use crate::model::change::Change;
use crate::model::email::Email;
use crate::model::email_link::Purpose;
use crate::secret::Secret;
use crate::store::deletions::{self, Deletion};
use crate::store::{Tx, accounts, email_links};

/// What a link that deletes leads to, for the page that asks.
pub enum Standing {
    /// It deletes this account.
    Ready(Account),
    /// It did so.
    Done,
}

/// What a link that deletes would do. Changes nothing.
///
/// # Errors
/// `Missing` for a link that does not work.
pub async fn peek(app: &App, text: &Secret<String>) -> Result<Standing, ActionError> {
    match email_link::follow(app, text, Purpose::Delete).await? {
        Followed::Usable(link, account) if link.target == account.email && may_go(&account) => {
            Ok(Standing::Ready(account))
        }
        Followed::Used(link, account)
            if link.target == account.email && deletions::of(&app.store, account.id).await?.is_some() =>
        {
            Ok(Standing::Done)
        }
        Followed::Usable(..) | Followed::Used(..) => Err(ActionError::Missing(Noun::Link)),
    }
}

/// Deletes the account. Its sessions and keys end, and name and address are kept from everybody (S2-29).
///
/// # Errors
/// `Missing` for a link that does not work, `Refused` for another address than the link came to (the link still
/// works then) and for the last administrator.
pub async fn delete(
    app: &App,
    origin: Origin,
    text: &Secret<String>,
    typed: &Email,
) -> Result<(), ActionError> {
    let gone = || ActionError::Missing(Noun::Link);
    let Standing::Ready(account) = peek(app, text).await? else { return Err(gone()) };
    let address = meant(&account, typed)?;
    let mut tx = app.store.begin().await?;
    let account = accounts::hold(&mut tx, account.id).await?.ok_or_else(gone)?;
    let link = email_link::consume(app, &mut tx, text, Purpose::Delete).await?;
    if (link.account, &link.target) != (Some(account.id), &account.email) || !may_go(&account) {
        return Err(gone());
    }
    keep_an_administrator(&mut tx, &account).await?;
    end(app, &mut tx, &account).await?;
    let target = account.email.as_deref();
    let wanted = Wanted { account: Some(account.id), purpose: Purpose::Recover, target, life: None };
    let issued = email_link::issue(app, &mut tx, wanted).await?;
    let deletion = Deletion { until: issued.expires_at, back_to: account.status };
    deletions::note(&mut tx, account.id, deletion).await?;
    let end = issued.expires_at;
    let letter = post::letter_to(app, &account, origin, "deleted").await?.says("text", &[]);
    let letter = letter.does("button", issued.url, end).notes("not-you", &[]);
    let letter = validation::about(letter, &account, &address, origin).when(app.clock.now());
    let envelope =
        Envelope { to: address, account: Some(account.id), expires_at: Some(end), cause: Cause::Notice };
    post::put(app, &mut tx, envelope, &letter).await?;
    tx.audit(origin.entry(AuditActor::Stranger, "account.deleted", subject(&account)));
    app.commit(tx).await?;
    Ok(())
}

/// Closes the account, without forgetting what it was.
async fn end(app: &App, tx: &mut Tx, account: &Account) -> Result<(), ActionError> {
    let now = app.clock.now();
    endings::end_all(app, tx, account.id).await?;
    endings::cancel_change(tx, account.id, now).await?;
    for purpose in [Purpose::Validate, Purpose::Delete, Purpose::Reset] {
        email_links::end_of(tx, account.id, purpose, now).await?;
    }
    if account.office.is_some() {
        accounts::set_office(tx, account.id, None).await?;
    }
    archive::archive(app, tx, account).await?;
    let closed = Account { status: AccountStatus::Closed, office: None, ..account.clone() };
    events::note(app, tx, Event::AccountDeleted(&closed)).await?;
    accounts::set_status(tx, account.id, AccountStatus::Closed, now).await?;
    tx.change(Change::Account(account.id));
    Ok(())
}

/// The account that a link would have back. Changes nothing.
///
/// # Errors
/// `Missing` for a link that does not work.
pub async fn peek_recovery(app: &App, text: &Secret<String>) -> Result<Account, ActionError> {
    let gone = || ActionError::Missing(Noun::Link);
    match email_link::follow(app, text, Purpose::Recover).await? {
        Followed::Usable(link, account) if link.target == account.email => {
            deletions::of(&app.store, account.id).await?.map(|_| account).ok_or_else(gone)
        }
        Followed::Usable(..) | Followed::Used(..) => Err(gone()),
    }
}

/// Takes a deletion back, for whoever reads mail at the address now: what another left behind does not come back
/// with the account. Whether the address counts as proved stays as it was.
///
/// # Errors
/// `Missing` for a link that does not work, `Refused` for another address than the link came to, `Password` when
/// the new one is easy to guess (the link still works then), `Busy`.
pub async fn recover(
    app: &App,
    origin: Origin,
    text: &Secret<String>,
    (typed, new): (&Email, Password),
) -> Result<(), ActionError> {
    let gone = || ActionError::Missing(Noun::Link);
    let account = peek_recovery(app, text).await?;
    let address = meant(&account, typed)?;
    let new = password::prepared(app, &account, new).await?;
    let mut tx = app.store.begin().await?;
    let account = accounts::hold(&mut tx, account.id).await?.ok_or_else(gone)?;
    let link = email_link::consume(app, &mut tx, text, Purpose::Recover).await?;
    if (link.account, &link.target) != (Some(account.id), &account.email) {
        return Err(gone());
    }
    let status = deletions::take_back(&mut tx, account.id).await?.ok_or_else(gone)?;
    let account = Account { status, ..account };
    archive::restore(app, &mut tx, &account).await?;
    endings::keep_only_proofs(app, &mut tx, account.id, (&[], &[])).await?;
    password::replace(app, &mut tx, account.id, &new).await?;
    events::note(app, &mut tx, Event::AccountRecovered(&account)).await?;
    let letter = post::letter_to(app, &account, origin, "recovered").await?.says("text", &[]);
    let letter = validation::about(letter, &account, &address, origin).when(app.clock.now());
    let envelope =
        Envelope { to: address, account: Some(account.id), expires_at: None, cause: Cause::Notice };
    post::put(app, &mut tx, envelope, &letter).await?;
    tx.audit(origin.entry(AuditActor::Stranger, "account.recovered", subject(&account)));
    app.commit(tx).await?;
    Ok(())
}

/// Accounts erased in one round.
const AT_ONCE: u32 = 50;

/// Erases who cannot be had back any more.
///
/// # Errors
/// The store's.
pub async fn erase_what_is_over(app: &App) -> Result<(), ActionError> {
    for name in deletions::over(&app.store, app.clock.now(), AT_ONCE).await? {
        account::erase(app, &Actor::gate(), &name).await?;
    }
    Ok(())
}

/// Whether an account may be deleted by whoever reads its mail.
fn may_go(account: &Account) -> bool {
    !account.validated && account.status != AccountStatus::Closed && account.kind == AccountKind::Person
}

/// The account's address, where it is the one that was typed.
fn meant(account: &Account, typed: &Email) -> Result<Email, ActionError> {
    let address = account.email.as_deref().and_then(|email| email.parse::<Email>().ok());
    let address = address.ok_or(ActionError::Missing(Noun::Link))?;
    meant_by(&address, typed)?;
    Ok(address)
}

/// Whether the address that was typed is the one that a link came to.
pub(super) fn meant_by(address: &Email, typed: &Email) -> Result<(), Rule> {
    if address.canonical() == typed.canonical() { Ok(()) } else { Err(Rule::OtherAddress) }
}

async fn keep_an_administrator(tx: &mut Tx, account: &Account) -> Result<(), ActionError> {
    if account.office != Some(Office::Administrator) || account.status != AccountStatus::Active {
        return Ok(());
    }
    let others = accounts::administrators(tx).await?.into_iter().filter(|id| *id != account.id).count();
    if others == 0 { Err(Rule::LastAdministrator.into()) } else { Ok(()) }
}

fn subject(account: &Account) -> String {
    format!("account {}", account.id)
}

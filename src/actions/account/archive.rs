//! Names and addresses that nobody may take: those of erased and deleted accounts, kept as keyed digests, until an
//! office releases them, and addresses that somebody may yet take back.

use std::fmt;
use std::str::FromStr;

use super::super::actor::Actor;
use super::super::error::{ActionError, Denied, Noun};
use crate::app::App;
use crate::model::account::{Account, AccountStatus, UserName};
use crate::model::change::Change;
use crate::model::email::Email;
use crate::model::email_link::Purpose;
use crate::model::id::AccountId;
use crate::model::reason::Reason;
use crate::store::erasure::{self, Kind, NameDigest};
use crate::store::{Constraint, Tx, address_changes, claims, deletions, email_links};

/// A name that may be archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchivedName {
    /// A user name.
    UserName(UserName),
    /// An address.
    Address(Email),
}

/// The text is neither a user name nor an address.
#[derive(Debug, thiserror::Error)]
#[error("is neither a user name nor an e-mail address")]
pub struct NotAName;

impl fmt::Display for ArchivedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserName(name) => name.fmt(f),
            Self::Address(email) => email.fmt(f),
        }
    }
}

impl FromStr for ArchivedName {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        if text.contains('@') {
            return text.parse().map(Self::Address).map_err(|_| NotAName);
        }
        text.trim().to_lowercase().parse().map(Self::UserName).map_err(|_| NotAName)
    }
}

/// Lets a name or an address be used again that was archived, or that a closed account holds (S2-30). The account
/// gives it up, and cannot be had back any more.
///
/// # Errors
/// `Denied` for all but holders of an office, `Missing` for what is not archived.
pub async fn release(
    app: &App,
    actor: &Actor,
    name: &ArchivedName,
    reason: &Reason,
) -> Result<(), ActionError> {
    actor.needs_person()?;
    let mut tx = app.store.begin().await?;
    actor.office(&mut tx).await?.ok_or(Denied::NotAdministrator)?;
    let (kind, text) = written(name);
    let archived = erasure::release(&mut tx, kind, &digests(app, kind, &text)).await?;
    let holder = given_up(&mut tx, name).await?;
    if !archived && holder.is_none() {
        return Err(ActionError::Missing(Noun::ArchivedName));
    }
    if let Some(holder) = holder {
        email_links::end_of(&mut tx, holder, Purpose::Recover, app.clock.now()).await?;
        tx.change(Change::Account(holder));
    }
    let subject = holder.map_or_else(|| "archived-name".to_owned(), |id| format!("account {id}"));
    let mut entry = actor.entry("name.released", subject);
    entry.detail = format!("kind={}", kind.as_str());
    entry.personal = Some(format!("name={text} reason={reason}"));
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(())
}

/// The closed account that gave a name up.
async fn given_up(tx: &mut Tx, name: &ArchivedName) -> Result<Option<AccountId>, ActionError> {
    match name {
        ArchivedName::Address(email) => Ok(deletions::give_up_address(tx, email).await?),
        ArchivedName::UserName(name) => {
            let Some(holder) = deletions::closed_of_name(tx, name).await? else { return Ok(None) };
            if let Some(other) = tombstone_of(holder) {
                deletions::rename(tx, holder, &other).await?;
            }
            Ok(Some(holder))
        }
    }
}

/// Whether name and address of an account to be may be given: nobody takes those of a deleted or erased person,
/// nor an address that its former holder may yet take back.
pub(super) async fn may_be_taken(app: &App, tx: &mut Tx, account: &Account) -> Result<(), ActionError> {
    if name_is_archived(app, tx, &account.user_name).await? {
        return Err(ActionError::Taken(Constraint::UserName));
    }
    match account.email.as_deref().and_then(|email| email.parse::<Email>().ok()) {
        Some(email) if email_is_kept(app, tx, &email, account.id).await? => {
            Err(ActionError::Taken(Constraint::Email))
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether a user name stays taken after its holder was deleted or erased.
pub(in crate::actions) async fn name_is_archived(
    app: &App,
    tx: &mut Tx,
    name: &UserName,
) -> Result<bool, ActionError> {
    let digests = digests(app, Kind::UserName, name.as_str());
    Ok(erasure::is_archived(tx, Kind::UserName, &digests).await?)
}

/// Whether an address is kept from an account though nobody holds it: its holder was deleted or erased, or may yet
/// take it back.
pub(in crate::actions) async fn email_is_kept(
    app: &App,
    tx: &mut Tx,
    email: &Email,
    wanted_by: AccountId,
) -> Result<bool, ActionError> {
    let digests = digests(app, Kind::Email, &email.canonical());
    let archived = erasure::is_archived(tx, Kind::Email, &digests).await?;
    let reserved = address_changes::is_reserved(tx, email, wanted_by, app.clock.now()).await?;
    Ok(archived || reserved)
}

/// Who keeps an address from being given to an account.
pub(in crate::actions) enum Keeper {
    /// Nobody.
    Nobody,
    /// An account that never proved it: whoever does takes it.
    Usurper(Account),
    /// An account that did.
    Owner(Account),
    /// Its holder was deleted or erased, or may yet take it back.
    Archive,
}

/// Who keeps an address from being given to this account. Asks the same of every address.
pub(in crate::actions) async fn keeper(
    app: &App,
    tx: &mut Tx,
    email: &Email,
    wanted_by: AccountId,
) -> Result<Keeper, ActionError> {
    let kept = email_is_kept(app, tx, email, wanted_by).await?;
    let holder = claims::holder(tx, email).await?.filter(|holder| holder.id != wanted_by);
    Ok(match holder {
        Some(holder) if holder.status == AccountStatus::Closed => Keeper::Archive,
        Some(holder) if holder.validated => Keeper::Owner(holder),
        Some(_) | None if kept => Keeper::Archive,
        Some(holder) => Keeper::Usurper(holder),
        None => Keeper::Nobody,
    })
}

/// Somebody proved an address: an account that only said that it was its own loses it, with its links.
pub(in crate::actions) async fn dispossess(
    app: &App,
    tx: &mut Tx,
    usurper: AccountId,
) -> Result<(), ActionError> {
    claims::release(tx, usurper).await?;
    for purpose in [Purpose::Validate, Purpose::Delete, Purpose::Reset] {
        email_links::end_of(tx, usurper, purpose, app.clock.now()).await?;
    }
    tx.change(Change::Account(usurper));
    tx.audit(Actor::gate().entry("account.address-lost", format!("account {usurper}")));
    Ok(())
}

/// Keeps the names of an account from everybody. An address that is somebody else's by now stays theirs.
pub(in crate::actions) async fn archive(
    app: &App,
    tx: &mut Tx,
    account: &Account,
) -> Result<(), ActionError> {
    for (kind, name) in names(account) {
        if kind == Kind::Email && is_of_another(tx, &name, account.id).await? {
            continue;
        }
        if let Some(digest) = digests(app, kind, &name).pop() {
            erasure::archive(tx, kind, digest, app.clock.now()).await?;
        }
    }
    Ok(())
}

/// Takes the names of an account out of the archive, for it to have them back.
pub(in crate::actions) async fn restore(
    app: &App,
    tx: &mut Tx,
    account: &Account,
) -> Result<(), ActionError> {
    for (kind, name) in names(account) {
        erasure::release(tx, kind, &digests(app, kind, &name)).await?;
    }
    Ok(())
}

async fn is_of_another(tx: &mut Tx, canonical: &str, own: AccountId) -> Result<bool, ActionError> {
    let Ok(email) = canonical.parse::<Email>() else { return Ok(false) };
    Ok(claims::holder(tx, &email).await?.is_some_and(|holder| holder.id != own))
}

/// The name that an erased account goes by. It holds the account's id, so that it is nobody else's.
pub(super) fn tombstone(account: &Account) -> UserName {
    tombstone_of(account.id).unwrap_or_else(|| account.user_name.clone())
}

fn tombstone_of(id: AccountId) -> Option<UserName> {
    format!("erased-{id}").parse().ok()
}

fn names(account: &Account) -> Vec<(Kind, String)> {
    let email = account.email.as_deref().and_then(|email| email.parse::<Email>().ok());
    let email = email.map(|email| (Kind::Email, email.canonical()));
    let mut names = vec![(Kind::UserName, account.user_name.to_string())];
    names.extend(email);
    names
}

fn written(name: &ArchivedName) -> (Kind, String) {
    match name {
        ArchivedName::UserName(name) => (Kind::UserName, name.to_string()),
        ArchivedName::Address(email) => (Kind::Email, email.canonical()),
    }
}

/// The digests of a name under every pepper, that of the current one last.
fn digests(app: &App, kind: Kind, name: &str) -> Vec<NameDigest> {
    let keyring = app.keyring.load();
    let text = format!("{} {name}", kind.as_str());
    let (current, version) = keyring.digest(text.as_bytes());
    let others = keyring.peppers().iter().filter(|pepper| pepper.version() != version);
    let mut all: Vec<_> = others.map(|pepper| (pepper.digest(text.as_bytes()), pepper.version())).collect();
    all.push((current, version));
    all
}

//! Erasure of a person, and what keeps their names from others. The account's row and the entries about it
//! stay; who it was does not.

use super::super::actor::Actor;
use super::super::error::{ActionError, Noun};
use super::super::events::{self, Event};
use super::{by_name, close, subject};
use crate::app::App;
use crate::model::account::{Account, AccountStatus, UserName};
use crate::model::change::Change;
use crate::model::email::Email;
use crate::store::erasure::{self, Kind, NameDigest};
use crate::store::{Constraint, Tx, accounts, audit, claims};

/// Erases a person, after closing the account if that was not done before. Name and address stay taken.
///
/// # Errors
/// `Denied` for all but administrators, `Missing`, or what closing says.
pub async fn erase(app: &App, actor: &Actor, name: &UserName) -> Result<Account, ActionError> {
    actor.needs_person()?;
    let mut tx = app.store.begin().await?;
    actor.administers(&mut tx).await?;
    drop(tx);
    let found = by_name(app, name).await?;
    if found.user_name == tombstone(&found) {
        return Ok(found);
    }
    if found.status != AccountStatus::Closed {
        close(app, actor, name).await?;
    }
    let mut tx = app.store.begin().await?;
    actor.administers(&mut tx).await?;
    let account = accounts::hold(&mut tx, found.id).await?.ok_or(ActionError::Missing(Noun::Account))?;
    let held = claims::is_held(&mut tx, account.id).await?;
    // An address that the account only names is somebody else's.
    let email = account.email.clone().filter(|_| held);
    let account = Account { email, ..account };
    let now = app.clock.now();
    let tombstone = tombstone(&account);
    for (kind, name) in names(&account) {
        if let Some(digest) = digests(app, kind, &name).pop() {
            erasure::archive(&mut tx, kind, digest, now).await?;
        }
    }
    erasure::erase(&mut tx, &account, &tombstone, now).await?;
    events::note(app, &mut tx, Event::AccountErased(&account)).await?;
    let entries = audit::erase_personal(&mut tx, account.id).await?;
    let mut entry = actor.entry("account.erased", subject(&account));
    entry.detail = format!("entries={entries}");
    tx.audit(entry);
    tx.change(Change::Account(account.id));
    app.commit(tx).await?;
    Ok(Account {
        user_name: tombstone,
        email: None,
        display_name: "".into(),
        validated: false,
        office: None,
        ..account
    })
}

/// Whether name and address of an account to be may be given: nobody takes those of an erased person.
pub(super) async fn may_be_taken(app: &App, tx: &mut Tx, account: &Account) -> Result<(), ActionError> {
    for (kind, name) in names(account) {
        if erasure::is_archived(tx, kind, &digests(app, kind, &name)).await? {
            return Err(ActionError::Taken(match kind {
                Kind::UserName => Constraint::UserName,
                Kind::Email => Constraint::Email,
            }));
        }
    }
    Ok(())
}

/// Whether a user name stays taken after its holder was erased.
pub(in crate::actions) async fn name_is_archived(
    app: &App,
    tx: &mut Tx,
    name: &UserName,
) -> Result<bool, ActionError> {
    let digests = digests(app, Kind::UserName, name.as_str());
    Ok(erasure::is_archived(tx, Kind::UserName, &digests).await?)
}

/// Whether an address stays taken after its holder was erased.
pub(in crate::actions) async fn email_is_archived(
    app: &App,
    tx: &mut Tx,
    email: &Email,
) -> Result<bool, ActionError> {
    let digests = digests(app, Kind::Email, &email.canonical());
    Ok(erasure::is_archived(tx, Kind::Email, &digests).await?)
}

/// The name that an erased account goes by. It holds the account's id, so that it is nobody else's.
fn tombstone(account: &Account) -> UserName {
    let name = format!("erased-{}", account.id).parse();
    name.unwrap_or_else(|_| account.user_name.clone())
}

fn names(account: &Account) -> Vec<(Kind, String)> {
    let email = account.email.as_deref().and_then(|email| email.parse::<Email>().ok());
    let email = email.map(|email| (Kind::Email, email.canonical().to_string()));
    let mut names = vec![(Kind::UserName, account.user_name.to_string())];
    names.extend(email);
    names
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

//! Validation of an address: a letter with three links to whoever reads mail there, and what the first of them
//! does. A new letter ends the links of the one before.

use super::account::email_is_kept;
use super::actor::{Actor, Origin};
use super::email_link::{self, Followed, Wanted};
use super::error::{ActionError, Denied, Noun, Rule};
use super::events::{self, Event};
use super::post::{self, Cause, Envelope, Put};
use crate::app::App;
use crate::mail::Letter;
use crate::model::account::{Account, AccountKind, AccountStatus, UserName};
use crate::model::change::Change;
use crate::model::email::Email;
use crate::model::email_link::Purpose;
use crate::secret::Secret;
use crate::store::{Tx, accounts, claims, email_links};
use crate::words::Language;

/// What a validation link leads to, for the page that asks.
pub enum Standing {
    /// It validates this account.
    Ready(Account),
    /// The account is validated already.
    Done(Account),
}

/// Sends the actor a letter to validate their own address with; links of earlier letters end (S2-16, S2-22).
///
/// # Errors
/// `Denied`, `Refused` for accounts without an address or validated already, `TooManyLetters`.
pub async fn request(app: &App, actor: &Actor) -> Result<(), ActionError> {
    actor.needs_person()?;
    let own = actor.account().ok_or(Denied::NotOwner)?;
    post::may_ask(app, actor.origin).await?;
    let mut tx = app.store.begin().await?;
    let account = accounts::hold(&mut tx, own).await?.ok_or(ActionError::Missing(Noun::Account))?;
    if account.status != AccountStatus::Active {
        return Err(Denied::Inactive.into());
    }
    if claim_and_send(app, actor, &mut tx, &account).await? == Put::Held {
        return Err(ActionError::TooManyLetters);
    }
    app.commit(tx).await?;
    Ok(())
}

/// The same for another account, by whoever holds an office (S2-06).
///
/// # Errors
/// `Denied`, `Missing`, and as [`request`].
pub async fn request_for(app: &App, actor: &Actor, name: &UserName) -> Result<Account, ActionError> {
    actor.needs_person()?;
    let mut tx = app.store.begin().await?;
    actor.office(&mut tx).await?.ok_or(Denied::NotAdministrator)?;
    let found = super::account::by_name(app, name).await?;
    let account = accounts::hold(&mut tx, found.id).await?.ok_or(ActionError::Missing(Noun::Account))?;
    if account.status == AccountStatus::Closed {
        return Err(Rule::AccountClosed.into());
    }
    if claim_and_send(app, actor, &mut tx, &account).await? == Put::Held {
        return Err(ActionError::TooManyLetters);
    }
    app.commit(tx).await?;
    Ok(account)
}

/// The same for an account that may only name its address: it takes the address if that is free, and gets its
/// letter. Otherwise whoever reads mail there is told that somebody tried, and nothing else differs.
pub(super) async fn claim_and_send(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    account: &Account,
) -> Result<Put, ActionError> {
    let email = unproved(account)?;
    let held = claims::is_held(tx, account.id).await?;
    if held
        || (!email_is_kept(app, tx, &email, account.id).await?
            && claims::take(tx, account.id, &email).await?)
    {
        tx.change(Change::Account(account.id));
        return send(app, actor, tx, account).await;
    }
    let language = match claims::holder(tx, &email).await? {
        Some(holder) => post::language(app, holder.id, actor.origin).await?,
        None => actor.origin.language.unwrap_or(Language::English),
    };
    let letter = Letter::to("", language, "registered").says("text", &[]).says("what", &[]);
    let letter = letter.fact("address", email.as_str());
    let letter = match actor.origin.address {
        Some(address) => letter.fact("where", &address.to_string()),
        None => letter,
    };
    let letter = letter.when(app.clock.now());
    let cause = Cause::Asked(actor.origin);
    let put =
        post::put(app, tx, Envelope { to: email, account: None, expires_at: None, cause }, &letter).await?;
    tx.audit(actor.entry("validation.requested", format!("account {}", account.id)));
    Ok(put)
}

/// Puts the letter with the three links into the post (S2-25): validate, secure, not mine.
pub(super) async fn send(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    account: &Account,
) -> Result<Put, ActionError> {
    let email = unproved(account)?;
    email_links::next_generation(tx, account.id).await?;
    let target = Some(email.as_str());
    let link = |purpose, life| Wanted { account: Some(account.id), purpose, target, life };
    let links = app.config.load().links;
    let validate = email_link::issue(app, tx, link(Purpose::Validate, None)).await?;
    let secure = email_link::issue(app, tx, link(Purpose::Reset, Some(links.validation))).await?;
    let delete = email_link::issue(app, tx, link(Purpose::Delete, None)).await?;
    let letter = post::letter_to(app, account, actor.origin, "validate").await?;
    let letter = letter
        .says("text", &[])
        .does("button", validate.url, validate.expires_at)
        .or_does("secure", secure.url, secure.expires_at)
        .or_does("delete", delete.url, delete.expires_at);
    let letter = about(letter, account, &email, actor.origin).when(app.clock.now());
    let cause = Cause::Asked(actor.origin);
    let envelope =
        Envelope { to: email, account: Some(account.id), expires_at: Some(validate.expires_at), cause };
    let put = post::put(app, tx, envelope, &letter).await?;
    tx.audit(actor.entry("validation.requested", format!("account {}", account.id)));
    Ok(put)
}

/// Which account, which address, and from where somebody asked.
pub(super) fn about(letter: Letter, account: &Account, email: &Email, origin: Origin) -> Letter {
    let letter = letter.fact("account", account.user_name.as_str()).fact("address", email.as_str());
    match origin.address {
        Some(address) => letter.fact("where", &address.to_string()),
        None => letter,
    }
}

/// What a validation link would do. Changes nothing.
///
/// # Errors
/// `Missing` for a link that does not work.
pub async fn peek(app: &App, text: &Secret<String>) -> Result<Standing, ActionError> {
    match email_link::follow(app, text, Purpose::Validate).await? {
        Followed::Usable(link, account) if link.target == account.email && !account.validated => {
            Ok(Standing::Ready(account))
        }
        Followed::Used(link, account) if link.target == account.email && account.validated => {
            Ok(Standing::Done(account))
        }
        Followed::Usable(..) | Followed::Used(..) => Err(ActionError::Missing(Noun::Link)),
    }
}

/// Validates the actor's own address with the link that was mailed there (S2-02). Links that delete the account
/// end with it (S2-14).
///
/// # Errors
/// `Missing` for a link that does not work, `Denied` for one of another account: it still works then.
pub async fn validate(app: &App, actor: &Actor, text: &Secret<String>) -> Result<Account, ActionError> {
    actor.needs_person()?;
    let own = actor.account().ok_or(Denied::NotOwner)?;
    let mut tx = app.store.begin().await?;
    let account = accounts::hold(&mut tx, own).await?.ok_or(ActionError::Missing(Noun::Account))?;
    let link = email_link::consume(app, &mut tx, text, Purpose::Validate).await?;
    if link.account != Some(own) {
        return Err(Denied::NotOwner.into());
    }
    if account.status != AccountStatus::Active {
        return Err(Denied::Inactive.into());
    }
    if link.target != account.email {
        return Err(ActionError::Missing(Noun::Link));
    }
    let account = prove(app, actor, &mut tx, account).await?;
    app.commit(tx).await?;
    Ok(account)
}

/// Makes an address count as proved, inside the transaction of what proved it, and says so by mail (S2-20).
pub(super) async fn prove(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    account: Account,
) -> Result<Account, ActionError> {
    let now = app.clock.now();
    accounts::set_validated(tx, account.id).await?;
    for purpose in [Purpose::Validate, Purpose::Delete, Purpose::Reset] {
        email_links::end_of(tx, account.id, purpose, now).await?;
    }
    tx.change(Change::Account(account.id));
    tx.audit(actor.entry("account.validated", format!("account {}", account.id)));
    let account = Account { validated: true, ..account };
    events::note(app, tx, Event::AccountValidated(&account)).await?;
    if let Some(email) = account.email.as_deref().and_then(|email| email.parse::<Email>().ok()) {
        let letter = post::letter_to(app, &account, actor.origin, "validated").await?.says("text", &[]);
        let letter = about(letter, &account, &email, actor.origin).when(now);
        let envelope =
            Envelope { to: email, account: Some(account.id), expires_at: None, cause: Cause::Notice };
        post::put(app, tx, envelope, &letter).await?;
    }
    Ok(account)
}

/// The address of an account, where it is yet to be proved.
fn unproved(account: &Account) -> Result<Email, ActionError> {
    if account.kind != AccountKind::Person {
        return Err(Rule::ServiceAccount.into());
    }
    if account.validated {
        return Err(Rule::Validated.into());
    }
    let email = account.email.as_deref().and_then(|email| email.parse().ok());
    email.ok_or_else(|| Rule::NoAddress.into())
}

//! A reset that somebody with an office begins for a person. It is mailed to them; where no letter leaves this
//! machine, and for the operator, the link is handed over.

use super::super::actor::{Actor, Who};
use super::super::email_link::{self, Wanted};
use super::super::error::{ActionError, Denied, Rule};
use super::super::post::{self, Cause, Envelope, Put};
use super::{held, subject};
use crate::app::App;
use crate::model::account::{Account, AccountKind, Office, UserName};
use crate::model::email::Email;
use crate::model::email_link::Purpose;
use crate::secret::Secret;
use crate::store::Tx;
use crate::time::Timestamp;

/// A reset that was begun.
pub struct Begun {
    /// The whole address of the link: not to be shown where it was mailed, since nobody chooses a password for
    /// another.
    pub url: Secret<String>,
    /// When it ceases to work unused.
    pub expires_at: Timestamp,
    /// Where it was mailed, if it was.
    pub mailed_to: Option<Email>,
}

/// Makes a link with which a person sets a password. Support may do this for people without an office.
///
/// # Errors
/// `Denied`, `Missing`, `Refused` for services and closed accounts, or `TooManyLetters` to this address.
pub async fn reset(app: &App, actor: &Actor, name: &UserName) -> Result<Begun, ActionError> {
    actor.needs_person()?;
    let mut tx = app.store.begin().await?;
    let office = actor.office(&mut tx).await?;
    let account = held(app, &mut tx, name).await?;
    match office {
        Some(Office::Administrator) => {}
        Some(Office::Support) if account.office.is_none() => {}
        Some(Office::Support) | None => return Err(Denied::NotAdministrator.into()),
    }
    if account.kind != AccountKind::Person {
        return Err(Rule::ServiceAccount.into());
    }
    let target = account.email.as_deref();
    let link = Wanted { account: Some(account.id), purpose: Purpose::Reset, target, life: None };
    let link = email_link::issue(app, &mut tx, link).await?;
    let mut begun = Begun { url: link.url, expires_at: link.expires_at, mailed_to: None };
    let email = account.email.as_deref().and_then(|email| email.parse::<Email>().ok());
    let by_mail = app.mailer.load().leaves() && matches!(actor.who, Who::Account { .. });
    if let Some(email) = email.filter(|_| by_mail) {
        mail(app, actor, &mut tx, (&account, &email, &begun)).await?;
        begun.mailed_to = Some(email);
    }
    let mut entry = actor.entry("account.reset-begun", subject(&account));
    entry.detail = if begun.mailed_to.is_some() { "link=mailed" } else { "link=shown" }.to_owned();
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(begun)
}

/// Puts the letter with the link into the post.
async fn mail(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    (account, email, begun): (&Account, &Email, &Begun),
) -> Result<(), ActionError> {
    let letter = post::letter_to(app, account, actor.origin, "reset-begun").await?;
    let url = Secret::new(begun.url.expose().clone());
    let letter = letter.says("text", &[]).does("button", url, begun.expires_at);
    let letter = letter.fact("account", account.user_name.as_str()).when(app.clock.now());
    let cause = Cause::Asked(actor.origin);
    let (to, expires_at) = (email.clone(), Some(begun.expires_at));
    let envelope = Envelope { to, account: Some(account.id), expires_at, cause };
    match post::put(app, tx, envelope, &letter).await? {
        Put::Queued => Ok(()),
        Put::Held => Err(ActionError::TooManyLetters),
    }
}

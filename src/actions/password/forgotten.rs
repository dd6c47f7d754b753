//! A forgotten password: whoever asks gets the same answer for the same work, whether or not anybody has the
//! name. The post looks the name up where nobody waits, and writes to the address of the account that
//! has it; to anybody else nothing is ever sent.

use super::super::actor::Origin;
use super::super::email_link::{self, Wanted};
use super::super::error::ActionError;
use super::super::post::{self, Cause, Envelope, Wish};
use super::subject;
use crate::app::App;
use crate::model::account::{Account, AccountKind, AccountStatus, UserName};
use crate::model::audit::AuditActor;
use crate::model::email::Email;
use crate::model::email_link::Purpose;
use crate::model::id::OutboxId;
use crate::store::{accounts, outbox};
use crate::words::Language;

/// Most characters of a typed name that are looked at: longer than any name or address.
const LONGEST: usize = 320;

/// Asks for a letter with a link that sets a password anew.
///
/// # Errors
/// `TooManyLetters` from this source; never anything that depends on the name.
pub async fn ask(app: &App, origin: Origin, typed: &str) -> Result<(), ActionError> {
    post::may_ask(app, origin).await?;
    let name = typed.trim().chars().take(LONGEST).collect();
    let language = origin.language.unwrap_or(Language::English).tag().to_owned();
    let address = origin.address.map(|address| address.to_string());
    let mut tx = app.store.begin().await?;
    post::wish(app, &mut tx, origin, Wish::Reset { name, language, address }).await?;
    tx.audit(origin.entry(AuditActor::Stranger, "password.reset-asked", "password".to_owned()));
    app.commit(tx).await?;
    Ok(())
}

/// Grants the wish where there is somebody to grant it to.
pub(in crate::actions) async fn grant(
    app: &App,
    id: OutboxId,
    name: &str,
    origin: Origin,
) -> Result<(), ActionError> {
    let Some((account, email)) = somebody(app, name).await? else { return Ok(()) };
    let mut tx = app.store.begin().await?;
    // Granted once, also when the program ends between this and the note that it was.
    if !outbox::granted(&mut tx, id, app.clock.now()).await? {
        return Ok(());
    }
    let target = account.email.as_deref();
    let link = Wanted { account: Some(account.id), purpose: Purpose::Reset, target, life: None };
    let link = email_link::issue(app, &mut tx, link).await?;
    let end = link.expires_at;
    let letter = post::letter_to(app, &account, origin, "reset").await?;
    let letter = letter.says("text", &[]).does("button", link.url, end);
    let letter = letter.fact("account", account.user_name.as_str()).when(app.clock.now());
    let letter = match origin.address {
        Some(address) => letter.fact("where", &address.to_string()),
        None => letter,
    };
    let letter = letter.notes("not-you", &[]);
    let cause = Cause::Asked(Origin { address: None, ..origin });
    let envelope = Envelope { to: email, account: Some(account.id), expires_at: Some(end), cause };
    if post::put(app, &mut tx, envelope, &letter).await? == post::Put::Held {
        return Ok(());
    }
    tx.audit(origin.entry(AuditActor::Stranger, "password.reset-mailed", subject(&account)));
    app.commit(tx).await?;
    Ok(())
}

/// The account that is meant, and where it is written to: one that may sign in with a password.
async fn somebody(app: &App, typed: &str) -> Result<Option<(Account, Email)>, ActionError> {
    let found = match (typed.parse::<Email>(), typed.to_lowercase().parse::<UserName>()) {
        (Ok(email), _) => accounts::by_email(&app.store, &email).await?,
        (Err(_), Ok(name)) => accounts::by_user_name(&app.store, &name).await?,
        (Err(_), Err(_)) => None,
    };
    let found =
        found.filter(|found| found.kind == AccountKind::Person && found.status == AccountStatus::Active);
    Ok(found.and_then(|account| {
        let email = account.email.as_deref()?.parse().ok()?;
        Some((account, email))
    }))
}

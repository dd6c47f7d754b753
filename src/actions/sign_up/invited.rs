//! Signing up with an invitation: a code is mailed to the invited address, and whoever types it in the same
//! browser gets an account whose address is proved, and what the invitation promised (S4-08).

use super::super::account::{self, NewPerson};
use super::super::actor::{Actor, Origin};
use super::super::error::{ActionError, Noun, Rule};
use super::super::invitation::{self, Accepted, Opened, PAUSE, Standing};
use super::super::password::{self, kept};
use super::super::post::{self, Cause, Envelope, Put};
use super::super::sign_in::{self, SignedIn, Visit};
use super::{Choice, budgeted, failed, free};
use crate::app::App;
use crate::mail::Letter;
use crate::model::account::Account;
use crate::model::audit::AuditActor;
use crate::model::change::Change;
use crate::model::email::Email;
use crate::model::email_link::Purpose;
use crate::model::id::SignUpId;
use crate::secret::{Secret, token};
use crate::store::sign_ups::{self, SignUp};
use crate::store::{StoreError, Tx, accounts, claims, email_links, invitations};
use crate::time::Timestamp;
use crate::words::Language;

/// How often a code may be tried.
const TRIES: i64 = 5;

/// Digits of a code.
const DIGITS: usize = 8;

/// A sign-up that waits for its code.
pub struct Waiting {
    /// Where the code was sent.
    pub email: String,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// The chosen name.
    pub user_name: String,
}

/// Somebody who signed up is in.
pub struct Entered {
    /// The session.
    pub begun: SignedIn,
    /// What the invitation gave.
    pub accepted: Accepted,
}

/// Begins a sign-up: keeps what was chosen, and mails a code to the invited address.
///
/// # Errors
/// `Missing` for an invitation that does not work, `Taken` for a name, `Password`, `Busy`, `TooManyLetters`,
/// `Wait`.
pub async fn begin(
    app: &App,
    origin: Origin,
    (invitation, browser): (&Secret<String>, &Secret<String>),
    choice: Choice,
) -> Result<(), ActionError> {
    let Standing::Waiting(found) = invitation::peek(app, invitation).await? else {
        return Err(ActionError::Missing(Noun::Invitation));
    };
    post::may_ask(app, origin).await?;
    free(app, origin, &choice.user_name).await?;
    let Choice { user_name, shown_name, password } = choice;
    let new = person(user_name.clone(), shown_name.clone(), &found.email);
    let hashed = password::hashed_for(app, &new, password).await?;
    let (now, id) = (app.clock.now(), SignUpId::mint());
    let code = minted();
    let under_way = SignUp {
        id,
        invitation: found.id,
        user_name,
        shown_name,
        password: hashed.into_row(),
        code: digest(app, id, &code),
        tries: 0,
        sent_at: now,
        expires_at: now.plus(app.config.load().links.code),
    };
    let mut tx = app.store.begin().await?;
    sign_ups::begin(&mut tx, &token::session_digest(browser.expose().as_bytes()), &under_way).await?;
    mail(app, origin, &mut tx, (&found, &under_way), code).await?;
    app.commit(tx).await?;
    Ok(())
}

/// The sign-up of a browser, for the page that asks for the code.
///
/// # Errors
/// `Missing` where none is under way.
pub async fn waiting(app: &App, browser: &Secret<String>) -> Result<Waiting, ActionError> {
    let under_way = of(app, browser).await?;
    let found = invitations::by_id(&app.store, under_way.invitation).await?;
    let found = found.ok_or(ActionError::Missing(Noun::SignUp))?;
    Ok(Waiting {
        email: found.invitation.email.to_string(),
        expires_at: under_way.expires_at,
        user_name: under_way.user_name.to_string(),
    })
}

/// Mails another code; the one before ends.
///
/// # Errors
/// `Missing` where no sign-up is under way, `Refused` within a minute of the last code, `TooManyLetters`.
pub async fn send_again(app: &App, origin: Origin, browser: &Secret<String>) -> Result<(), ActionError> {
    let under_way = of(app, browser).await?;
    let now = app.clock.now();
    if now.since(under_way.sent_at) < PAUSE {
        return Err(Rule::TooSoon.into());
    }
    post::may_ask(app, origin).await?;
    let (tx, home, found) = invitation::waiting(app, under_way.invitation).await?;
    let mut tx = tx;
    let email = found.invitation.email.parse().map_err(|_| unreadable())?;
    let code = minted();
    let expires_at = now.plus(app.config.load().links.code);
    let code_digest = digest(app, under_way.id, &code);
    let renewed = SignUp { code: code_digest, tries: 0, sent_at: now, expires_at, ..under_way };
    sign_ups::renew(&mut tx, &renewed).await?;
    letter(app, origin, &mut tx, (&home.name, &email, expires_at), code).await?;
    note(origin, &mut tx, &renewed, "sign-up.code-sent-anew");
    app.commit(tx).await?;
    Ok(())
}

/// Takes the code: makes the account, accepts the invitation with it, and signs in.
///
/// # Errors
/// `Missing` where no sign-up is under way or its invitation does not work any more, `Refused` for the code,
/// `Taken` when name or address were taken meanwhile, `Wait`.
pub async fn complete(
    app: &App,
    origin: Origin,
    (browser, typed): (&Secret<String>, &Secret<String>),
    by: Visit,
) -> Result<Entered, ActionError> {
    budgeted(app, origin)?;
    let under_way = of(app, browser).await?;
    if !sign_ups::try_code(&app.store, under_way.id, TRIES, app.clock.now()).await? {
        return Err(Rule::CodeOver.into());
    }
    if !is_code(app, &under_way, typed) {
        failed(app, origin);
        return Err(Rule::WrongCode.into());
    }
    let (mut tx, home, found) = invitation::waiting(app, under_way.invitation).await?;
    if !sign_ups::end(&mut tx, &under_way).await? {
        return Err(ActionError::Missing(Noun::SignUp));
    }
    let email: Email = found.invitation.email.parse().map_err(|_| unreadable())?;
    dispossess(app, origin, &mut tx, &email).await?;
    let actor = Actor { origin, ..Actor::gate() };
    let new = person(under_way.user_name.clone(), under_way.shown_name.clone(), &email);
    let account = account::insert_person(app, &actor, &mut tx, new).await?;
    kept::put(app, &mut tx, account.id, &kept::Hashed::from_row(under_way.password)).await?;
    if let Some(language) = origin.language {
        accounts::set_language(&mut tx, account.id, language.tag()).await?;
    }
    let accepted = invitation::fulfil(app, origin, &mut tx, (&home, &found), account).await?;
    welcome(app, origin, &mut tx, (&accepted.account, &email)).await?;
    let begun = sign_in::enter(app, origin, &mut tx, &accepted.account, by).await?;
    app.commit(tx).await?;
    Ok(Entered { begun, accepted })
}

/// The address is proved: an account that only said that it was its own loses it, with its links.
async fn dispossess(app: &App, origin: Origin, tx: &mut Tx, email: &Email) -> Result<(), ActionError> {
    let Some(holder) = claims::holder(tx, email).await?.filter(|holder| !holder.validated) else {
        return Ok(());
    };
    let now = app.clock.now();
    claims::release(tx, holder.id).await?;
    for purpose in [Purpose::Validate, Purpose::Delete, Purpose::Reset] {
        email_links::end_of(tx, holder.id, purpose, now).await?;
    }
    tx.change(Change::Account(holder.id));
    tx.audit(origin.entry(AuditActor::Gate, "account.address-lost", format!("account {}", holder.id)));
    Ok(())
}

/// Tells the new holder that there is an account (S2-08).
async fn welcome(
    app: &App,
    origin: Origin,
    tx: &mut Tx,
    (account, email): (&Account, &Email),
) -> Result<(), ActionError> {
    let language = origin.language.unwrap_or(Language::English);
    let letter = Letter::to(&account.display_name, language, "signed-up").says("text", &[]);
    let letter = letter.fact("account", account.user_name.as_str()).fact("address", email.as_str());
    let letter = letter.when(app.clock.now());
    let envelope =
        Envelope { to: email.clone(), account: Some(account.id), expires_at: None, cause: Cause::Notice };
    post::put(app, tx, envelope, &letter).await?;
    Ok(())
}

async fn mail(
    app: &App,
    origin: Origin,
    tx: &mut Tx,
    (found, under_way): (&Opened, &SignUp),
    code: Secret<String>,
) -> Result<(), ActionError> {
    letter(app, origin, tx, (&found.organisation, &found.email, under_way.expires_at), code).await?;
    note(origin, tx, under_way, "sign-up.begun");
    Ok(())
}

async fn letter(
    app: &App,
    origin: Origin,
    tx: &mut Tx,
    (home, email, until): (&str, &Email, Timestamp),
    code: Secret<String>,
) -> Result<(), ActionError> {
    let language = origin.language.unwrap_or(Language::English);
    let grouped = code.expose().split_at_checked(DIGITS / 2).map(|(a, b)| format!("{a} {b}"));
    let letter = Letter::to("", language, "code").says("text", &[("organisation", home)]);
    let letter = letter.code(grouped.map_or(code, Secret::new)).until(until).when(app.clock.now());
    let letter = match origin.address {
        Some(address) => letter.fact("where", &address.to_string()),
        None => letter,
    };
    let letter = letter.notes("not-you", &[]);
    let cause = Cause::Asked(origin);
    let envelope = Envelope { to: email.clone(), account: None, expires_at: Some(until), cause };
    match post::put(app, tx, envelope, &letter).await? {
        Put::Queued => Ok(()),
        Put::Held => Err(ActionError::TooManyLetters),
    }
}

async fn of(app: &App, browser: &Secret<String>) -> Result<SignUp, ActionError> {
    let browser = token::session_digest(browser.expose().as_bytes());
    let found = sign_ups::of_browser(&app.store, &browser).await?;
    found.ok_or(ActionError::Missing(Noun::SignUp))
}

fn person(
    user_name: crate::model::account::UserName,
    shown_name: crate::model::shown_name::ShownName,
    email: &Email,
) -> NewPerson {
    NewPerson { user_name, email: Some(email.clone()), shown_name, validated: true, office: None }
}

/// A code of random digits, each as likely as any other: bytes that would favour some are left out.
fn minted() -> Secret<String> {
    let mut code = Secret::new(String::with_capacity(DIGITS));
    while code.expose().len() < DIGITS {
        for byte in token::random::<DIGITS>().into_iter().filter(|byte| *byte < 250) {
            if code.expose().len() < DIGITS {
                code.edit(|text| text.push(char::from(b'0' + byte % 10)));
            }
        }
    }
    code
}

/// Keyed and bound to the sign-up: a stolen table tells no code.
fn digest(app: &App, id: SignUpId, code: &Secret<String>) -> [u8; 32] {
    app.keyring.load().digest(format!("sign-up code {id} {}", code.expose()).as_bytes()).0
}

/// Whether this is the code, however it was grouped. A pepper that was exchanged meanwhile does no harm.
fn is_code(app: &App, under_way: &SignUp, typed: &Secret<String>) -> bool {
    let digits: String = typed.expose().chars().filter(char::is_ascii_digit).collect();
    let typed = Secret::new(digits);
    let text = Secret::new(format!("sign-up code {} {}", under_way.id, typed.expose()));
    let keyring = app.keyring.load();
    let mut found = false;
    for pepper in keyring.peppers() {
        found |= token::same(&pepper.digest(text.expose().as_bytes()), &under_way.code);
    }
    found
}

fn note(origin: Origin, tx: &mut Tx, under_way: &SignUp, act: &'static str) {
    let subject = format!("invitation {}", under_way.invitation);
    let mut entry = origin.entry(AuditActor::Stranger, act, subject);
    entry.personal = Some(format!("user-name={}", under_way.user_name));
    tx.audit(entry);
}

const fn unreadable() -> ActionError {
    ActionError::Unavailable(StoreError::Corrupt { column: "invitation.email" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_eight_digits_and_never_the_same() {
        let codes: std::collections::HashSet<String> = (0..100).map(|_| minted().expose().clone()).collect();
        assert!(codes.len() > 95);
        assert!(codes.iter().all(|code| code.len() == DIGITS && code.bytes().all(|b| b.is_ascii_digit())));
    }
}

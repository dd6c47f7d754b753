//! One-time links: a token of 256 bits, kept only as a digest, bound to purpose, account, address and
//! generation. They are mailed, or printed where nobody has an address yet.

use std::time::Duration;

use super::error::{ActionError, Noun};
use crate::app::App;
use crate::config::Links;
use crate::model::account::Account;
use crate::model::email_link::{EmailLink, Purpose};
use crate::model::id::{AccountId, EmailLinkId};
use crate::secret::{Secret, token};
use crate::store::{Tx, accounts, email_links};
use crate::time::Timestamp;

/// A link that was just made: the only moment its token is known.
pub struct Issued {
    /// The whole address, on the configured public origin only.
    pub url: Secret<String>,
    /// When it ceases to work unused.
    pub expires_at: Timestamp,
}

/// A link to be made.
pub(super) struct Wanted<'a> {
    /// Whose link it is; nobody's for first set-up.
    pub account: Option<AccountId>,
    /// What it may be used for.
    pub purpose: Purpose,
    /// The address it is made for.
    pub target: Option<&'a str>,
    /// How long it works, if not as long as others of its purpose.
    pub life: Option<Duration>,
}

/// What a token leads to.
pub enum Followed {
    /// It would work.
    Usable(EmailLink, Account),
    /// It was used; a second visit by the same person is told that all is done.
    Used(EmailLink, Account),
}

/// How long a link of each purpose may wait.
const fn lifetime(links: &Links, purpose: Purpose) -> Duration {
    match purpose {
        Purpose::Reset => links.reset,
        Purpose::SetUp => Duration::from_secs(24 * 3600),
        Purpose::Validate | Purpose::Delete | Purpose::Change => links.validation,
        Purpose::UndoChange | Purpose::Recover => links.undo,
    }
}

/// Makes a link. One that sets a password, or sets the installation up, ends those before it; one that validates
/// or deletes lives with its account's generation; one that takes something back stands until it is used, so
/// that whoever holds the account cannot end it. The transaction notes nothing: whoever calls says in the
/// audit trail why.
///
/// # Errors
/// The store's.
pub(super) async fn issue(app: &App, tx: &mut Tx, wanted: Wanted<'_>) -> Result<Issued, ActionError> {
    let Wanted { account, purpose, target, life } = wanted;
    let now = app.clock.now();
    let config = app.config.load();
    match (account, purpose) {
        (None, _) => drop(email_links::end_unowned(tx, purpose, now).await?),
        (Some(account), Purpose::Reset) => drop(email_links::end_of(tx, account, purpose, now).await?),
        (Some(_), _) => {}
    }
    let generation = match account {
        Some(account) => email_links::generation(tx, account).await?,
        None => 0,
    };
    let text = token::mint_session_token();
    let expires_at = now.plus(life.unwrap_or_else(|| lifetime(&config.links, purpose)));
    let link = EmailLink {
        id: EmailLinkId::mint(),
        account,
        purpose,
        generation,
        target: target.map(Into::into),
        digest: token::session_digest(text.expose().as_bytes()),
        created_at: now,
        expires_at,
        used_at: None,
    };
    email_links::insert(tx, &link).await?;
    let origin = &config.public_url.origin;
    let url = Secret::new(format!("{origin}/.portcullis/{}/{}", path(purpose), text.expose()));
    Ok(Issued { url, expires_at })
}

/// What the token of a link of this purpose leads to. Changes nothing.
///
/// # Errors
/// `Missing` for a token that is unknown, too old, replaced, or of another purpose.
pub(super) async fn follow(
    app: &App,
    text: &Secret<String>,
    purpose: Purpose,
) -> Result<Followed, ActionError> {
    let gone = || ActionError::Missing(Noun::Link);
    let digest = token::session_digest(text.expose().as_bytes());
    let link = email_links::by_digest(&app.store, &digest).await?.filter(|link| link.purpose == purpose);
    let link = link.ok_or_else(gone)?;
    let account = accounts::by_id(&app.store, link.account.ok_or_else(gone)?).await?.ok_or_else(gone)?;
    if link.used_at.is_some() {
        return Ok(Followed::Used(link, account));
    }
    let usable = email_links::usable(&app.store, &digest, purpose, app.clock.now()).await?;
    usable.map(|link| Followed::Usable(link, account)).ok_or_else(gone)
}

/// Uses a link inside the transaction of what it is good for.
///
/// # Errors
/// `Missing` when it does not work, or not any more.
pub(super) async fn consume(
    app: &App,
    tx: &mut Tx,
    text: &Secret<String>,
    purpose: Purpose,
) -> Result<EmailLink, ActionError> {
    let digest = token::session_digest(text.expose().as_bytes());
    let used = email_links::consume(tx, &digest, purpose, app.clock.now()).await?;
    used.ok_or(ActionError::Missing(Noun::Link))
}

/// The page that a link of each purpose leads to.
const fn path(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SetUp => "set-up",
        Purpose::Reset => "reset-password",
        Purpose::Validate => "validate",
        Purpose::Delete => "delete-account",
        Purpose::Change => "confirm-address",
        Purpose::UndoChange => "undo-change",
        Purpose::Recover => "recover-account",
    }
}

//! One-time links: a token of 256 bits, kept only as a digest, bound to purpose, account, address and
//! generation. Until there is mail they are printed.

use std::time::Duration;

use super::error::ActionError;
use crate::app::App;
use crate::model::email_link::{EmailLink, Purpose};
use crate::model::id::{AccountId, EmailLinkId};
use crate::secret::{Secret, token};
use crate::store::{Tx, email_links};
use crate::time::Timestamp;

/// A link that was just made: the only moment its token is known.
pub struct Issued {
    /// The whole address, on the configured public origin only.
    pub url: Secret<String>,
    /// When it ceases to work unused.
    pub expires_at: Timestamp,
}

/// How long a link of each purpose may wait.
pub const fn lifetime(purpose: Purpose) -> Duration {
    const HOUR: u64 = 3600;
    match purpose {
        Purpose::Reset => Duration::from_secs(HOUR),
        Purpose::SetUp => Duration::from_secs(24 * HOUR),
        Purpose::Validate | Purpose::Delete | Purpose::UndoChange => Duration::from_secs(7 * 24 * HOUR),
    }
}

/// Makes a link of an account; earlier links of the account cease to work. The transaction notes nothing:
/// whoever calls says in the audit trail why.
///
/// # Errors
/// The store's.
pub async fn issue(
    app: &App,
    tx: &mut Tx,
    account: Option<AccountId>,
    purpose: Purpose,
    target: Option<&str>,
) -> Result<Issued, ActionError> {
    let now = app.clock.now();
    let generation = match account {
        Some(account) => email_links::next_generation(tx, account).await?,
        None => {
            email_links::end_unowned(tx, purpose, now).await?;
            0
        }
    };
    let text = token::mint_session_token();
    let expires_at = now.plus(lifetime(purpose));
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
    let origin = app.config.load().public_url.origin.clone();
    let url = Secret::new(format!("{origin}/.portcullis/{}/{}", path(purpose), text.expose()));
    Ok(Issued { url, expires_at })
}

/// The page that a link of each purpose leads to.
const fn path(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SetUp => "set-up",
        Purpose::Reset => "reset-password",
        Purpose::Validate => "validate",
        Purpose::Delete => "delete-account",
        Purpose::UndoChange => "undo-change",
    }
}

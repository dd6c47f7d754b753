//! Erasure: whatever names a person is taken out of the rows that stay for the sake of their history, and
//! the rows that only serve the person go. Names that were taken stay taken, as keyed digests.

use super::{Result, Tx};
use crate::model::account::{Account, UserName};
use crate::model::email::Email;
use crate::time::Timestamp;

/// What kind of name is archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A user name.
    UserName,
    /// An e-mail address in canonical form.
    Email,
}

impl Kind {
    /// The word used in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserName => "user-name",
            Self::Email => "email",
        }
    }
}

/// A name as its keyed digest, with the version of the pepper that made it.
pub type NameDigest = ([u8; 32], u32);

/// Takes a person out of every row but the audit trail's. The account's row stays under another name, which
/// nobody can take; nothing tells who it was.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn erase(tx: &mut Tx, account: &Account, tombstone: &UserName, now: Timestamp) -> Result<()> {
    const ACCOUNT: &str = "UPDATE account SET user_name = $1, email = NULL, email_canonical = NULL,
        display_name = '', validated = $2, recover_until = NULL, recover_to = NULL WHERE id = $3";
    const KEYS: &str = "UPDATE api_key SET name = id, networks = '' WHERE account = $1";
    const ACCEPTED: &str = "UPDATE invitation SET email = '', email_canonical = '' WHERE accepted_by = $1";
    let id = account.id.to_string();
    run!(tx, ACCOUNT, tombstone.as_str(), false, id.as_str())?;
    run!(tx, "DELETE FROM factor WHERE account = $1", id.as_str())?;
    run!(tx, "DELETE FROM session WHERE account = $1", id.as_str())?;
    run!(tx, "DELETE FROM email_link WHERE account = $1", id.as_str())?;
    run!(tx, "DELETE FROM outbox WHERE account = $1", id.as_str())?;
    run!(tx, "DELETE FROM address_change WHERE account = $1", id.as_str())?;
    run!(tx, "DELETE FROM membership WHERE account = $1", id.as_str())?;
    run!(tx, KEYS, id.as_str())?;
    run!(tx, ACCEPTED, id.as_str())?;
    match account.email.as_deref().map(|email| (email, email.parse::<Email>())) {
        Some((email, Ok(address))) => erase_address(tx, email, &address.canonical(), now).await,
        Some((_, Err(_))) | None => Ok(()),
    }
}

/// Letters to the address go, whether sent or not; invitations that nobody accepted end.
async fn erase_address(tx: &mut Tx, email: &str, canonical: &str, now: Timestamp) -> Result<()> {
    const OPEN: &str = "UPDATE invitation SET email = '', email_canonical = '',
        cancelled_at = COALESCE(cancelled_at, $1) WHERE email_canonical = $2 AND accepted_at IS NULL";
    run!(tx, "DELETE FROM outbox WHERE recipient = $1 OR recipient_canonical = $2", email, canonical)?;
    run!(tx, "DELETE FROM email_link WHERE target = $1 OR target = $2", email, canonical)?;
    run!(tx, OPEN, now.millis(), canonical).map(drop)
}

/// Keeps a name from being given to anybody.
///
/// # Errors
/// As [`erase`].
pub async fn archive(tx: &mut Tx, kind: Kind, (digest, pepper): NameDigest, now: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO archived_name (kind, digest, pepper, archived_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (kind, digest) DO NOTHING";
    run!(tx, SQL, kind.as_str(), digest.as_slice(), i64::from(pepper), now.millis()).map(drop)
}

/// Lets a name be given again, by any of its digests. Whether it was archived.
///
/// # Errors
/// As [`erase`].
pub async fn release(tx: &mut Tx, kind: Kind, digests: &[NameDigest]) -> Result<bool> {
    const SQL: &str = "DELETE FROM archived_name WHERE kind = $1 AND digest = $2";
    let mut released = 0;
    for (digest, _) in digests {
        released += run!(tx, SQL, kind.as_str(), digest.as_slice())?;
    }
    Ok(released > 0)
}

/// Whether a name was archived, by any of its digests.
///
/// # Errors
/// As [`erase`].
pub async fn is_archived(tx: &mut Tx, kind: Kind, digests: &[NameDigest]) -> Result<bool> {
    const SQL: &str = "SELECT kind FROM archived_name WHERE kind = $1 AND digest = $2";
    for (digest, _) in digests {
        let found: Option<String> = on!(tx tx, db => sqlx::query_scalar(SQL)
            .bind(kind.as_str())
            .bind(digest.as_slice())
            .fetch_optional(db))?;
        if found.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

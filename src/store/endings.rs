//! What an ended grant, space or organisation takes along: credentials carried by keys, and invitations.

use super::{Result, StoreError, Tx, parsed};
use crate::model::api_key::{KeyId, KeyKind, KeyLocator};
use crate::model::credentials::Credentials;
use crate::model::id::{AccountId, OrganisationId};
use crate::time::Timestamp;

row! {
    struct KeyRow { id: String, account: String, kind: String, digest: Vec<u8>, credentials: String }
}

/// A key that still works, as far as its endings go.
#[derive(Debug, Clone)]
pub struct Carried {
    /// Its public id.
    pub id: KeyId,
    /// Whose it is.
    pub account: AccountId,
    /// How caches find it.
    pub locator: KeyLocator,
    /// What it carries.
    pub credentials: Vec<Credentials>,
}

impl KeyRow {
    fn read(self) -> Result<Carried> {
        let unreadable = || StoreError::Corrupt { column: "api_key.id" };
        let id = KeyId::from_ascii(self.id.as_bytes()).ok_or_else(unreadable)?;
        let locator = match KeyKind::from_word(&self.kind).ok_or_else(unreadable)? {
            KeyKind::Personal | KeyKind::Service => KeyLocator::Native(id),
            KeyKind::Imported => KeyLocator::Imported(self.digest.try_into().map_err(|_| unreadable())?),
        };
        let lines = self.credentials.lines().map(|line| parsed("api_key.credentials", line));
        let account = parsed("api_key.account", &self.account)?;
        Ok(Carried { id, account, locator, credentials: lines.collect::<Result<_>>()? })
    }
}

/// The keys of an account that still work.
///
/// # Errors
/// [`StoreError::Unavailable`], as every function here.
pub async fn live_keys(tx: &mut Tx, account: AccountId, now: Timestamp) -> Result<Vec<Carried>> {
    const SQL: &str = "SELECT id, account, kind, digest, credentials FROM api_key WHERE account = $1
        AND (revoked_at IS NULL OR revoked_at > $2) AND (expires_at IS NULL OR expires_at > $2)";
    let rows: Vec<KeyRow> = on!(tx tx, db => sqlx::query_as(SQL)
        .bind(account.to_string())
        .bind(now.millis())
        .fetch_all(db))?;
    rows.into_iter().map(KeyRow::read).collect()
}

/// The keys that still work and whose text of credentials contains `part`, whoever owns them.
///
/// # Errors
/// As [`live_keys`].
pub async fn live_keys_carrying(tx: &mut Tx, part: &str, now: Timestamp) -> Result<Vec<Carried>> {
    const SQL: &str = "SELECT id, account, kind, digest, credentials FROM api_key WHERE credentials LIKE $1
        AND (revoked_at IS NULL OR revoked_at > $2) AND (expires_at IS NULL OR expires_at > $2)";
    let rows: Vec<KeyRow> = on!(tx tx, db => sqlx::query_as(SQL)
        .bind(format!("%{part}%"))
        .bind(now.millis())
        .fetch_all(db))?;
    rows.into_iter().map(KeyRow::read).collect()
}

/// Leaves a key only these credentials.
///
/// # Errors
/// As [`live_keys`].
pub async fn narrow(tx: &mut Tx, key: KeyId, kept: &[Credentials]) -> Result<()> {
    let lines: Vec<String> = kept.iter().map(ToString::to_string).collect();
    run!(tx, "UPDATE api_key SET credentials = $1 WHERE id = $2", lines.join("\n"), key.as_str()).map(drop)
}

/// Cancels every open invitation to an organisation; how many there were.
///
/// # Errors
/// As [`live_keys`].
pub async fn invitations(tx: &mut Tx, organisation: OrganisationId, now: Timestamp) -> Result<u64> {
    const SQL: &str = "UPDATE invitation SET cancelled_at = $1
        WHERE organisation = $2 AND accepted_at IS NULL AND cancelled_at IS NULL";
    run!(tx, SQL, now.millis(), organisation.to_string())
}

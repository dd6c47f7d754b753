//! Rows of memberships: which account belongs to which organisation. Grants hang on them.

use super::{Result, Store, Tx, parsed};
use crate::model::id::{AccountId, OrganisationId};
use crate::time::Timestamp;

/// The organisations that an account belongs to.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn of_account(store: &Store, account: AccountId) -> Result<Vec<OrganisationId>> {
    const SQL: &str = "SELECT organisation FROM membership WHERE account = $1 ORDER BY created_at";
    let ids: Vec<String> =
        on!(read store, db => sqlx::query_scalar(SQL).bind(account.to_string()).fetch_all(db))?;
    ids.iter().map(|id| parsed("membership.organisation", id)).collect()
}

/// Whether an account belongs to an organisation.
///
/// # Errors
/// As [`of_account`].
pub async fn exists(store: &Store, account: AccountId, organisation: OrganisationId) -> Result<bool> {
    const SQL: &str = "SELECT account FROM membership WHERE account = $1 AND organisation = $2";
    let found: Option<String> = on!(read store, db => sqlx::query_scalar(SQL)
        .bind(account.to_string())
        .bind(organisation.to_string())
        .fetch_optional(db))?;
    Ok(found.is_some())
}

/// Makes an account a member, where it is none yet; whether it became one now.
///
/// # Errors
/// [`Conflict`](super::StoreError::Conflict) when account or organisation do not exist.
pub async fn ensure(
    tx: &mut Tx,
    account: AccountId,
    organisation: OrganisationId,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "INSERT INTO membership (account, organisation, created_at) VALUES ($1, $2, $3)
        ON CONFLICT (account, organisation) DO NOTHING";
    run!(tx, SQL, account.to_string(), organisation.to_string(), now.millis()).map(|rows| rows == 1)
}

/// Ends a membership and every grant that hangs on it; whether it was there.
///
/// # Errors
/// As [`of_account`].
pub async fn remove(tx: &mut Tx, account: AccountId, organisation: OrganisationId) -> Result<bool> {
    const SQL: &str = "DELETE FROM membership WHERE account = $1 AND organisation = $2";
    run!(tx, SQL, account.to_string(), organisation.to_string()).map(|rows| rows == 1)
}

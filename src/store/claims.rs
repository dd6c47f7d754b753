//! Which account holds an address. An account that somebody made for themselves names an address that it may not
//! hold: one account holds it at most, and only its holder is found by it.

use super::accounts::AccountRow;
use super::{Result, Tx};
use crate::model::account::Account;
use crate::model::email::Email;
use crate::model::id::AccountId;

/// The account that holds an address, as this transaction sees it.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn holder(tx: &mut Tx, email: &Email) -> Result<Option<Account>> {
    const SQL: &str = "SELECT id, user_name, email, display_name, validated, organisation, status, office,
        created_at FROM account WHERE email_canonical = $1";
    let row: Option<AccountRow> =
        on!(tx tx, db => sqlx::query_as(SQL).bind(email.canonical()).fetch_optional(db))?;
    row.map(AccountRow::read).transpose()
}

/// Whether an account holds the address that it names.
///
/// # Errors
/// As [`holder`].
pub async fn is_held(tx: &mut Tx, account: AccountId) -> Result<bool> {
    const SQL: &str = "SELECT id FROM account WHERE id = $1 AND email_canonical IS NOT NULL";
    let found: Option<String> =
        on!(tx tx, db => sqlx::query_scalar(SQL).bind(account.to_string()).fetch_optional(db))?;
    Ok(found.is_some())
}

/// Makes an account hold the address that it names, where no other does; whether it does now.
///
/// # Errors
/// [`Conflict`](super::StoreError::Conflict) when another one was faster.
pub async fn take(tx: &mut Tx, account: AccountId, email: &Email) -> Result<bool> {
    const SQL: &str = "UPDATE account SET email_canonical = $1 WHERE id = $2 AND status <> 'closed'
        AND NOT EXISTS (SELECT 1 FROM account AS other WHERE other.email_canonical = $1)";
    run!(tx, SQL, email.canonical(), account.to_string()).map(|rows| rows == 1)
}

/// Takes the address from an account that did not prove it; it goes on naming it.
///
/// # Errors
/// As [`holder`].
pub async fn release(tx: &mut Tx, account: AccountId) -> Result<bool> {
    const SQL: &str = "UPDATE account SET email_canonical = NULL WHERE id = $1 AND NOT validated";
    run!(tx, SQL, account.to_string()).map(|rows| rows == 1)
}

/// The address that an account names without holding it.
///
/// # Errors
/// As [`holder`].
pub async fn only_named(tx: &mut Tx, account: AccountId) -> Result<Option<String>> {
    const SQL: &str =
        "SELECT email FROM account WHERE id = $1 AND email_canonical IS NULL AND email IS NOT NULL";
    on!(tx tx, db => sqlx::query_scalar(SQL).bind(account.to_string()).fetch_optional(db))
}

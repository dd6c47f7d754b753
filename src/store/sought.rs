//! What is looked for on behalf of somebody who may not learn whether it is there: either way one row is read
//! and taken apart, so that both take the same work.

use super::accounts::AccountRow;
use super::factors::{Password, Row};
use super::{Result, Store};
use crate::model::account::{Account, UserName};
use crate::model::email::Email;
use crate::model::id::AccountId;

/// Stands for an account that is not there; no identifier is ever made like it.
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

macro_rules! sought {
    ($condition:literal) => {
        concat!(
            "SELECT id, user_name, email, display_name, validated, organisation, status, office, created_at
             FROM account WHERE ",
            $condition,
            " UNION ALL SELECT '00000000-0000-7000-8000-000000000000', 'nobody.at.all', 'nobody@example.org',
             'Nobody at all', FALSE, NULL, 'active', NULL, 0 WHERE NOT EXISTS (SELECT id FROM account WHERE ",
            $condition,
            ")"
        )
    };
}

/// The account of this name.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn account_by_name(store: &Store, name: &UserName) -> Result<Option<Account>> {
    const SQL: &str = sought!("user_name = $1");
    let row: AccountRow = on!(read store, db => sqlx::query_as(SQL).bind(name.as_str()).fetch_one(db))?;
    somebody(row)
}

/// The account that holds this address, in whatever letter case.
///
/// # Errors
/// As [`account_by_name`].
pub async fn account_by_email(store: &Store, email: &Email) -> Result<Option<Account>> {
    const SQL: &str = sought!("email_canonical = $1");
    let row: AccountRow = on!(read store, db => sqlx::query_as(SQL).bind(email.canonical()).fetch_one(db))?;
    somebody(row)
}

fn somebody(row: AccountRow) -> Result<Option<Account>> {
    let nobody = row.id == NOBODY;
    let account = row.read()?;
    Ok((!nobody).then_some(account))
}

/// The password of an account, or else the one that belongs to nobody.
///
/// # Errors
/// As [`account_by_name`].
pub async fn password(store: &Store, account: AccountId, nobodys: &Password) -> Result<Password> {
    const SQL: &str = "SELECT id, secret FROM factor WHERE account = $1 AND kind = 'password'
        UNION ALL SELECT $2, $3
        WHERE NOT EXISTS (SELECT id FROM factor WHERE account = $1 AND kind = 'password')";
    let row: Row = on!(read store, db => sqlx::query_as(SQL)
        .bind(account.to_string())
        .bind(nobodys.id.to_string())
        .bind(nobodys.secret.as_slice())
        .fetch_one(db))?;
    row.read()
}

//! Accounts that the readers of their addresses deleted: closed, but to be had back for some days; and names that
//! closed accounts give up.

use super::{Result, Store, StoreError, Tx, parsed, word};
use crate::model::account::{AccountStatus, UserName};
use crate::model::email::Email;
use crate::model::id::AccountId;
use crate::time::Timestamp;

/// A deletion that can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deletion {
    /// How long.
    pub until: Timestamp,
    /// What the account is then.
    pub back_to: AccountStatus,
}

row! {
    struct Row { recover_until: i64, recover_to: String }
}

impl Row {
    fn read(self) -> Result<Deletion> {
        let back_to = word("account.recover_to", AccountStatus::from_word(&self.recover_to))?;
        Ok(Deletion { until: Timestamp::from_millis(self.recover_until), back_to })
    }
}

/// Notes that an account can be had back.
///
/// # Errors
/// [`StoreError::Unavailable`], as every function here.
pub async fn note(tx: &mut Tx, account: AccountId, deletion: Deletion) -> Result<()> {
    const SQL: &str = "UPDATE account SET recover_until = $1, recover_to = $2 WHERE id = $3";
    run!(tx, SQL, deletion.until.millis(), deletion.back_to.as_str(), account.to_string()).map(drop)
}

/// How a closed account can be had back, if it can.
///
/// # Errors
/// As [`note`].
pub async fn of(store: &Store, account: AccountId) -> Result<Option<Deletion>> {
    const SQL: &str = "SELECT recover_until, recover_to FROM account
        WHERE id = $1 AND status = 'closed' AND recover_until IS NOT NULL";
    let row: Option<Row> =
        on!(read store, db => sqlx::query_as(SQL).bind(account.to_string()).fetch_optional(db))?;
    row.map(Row::read).transpose()
}

/// Takes a deletion back; what the account is now. `None` when it was not deleted so.
///
/// # Errors
/// As [`note`].
pub async fn take_back(tx: &mut Tx, account: AccountId) -> Result<Option<AccountStatus>> {
    const SQL: &str = "UPDATE account SET status = recover_to, closed_at = NULL, recover_until = NULL
        WHERE id = $1 AND status = 'closed' AND recover_until IS NOT NULL RETURNING status";
    tx.touch();
    let status: Option<String> =
        on!(tx tx, db => sqlx::query_scalar(SQL).bind(account.to_string()).fetch_optional(db))?;
    status.map(|status| word("account.recover_to", AccountStatus::from_word(&status))).transpose()
}

/// Names of accounts that cannot be had back any more and still say who it was; at most `limit`.
///
/// # Errors
/// As [`note`].
pub async fn over(store: &Store, now: Timestamp, limit: u32) -> Result<Vec<UserName>> {
    const SQL: &str = "SELECT user_name FROM account
        WHERE status = 'closed' AND recover_until <= $1 ORDER BY recover_until LIMIT $2";
    let names: Vec<String> = on!(read store, db => sqlx::query_scalar(SQL)
        .bind(now.millis())
        .bind(i64::from(limit))
        .fetch_all(db))?;
    names.iter().map(|name| parsed("account.user_name", name)).collect()
}

/// Takes the address from the closed account that holds it; which one that is.
///
/// # Errors
/// As [`note`].
pub async fn give_up_address(tx: &mut Tx, email: &Email) -> Result<Option<AccountId>> {
    const SQL: &str = "UPDATE account SET email = NULL, email_canonical = NULL
        WHERE email_canonical = $1 AND status = 'closed' RETURNING id";
    tx.touch();
    let id: Option<String> =
        on!(tx tx, db => sqlx::query_scalar(SQL).bind(email.canonical()).fetch_optional(db))?;
    id.map(|id| parsed("account.id", &id)).transpose()
}

/// The closed account of a name, its row held.
///
/// # Errors
/// As [`note`].
pub async fn closed_of_name(tx: &mut Tx, name: &UserName) -> Result<Option<AccountId>> {
    const SQL: &str = "UPDATE account SET id = id WHERE user_name = $1 AND status = 'closed' RETURNING id";
    let id: Option<String> =
        on!(tx tx, db => sqlx::query_scalar(SQL).bind(name.as_str()).fetch_optional(db))?;
    id.map(|id| parsed("account.id", &id)).transpose()
}

/// Gives a closed account another name.
///
/// # Errors
/// As [`note`]; `Conflict` when somebody has that one.
pub async fn rename(tx: &mut Tx, id: AccountId, name: &UserName) -> Result<()> {
    const SQL: &str = "UPDATE account SET user_name = $1 WHERE id = $2 AND status = 'closed'";
    match run!(tx, SQL, name.as_str(), id.to_string())? {
        1 => Ok(()),
        _ => Err(StoreError::Corrupt { column: "account.id" }),
    }
}

//! Rows of factors: how an account proves itself. So far passwords, of which an account has one at most;
//! what is stored is the sealed text of a slow hash.

use super::{Result, Store, Tx, parsed};
use crate::model::id::{AccountId, FactorId};
use crate::time::Timestamp;

/// A password as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Password {
    /// The row, to whose id the secret is sealed.
    pub id: FactorId,
    /// The sealed hash.
    pub secret: Vec<u8>,
}

row! {
    pub(super) struct Row { id: String, secret: Vec<u8> }
}

impl Row {
    pub(super) fn read(self) -> Result<Password> {
        Ok(Password { id: parsed("factor.id", &self.id)?, secret: self.secret })
    }
}

const PASSWORD: &str = "SELECT id, secret FROM factor WHERE account = $1 AND kind = 'password'";

/// The password of an account.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn password(store: &Store, account: AccountId) -> Result<Option<Password>> {
    let row: Option<Row> =
        on!(read store, db => sqlx::query_as(PASSWORD).bind(account.to_string()).fetch_optional(db))?;
    row.map(Row::read).transpose()
}

/// The same as this transaction sees it.
///
/// # Errors
/// As [`password`].
pub async fn password_in(tx: &mut Tx, account: AccountId) -> Result<Option<Password>> {
    let row: Option<Row> =
        on!(tx tx, db => sqlx::query_as(PASSWORD).bind(account.to_string()).fetch_optional(db))?;
    row.map(Row::read).transpose()
}

/// When the password of an account was set.
///
/// # Errors
/// As [`password`].
pub async fn password_since(store: &Store, account: AccountId) -> Result<Option<Timestamp>> {
    const SQL: &str = "SELECT created_at FROM factor WHERE account = $1 AND kind = 'password'";
    let at: Option<i64> =
        on!(read store, db => sqlx::query_scalar(SQL).bind(account.to_string()).fetch_optional(db))?;
    Ok(at.map(Timestamp::from_millis))
}

/// Gives an account a password in place of the one it had. Whoever calls holds the account's row.
///
/// # Errors
/// As [`password`]; `Conflict` when there is no such account.
pub async fn set_password(tx: &mut Tx, account: AccountId, new: &Password, now: Timestamp) -> Result<()> {
    const REMOVE: &str = "DELETE FROM factor WHERE account = $1 AND kind = 'password'";
    const ADD: &str = "INSERT INTO factor (id, account, kind, label, secret, created_at, confirmed_at)
        VALUES ($1, $2, 'password', '', $3, $4, $4)";
    run!(tx, REMOVE, account.to_string())?;
    run!(tx, ADD, new.id.to_string(), account.to_string(), new.secret.as_slice(), now.millis()).map(drop)
}

/// Notes a use of a password, and the same password hashed or sealed anew where it is given.
///
/// # Errors
/// As [`password`].
pub async fn used(tx: &mut Tx, id: FactorId, renewed: Option<&[u8]>, now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE factor SET last_used_at = $2, secret = COALESCE($3, secret) WHERE id = $1";
    run!(tx, SQL, id.to_string(), now.millis(), renewed).map(drop)
}

/// The factors of an account, whatever they are.
///
/// # Errors
/// As [`password`].
pub async fn ids_of(tx: &mut Tx, account: AccountId) -> Result<Vec<FactorId>> {
    const SQL: &str = "SELECT id FROM factor WHERE account = $1 ORDER BY id";
    let ids: Vec<String> = on!(tx tx, db => sqlx::query_scalar(SQL).bind(account.to_string()).fetch_all(db))?;
    ids.iter().map(|id| parsed("factor.id", id)).collect()
}

/// Takes every factor from an account but these.
///
/// # Errors
/// As [`password`].
pub async fn keep_only(tx: &mut Tx, account: AccountId, kept: &[FactorId]) -> Result<()> {
    for id in ids_of(tx, account).await?.into_iter().filter(|id| !kept.contains(id)) {
        run!(tx, "DELETE FROM factor WHERE id = $1", id.to_string())?;
    }
    Ok(())
}

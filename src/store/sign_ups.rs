//! Rows of sign-ups that wait for the code that was mailed. One is found by the digest of what its browser
//! holds; a try is counted before its code is looked at.

use super::factors::Password;
use super::{Result, Store, StoreError, Tx, parsed};
use crate::model::account::UserName;
use crate::model::id::{InvitationId, SignUpId};
use crate::model::shown_name::ShownName;
use crate::time::Timestamp;

/// A sign-up under way.
#[derive(Debug, Clone)]
pub struct SignUp {
    /// Immutable identifier.
    pub id: SignUpId,
    /// The invitation that it accepts.
    pub invitation: InvitationId,
    /// The chosen name.
    pub user_name: UserName,
    /// The name shown to people.
    pub shown_name: ShownName,
    /// The chosen password, as it will be stored.
    pub password: Password,
    /// The keyed digest of the code.
    pub code: [u8; 32],
    /// Codes that were tried.
    pub tries: i64,
    /// When the code was sent.
    pub sent_at: Timestamp,
    /// When the code ceases to work.
    pub expires_at: Timestamp,
}

row! {
    struct SignUpRow {
        id: String,
        invitation: String,
        user_name: String,
        display_name: String,
        factor: String,
        password: Vec<u8>,
        code: Vec<u8>,
        tries: i64,
        sent_at: i64,
        expires_at: i64,
    }
}

impl SignUpRow {
    fn read(self) -> Result<SignUp> {
        let id = parsed("sign_up.factor", &self.factor)?;
        Ok(SignUp {
            id: parsed("sign_up.id", &self.id)?,
            invitation: parsed("sign_up.invitation", &self.invitation)?,
            user_name: parsed("sign_up.user_name", &self.user_name)?,
            shown_name: parsed("sign_up.display_name", &self.display_name)?,
            password: Password { id, secret: self.password },
            code: self.code.try_into().map_err(|_| StoreError::Corrupt { column: "sign_up.code" })?,
            tries: self.tries,
            sent_at: Timestamp::from_millis(self.sent_at),
            expires_at: Timestamp::from_millis(self.expires_at),
        })
    }
}

/// The sign-up of a browser, however old its code is.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn of_browser(store: &Store, browser: &[u8; 32]) -> Result<Option<SignUp>> {
    const SQL: &str =
        "SELECT id, invitation, user_name, display_name, factor, password, code, tries, sent_at,
        expires_at FROM sign_up WHERE browser = $1";
    let row: Option<SignUpRow> =
        on!(read store, db => sqlx::query_as(SQL).bind(browser.as_slice()).fetch_optional(db))?;
    row.map(SignUpRow::read).transpose()
}

/// Begins a sign-up in place of whatever was under way in this browser.
///
/// # Errors
/// [`Conflict`](super::StoreError::Conflict) when the invitation is gone.
pub async fn begin(tx: &mut Tx, browser: &[u8; 32], new: &SignUp) -> Result<()> {
    const SQL: &str = "INSERT INTO sign_up (id, browser, invitation, user_name, display_name, factor, password,
        code, tries, created_at, sent_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $9, $10)";
    run!(tx, "DELETE FROM sign_up WHERE browser = $1", browser.as_slice())?;
    run!(
        tx,
        SQL,
        new.id.to_string(),
        browser.as_slice(),
        new.invitation.to_string(),
        new.user_name.as_str(),
        new.shown_name.as_str(),
        new.password.id.to_string(),
        new.password.secret.as_slice(),
        new.code.as_slice(),
        new.sent_at.millis(),
        new.expires_at.millis()
    )
    .map(drop)
}

/// Gives a sign-up another code.
///
/// # Errors
/// As [`of_browser`].
pub async fn renew(tx: &mut Tx, renewed: &SignUp) -> Result<bool> {
    const SQL: &str = "UPDATE sign_up SET code = $1, tries = 0, sent_at = $2, expires_at = $3 WHERE id = $4";
    run!(
        tx,
        SQL,
        renewed.code.as_slice(),
        renewed.sent_at.millis(),
        renewed.expires_at.millis(),
        renewed.id.to_string()
    )
    .map(|rows| rows == 1)
}

/// Counts a try, as bookkeeping of its own: it stays when the code is wrong. Whether there was one left.
///
/// # Errors
/// As [`of_browser`].
pub async fn try_code(store: &Store, id: SignUpId, most: i64, now: Timestamp) -> Result<bool> {
    const SQL: &str = "UPDATE sign_up SET tries = tries + 1 WHERE id = $1 AND tries < $2 AND expires_at > $3";
    alone!(store, SQL, id.to_string(), most, now.millis()).map(|rows| rows == 1)
}

/// Ends a sign-up; whether it was still there, with this very code.
///
/// # Errors
/// As [`of_browser`].
pub async fn end(tx: &mut Tx, done: &SignUp) -> Result<bool> {
    const SQL: &str = "DELETE FROM sign_up WHERE id = $1 AND code = $2";
    run!(tx, SQL, done.id.to_string(), done.code.as_slice()).map(|rows| rows == 1)
}

//! The browser of a session, by the digest of its device cookie; in the table in hexadecimal. Sessions of
//! several people in one browser share it.

use super::super::accounts::AccountRow;
use super::super::changes::hex;
use super::super::{Result, Store, Tx, parsed};
use super::Row;
use crate::model::account::Account;
use crate::model::id::{AccountId, SessionId};
use crate::model::session::Session;
use crate::time::Timestamp;

/// The sessions of a browser that were not over at `now`, newest first, each with the first of its hosts,
/// where their accounts are active. Those that idled out are among them.
///
/// # Errors
/// As [`by_token`](super::by_token), and so every function here.
pub async fn of_browser(
    store: &Store,
    browser: &[u8; 32],
    now: Timestamp,
) -> Result<Vec<(Session, Account)>> {
    const SESSIONS: &str = select!(
        "(SELECT MIN(host) FROM session_host WHERE session_host.session = session.id)",
        "WHERE browser = $1 AND ends_at > $2 AND (ended_at IS NULL OR ended_at > $2)
         ORDER BY session.created_at DESC, session.id"
    );
    const ACCOUNTS: &str =
        "SELECT id, user_name, email, display_name, validated, organisation, status, office,
        created_at FROM account WHERE status = 'active' AND id IN (SELECT account FROM session
        WHERE browser = $1 AND ends_at > $2 AND (ended_at IS NULL OR ended_at > $2))";
    let sessions: Vec<Row> =
        on!(read store, db => sqlx::query_as(SESSIONS).bind(hex(browser)).bind(now.millis()).fetch_all(db))?;
    let accounts: Vec<AccountRow> =
        on!(read store, db => sqlx::query_as(ACCOUNTS).bind(hex(browser)).bind(now.millis()).fetch_all(db))?;
    let accounts: Vec<Account> = accounts.into_iter().map(AccountRow::read).collect::<Result<_>>()?;
    let mut found = Vec::with_capacity(sessions.len());
    for row in sessions {
        let session = row.into_session()?;
        let owner = accounts.iter().find(|account| account.id == session.account);
        found.extend(owner.cloned().map(|owner| (session, owner)));
    }
    Ok(found)
}

/// Whether an account was ever signed in in a browser, as far back as sessions are kept: the browser as
/// [`browser_of`] has it.
///
/// # Errors
/// As [`of_browser`].
pub async fn knows_browser(store: &Store, account: AccountId, browser: &[u8; 32]) -> Result<Option<String>> {
    const SQL: &str = "SELECT browser FROM session WHERE browser = $1 AND account = $2 LIMIT 1";
    on!(read store, db =>
        sqlx::query_scalar(SQL).bind(hex(browser)).bind(account.to_string()).fetch_optional(db))
}

/// The browser of a session, as the table has it.
///
/// # Errors
/// As [`of_browser`].
pub async fn browser_of(store: &Store, id: SessionId) -> Result<Option<String>> {
    const SQL: &str = "SELECT browser FROM session WHERE id = $1";
    let found: Option<Option<String>> =
        on!(read store, db => sqlx::query_scalar(SQL).bind(id.to_string()).fetch_optional(db))?;
    Ok(found.flatten())
}

/// Puts a session into a browser, which is called by a new name from then on: all that was known under
/// `old` goes along, and `old` names nothing any more.
///
/// # Errors
/// As [`of_browser`].
pub async fn adopt_browser(tx: &mut Tx, id: SessionId, new: &[u8; 32], old: Option<&[u8; 32]>) -> Result<()> {
    if let Some(old) = old {
        run!(tx, "UPDATE session SET browser = $2 WHERE browser = $1", hex(old), hex(new))?;
    }
    run!(tx, "UPDATE session SET browser = $2 WHERE id = $1", id.to_string(), hex(new)).map(drop)
}

/// Ends the open sessions of an account in a browser. The ids of those ended.
///
/// # Errors
/// As [`of_browser`].
pub async fn end_in_browser(
    tx: &mut Tx,
    account: AccountId,
    browser: &[u8; 32],
    now: Timestamp,
) -> Result<Vec<SessionId>> {
    const SQL: &str = "UPDATE session SET ended_at = $3 WHERE account = $1 AND browser = $2
        AND ended_at IS NULL AND ends_at > $3 RETURNING id";
    tx.touch();
    let ids: Vec<String> = on!(tx tx, db => sqlx::query_scalar(SQL)
        .bind(account.to_string()).bind(hex(browser)).bind(now.millis()).fetch_all(db))?;
    ids.iter().map(|id| parsed("session.id", id)).collect()
}

/// Forgets in which browsers an account was signed in, but for those of one session that may be kept.
///
/// # Errors
/// As [`of_browser`].
pub async fn forget_browsers(tx: &mut Tx, account: AccountId, kept: Option<SessionId>) -> Result<()> {
    const SQL: &str = "UPDATE session SET browser = NULL WHERE account = $1 AND id <> $2";
    run!(tx, SQL, account.to_string(), kept.map(|id| id.to_string()).unwrap_or_default()).map(drop)
}

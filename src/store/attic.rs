//! What is long over and may go: sessions, one-time links, letters that were sent, events, changes of address, codes,
//! failed sign-ins, and answers that were kept. Bookkeeping, with neither change nor audit entry: nothing that still
//! works is touched. Accounts, keys, grants and the audit trail stay.

use std::time::Duration;

use super::{Result, Store, sign_in_lanes, webhooks, within};
use crate::time::Timestamp;

/// How long what is over stays for those who look back.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long a code that went from host to host stays, to notice when it comes again.
const CODES_KEPT: Duration = Duration::from_secs(60 * 60);

/// How long a sign-up waits for somebody who asks for another code.
const SIGN_UPS_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the answer to a named creation may be asked for again.
const ANSWERS_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Rows removed by one statement, so that no other writer waits for long.
const AT_ONCE: i64 = 1_000;

const SESSIONS: &str =
    "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE ends_at < $1 ORDER BY ends_at LIMIT $2)";
const LINKS: &str =
    "DELETE FROM email_link WHERE id IN (SELECT id FROM email_link WHERE expires_at < $1 LIMIT $2)";
const LETTERS: &str = "DELETE FROM outbox
    WHERE id IN (SELECT id FROM outbox WHERE sent_at < $1 OR failed_at < $1 LIMIT $2)";

const CHANGES: &str = "DELETE FROM address_change WHERE id IN
    (SELECT id FROM address_change WHERE reserved_until < $1 LIMIT $2)";

const CODES: &str =
    "DELETE FROM arrival WHERE digest IN (SELECT digest FROM arrival WHERE expires_at < $1 LIMIT $2)";

const SIGN_UPS: &str = "DELETE FROM sign_up WHERE id IN (SELECT id FROM sign_up WHERE sent_at < $1 LIMIT $2)";

const ANSWERS: &str = "DELETE FROM replay WHERE id IN (SELECT id FROM replay WHERE begun_at < $1 LIMIT $2)";

const EVENTS: &str =
    "DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE created_at < $1 ORDER BY seq LIMIT $2)";

/// Removes what has been over for longer than thirty days, codes after an hour, and kept answers after a day.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable); what was removed before stays removed.
pub async fn clear(store: &Store, now: Timestamp) -> Result<()> {
    for (sql, kept) in [
        (SESSIONS, KEPT),
        (LINKS, KEPT),
        (LETTERS, KEPT),
        (EVENTS, KEPT),
        (CHANGES, KEPT),
        (CODES, CODES_KEPT),
        (SIGN_UPS, SIGN_UPS_KEPT),
        (ANSWERS, ANSWERS_KEPT),
    ] {
        while remove(store, sql, now.minus(kept)).await? == AT_ONCE.unsigned_abs() {}
    }
    webhooks::forget_old(store, now).await?;
    sign_in_lanes::prune(store, now.minus(KEPT)).await
}

async fn remove(store: &Store, sql: &'static str, before: Timestamp) -> Result<u64> {
    let (before, limit) = (before.millis(), AT_ONCE);
    match store {
        Store::Sqlite { write, .. } => {
            let query = sqlx::query(sql).bind(before).bind(limit);
            within(query.execute(write)).await.map(|done| done.rows_affected())
        }
        Store::Postgres { pool, .. } => {
            let query = sqlx::query(sql).bind(before).bind(limit);
            within(query.execute(pool)).await.map(|done| done.rows_affected())
        }
    }
}

//! Rows of letters on their way. A letter is written in the transaction of what it tells; taking it out is
//! bookkeeping, by single statements, of which one wins when several nodes try.

use super::{Result, Store, Tx, instant, parsed, parsed_option};
use crate::model::id::{AccountId, OutboxId};
use crate::model::outbox::OutboxEntry;
use crate::time::Timestamp;

row! {
    struct OutboxRow {
        id: String,
        kind: String,
        recipient: String,
        account: Option<String>,
        created_at: i64,
        not_before: i64,
        attempts: i64,
        expires_at: Option<i64>,
        sent_at: Option<i64>,
        failed_at: Option<i64>,
        last_error: Option<String>,
    }
}

macro_rules! entries {
    ($tail:literal) => {
        concat!(
            "SELECT id, kind, recipient, account, created_at, not_before, attempts, expires_at, sent_at,
             failed_at, last_error FROM outbox ",
            $tail
        )
    };
}

impl OutboxRow {
    fn read(self) -> Result<OutboxEntry> {
        Ok(OutboxEntry {
            id: parsed("outbox.id", &self.id)?,
            kind: self.kind,
            recipient: self.recipient,
            account: parsed_option("outbox.account", self.account.as_deref())?,
            created_at: Timestamp::from_millis(self.created_at),
            not_before: Timestamp::from_millis(self.not_before),
            attempts: self.attempts,
            expires_at: instant(self.expires_at),
            sent_at: instant(self.sent_at),
            failed_at: instant(self.failed_at),
            last_error: self.last_error,
        })
    }
}

/// A letter to be kept.
pub struct NewLetter<'a> {
    /// Its identifier, for which the payload is sealed.
    pub id: OutboxId,
    /// The kind of letter.
    pub kind: &'a str,
    /// The address, and the form in which it is compared.
    pub recipient: (&'a str, &'a str),
    /// What it says, sealed.
    pub payload: &'a [u8],
    /// Whom it concerns.
    pub account: Option<AccountId>,
    /// When it was written, and when sending it makes no sense any more.
    pub times: (Timestamp, Option<Timestamp>),
    /// Where the wish came from, if somebody else could cause it.
    pub asked_from: Option<&'a str>,
}

/// Adds a letter.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn insert(tx: &mut Tx, letter: &NewLetter<'_>) -> Result<()> {
    const SQL: &str = "INSERT INTO outbox
        (id, kind, recipient, payload, account, created_at, not_before, expires_at, asked_from,
        recipient_canonical) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9)";
    run!(
        tx,
        SQL,
        letter.id.to_string(),
        letter.kind,
        letter.recipient.0,
        letter.payload,
        letter.account.map(|id| id.to_string()),
        letter.times.0.millis(),
        letter.times.1.map(Timestamp::millis),
        letter.asked_from,
        letter.recipient.1
    )
    .map(drop)
}

/// How many letters others caused to this address, in canonical form, since then. Letters that set a password are
/// counted apart from all others: who is flooded with those can still have one of these.
///
/// # Errors
/// As [`insert`].
pub async fn count_to(store: &Store, canonical: &str, kind: &str, since: Timestamp) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM outbox WHERE recipient_canonical = $1 AND created_at > $2
        AND asked_from IS NOT NULL AND (kind = 'reset') = $3";
    on!(read store, db => sqlx::query_scalar(SQL)
        .bind(canonical)
        .bind(since.millis())
        .bind(kind == "reset")
        .fetch_one(db))
}

/// How many letters this source caused since then.
///
/// # Errors
/// As [`insert`].
pub async fn count_from(store: &Store, source: &str, since: Timestamp) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM outbox WHERE asked_from = $1 AND created_at > $2";
    on!(read store, db => sqlx::query_scalar(SQL).bind(source).bind(since.millis()).fetch_one(db))
}

/// How many letters that others caused were sent since then.
///
/// # Errors
/// As [`insert`].
pub async fn count_sent(store: &Store, since: Timestamp) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM outbox
        WHERE sent_at > $1 AND recipient <> '' AND asked_from IS NOT NULL";
    on!(read store, db => sqlx::query_scalar(SQL).bind(since.millis()).fetch_one(db))
}

/// How many letters wait, and since when the oldest of those that were tried.
///
/// # Errors
/// As [`insert`].
pub async fn waiting(store: &Store) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL AND failed_at IS NULL";
    on!(read store, db => sqlx::query_scalar(SQL).fetch_one(db))
}

/// Which letters are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Those that nobody else caused: notices about the reader's own account.
    Notices,
}

/// Letters that are due and that nobody has in hand, notices first, then the oldest.
///
/// # Errors
/// As [`insert`].
pub async fn due(store: &Store, which: Which, now: Timestamp, limit: u32) -> Result<Vec<OutboxEntry>> {
    const SQL: &str = entries!(
        "WHERE sent_at IS NULL AND failed_at IS NULL AND not_before <= $1
         AND (claimed_until IS NULL OR claimed_until <= $1) AND (asked_from IS NULL OR $3)
         ORDER BY CASE WHEN asked_from IS NULL THEN 0 ELSE 1 END, not_before, id LIMIT $2"
    );
    let rows: Vec<OutboxRow> = on!(read store, db => sqlx::query_as(SQL)
        .bind(now.millis())
        .bind(i64::from(limit))
        .bind(which == Which::All)
        .fetch_all(db))?;
    rows.into_iter().map(OutboxRow::read).collect()
}

/// Takes a due letter in hand until then; whether nobody else did.
///
/// # Errors
/// As [`insert`].
pub async fn claim(store: &Store, id: OutboxId, now: Timestamp, until: Timestamp) -> Result<bool> {
    const SQL: &str = "UPDATE outbox SET claimed_until = $1, attempts = attempts + 1
        WHERE id = $2 AND sent_at IS NULL AND failed_at IS NULL
        AND (claimed_until IS NULL OR claimed_until <= $3)";
    alone!(store, SQL, until.millis(), id.to_string(), now.millis()).map(|rows| rows == 1)
}

/// What a letter says, sealed; `None` when it is gone.
///
/// # Errors
/// As [`insert`].
pub async fn payload(store: &Store, id: OutboxId) -> Result<Option<Vec<u8>>> {
    const SQL: &str = "SELECT payload FROM outbox WHERE id = $1";
    on!(read store, db => sqlx::query_scalar(SQL).bind(id.to_string()).fetch_optional(db))
}

/// What becomes of what a letter said, once it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// It stays under seal, for whoever hands the links over.
    Kept,
    /// It goes: its links are somebody else's now.
    Forgotten,
}

/// Notes that somebody else has the letter.
///
/// # Errors
/// As [`insert`].
pub async fn sent(store: &Store, id: OutboxId, now: Timestamp, afterwards: Afterwards) -> Result<()> {
    const KEPT: &str =
        "UPDATE outbox SET sent_at = $1, claimed_until = NULL, last_error = NULL WHERE id = $2";
    const FORGOTTEN: &str = "UPDATE outbox SET sent_at = $1, claimed_until = NULL, last_error = NULL,
        payload = $3 WHERE id = $2";
    let (at, id) = (now.millis(), id.to_string());
    match afterwards {
        Afterwards::Kept => alone!(store, KEPT, at, id).map(drop),
        Afterwards::Forgotten => alone!(store, FORGOTTEN, at, id, Vec::<u8>::new()).map(drop),
    }
}

/// The same inside a transaction, for a wish that was granted in it.
///
/// # Errors
/// As [`insert`].
pub async fn granted(tx: &mut Tx, id: OutboxId, now: Timestamp) -> Result<bool> {
    const SQL: &str =
        "UPDATE outbox SET sent_at = $1, claimed_until = NULL WHERE id = $2 AND sent_at IS NULL";
    run!(tx, SQL, now.millis(), id.to_string()).map(|rows| rows == 1)
}

/// Notes that it was not taken now and is tried again then.
///
/// # Errors
/// As [`insert`].
pub async fn later(store: &Store, id: OutboxId, not_before: Timestamp, why: &str) -> Result<()> {
    const SQL: &str =
        "UPDATE outbox SET not_before = $1, claimed_until = NULL, last_error = $2 WHERE id = $3";
    alone!(store, SQL, not_before.millis(), why, id.to_string()).map(drop)
}

/// Notes that it is given up.
///
/// # Errors
/// As [`insert`].
pub async fn failed(store: &Store, id: OutboxId, now: Timestamp, why: &str) -> Result<()> {
    const SQL: &str = "UPDATE outbox SET failed_at = $1, claimed_until = NULL, last_error = $2 WHERE id = $3";
    alone!(store, SQL, now.millis(), why, id.to_string()).map(drop)
}

/// Puts a letter that was given up, or waits, on its way again now; whether there was such a letter.
///
/// # Errors
/// As [`insert`].
pub async fn again(tx: &mut Tx, id: OutboxId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "UPDATE outbox SET failed_at = NULL, not_before = $1, claimed_until = NULL
        WHERE id = $2 AND sent_at IS NULL";
    run!(tx, SQL, now.millis(), id.to_string()).map(|rows| rows == 1)
}

/// One letter.
///
/// # Errors
/// As [`insert`].
pub async fn by_id(store: &Store, id: OutboxId) -> Result<Option<OutboxEntry>> {
    const SQL: &str = entries!("WHERE id = $1");
    let row: Option<OutboxRow> =
        on!(read store, db => sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(db))?;
    row.map(OutboxRow::read).transpose()
}

/// Letters, newest first, from the one before `before` on; at most `limit`.
///
/// # Errors
/// As [`insert`].
pub async fn list(store: &Store, before: Option<OutboxId>, limit: u32) -> Result<Vec<OutboxEntry>> {
    const SQL: &str = entries!("WHERE recipient <> '' AND id < $1 ORDER BY id DESC LIMIT $2");
    // Identifiers begin with a digit of sixteen, so this is behind them all.
    let before = before.map_or_else(|| "g".to_owned(), |id| id.to_string());
    let rows: Vec<OutboxRow> = on!(read store, db => sqlx::query_as(SQL)
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(db))?;
    rows.into_iter().map(OutboxRow::read).collect()
}

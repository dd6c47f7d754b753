//! The change log: every write leaves a numbered row here, in the order of commits. Nodes read on from
//! the last number they saw; a gap or a smaller number means that everything must be forgotten.

use sqlx::postgres::PgListener;

use super::tx::{Inner, Tx};
use super::{Result, Store, StoreError, parsed, within};
use crate::model::api_key::{KeyId, KeyLocator};
use crate::model::change::{Change, Seq};
use crate::time::Timestamp;

/// Rows kept. A reader further behind than this forgets everything instead.
pub const KEPT: i64 = 10_000;

/// Rows handed out at once. More than this is cheaper as [`Change::Everything`].
const AT_ONCE: i64 = 1_000;

/// The channel on which PostgreSQL announces new rows.
const CHANNEL: &str = "portcullis_changes";

row! {
    #[derive(Debug)]
    struct Counter { seq: i64, audit_seq: i64, audit_digest: Option<Vec<u8>> }
}

/// The counter row as held by the transaction that is about to commit.
pub(super) struct Held {
    pub(super) seq: i64,
    pub(super) audit_seq: i64,
    pub(super) audit_digest: Option<Vec<u8>>,
}

/// The newest number.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn latest(store: &Store) -> Result<Seq> {
    on!(read store, db => sqlx::query_scalar::<_, i64>("SELECT seq FROM counter").fetch_one(db)).map(Seq)
}

row! {
    struct Logged { latest: i64, seq: Option<i64>, kind: Option<String>, subject: Option<String> }
}

/// What was committed after `seen`, in order. Where the log cannot tell (rows pruned, a store put back to
/// an earlier state, too many rows), the answer is one [`Change::Everything`] at the newest number.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn since(store: &Store, seen: Seq) -> Result<Vec<(Seq, Change)>> {
    const SQL: &str = "SELECT counter.seq AS latest, change_log.seq AS seq, kind, subject
        FROM counter LEFT JOIN change_log ON change_log.seq > $1
        ORDER BY change_log.seq LIMIT $2";
    let rows: Vec<Logged> =
        on!(read store, db => sqlx::query_as(SQL).bind(seen.0).bind(AT_ONCE + 1).fetch_all(db))?;
    let latest = rows.first().map_or(0, |row| row.latest);
    if latest == seen.0 {
        return Ok(Vec::new());
    }
    Ok(consecutive(rows, seen).unwrap_or_else(|| vec![(Seq(latest), Change::Everything)]))
}

/// The rows as changes, or nothing when they do not lead from `seen` to the newest number without a gap.
fn consecutive(rows: Vec<Logged>, seen: Seq) -> Option<Vec<(Seq, Change)>> {
    let latest = rows.first()?.latest;
    let mut next = seen.0;
    let mut changes = Vec::with_capacity(rows.len());
    for row in rows {
        next += 1;
        if row.seq? != next {
            return None;
        }
        changes.push((Seq(next), read_back(&row.kind?, &row.subject?).ok()?));
    }
    (next == latest).then_some(changes)
}

/// A number that differs once another connection or process wrote: `PRAGMA data_version` on SQLite, which
/// costs no read of a page, the newest sequence number on PostgreSQL.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn data_version(store: &Store) -> Result<i64> {
    match store {
        Store::Sqlite { watch, place, .. } => {
            place.holds()?;
            within(sqlx::query_scalar::<_, i64>("PRAGMA data_version").fetch_one(watch)).await
        }
        Store::Postgres { .. } => latest(store).await.map(|seq| seq.0),
    }
}

/// Rings when any node commits a change: a hint that the log has grown, never the change itself.
pub struct Bell(PgListener);

impl Bell {
    /// The bell of a server. A file has none: its followers ask [`data_version`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn of(store: &Store) -> Result<Option<Self>> {
        let Store::Postgres { pool, .. } = store else { return Ok(None) };
        let mut listener = within(PgListener::connect_with(pool)).await?;
        within(listener.listen(CHANNEL)).await?;
        Ok(Some(Self(listener)))
    }

    /// Waits until it rings. It also rings after its connection was lost and made anew, since what was
    /// announced meanwhile is lost.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the connection cannot be made anew.
    pub async fn rung(&mut self) -> Result<()> {
        Ok(self.0.try_recv().await.map(drop)?)
    }
}

/// Takes the counter row for this transaction; later writers wait here.
pub(super) async fn hold_counter(tx: &mut Tx) -> Result<Held> {
    const SQL: &str = "UPDATE counter SET id = id WHERE id = 1 RETURNING seq, audit_seq, audit_digest";
    let counter: Option<Counter> = on!(tx tx, db => sqlx::query_as(SQL).fetch_optional(db))?;
    let Counter { seq, audit_seq, audit_digest } =
        counter.ok_or(StoreError::Corrupt { column: "counter.id" })?;
    Ok(Held { seq, audit_seq, audit_digest })
}

/// Writes the counter row back: the last write of the transaction.
pub(super) async fn release_counter(tx: &mut Tx, counter: Held) -> Result<()> {
    const SQL: &str = "UPDATE counter SET seq = $1, audit_seq = $2, audit_digest = $3 WHERE id = 1";
    run!(tx, SQL, counter.seq, counter.audit_seq, counter.audit_digest.as_deref()).map(drop)
}

/// Adds one row.
pub(super) async fn insert(tx: &mut Tx, seq: Seq, change: Change, now: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO change_log (seq, kind, subject, at) VALUES ($1, $2, $3, $4)";
    let (kind, subject) = written(change);
    run!(tx, SQL, seq.0, kind, subject.as_str(), now.millis()).map(drop)
}

/// Removes what no follower needs any more.
pub(super) async fn prune(tx: &mut Tx, latest: Seq) -> Result<()> {
    run!(tx, "DELETE FROM change_log WHERE seq <= $1", latest.0 - KEPT).map(drop)
}

/// Announces the newest number to listening nodes; delivered when the transaction commits.
pub(super) async fn wake(tx: &mut Tx, seq: Seq) -> Result<()> {
    match tx.inner() {
        Inner::Sqlite(_) => Ok(()),
        Inner::Postgres(held) => {
            let query = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(seq.0.to_string());
            within(query.execute(&mut **held)).await.map(drop)
        }
    }
}

fn written(change: Change) -> (&'static str, String) {
    match change {
        Change::Key(KeyLocator::Native(id)) => ("key", id.to_string()),
        Change::Key(KeyLocator::Imported(digest)) => ("imported-key", hex(&digest)),
        Change::Session(id) => ("session", id.to_string()),
        Change::Account(id) => ("account", id.to_string()),
        Change::Organisation(id) => ("organisation", id.to_string()),
        Change::Setting => ("setting", String::new()),
        Change::Everything => ("everything", String::new()),
    }
}

/// A kind that this version does not know is answered with [`Change::Everything`]: a newer node wrote it.
fn read_back(kind: &str, subject: &str) -> Result<Change> {
    const COLUMN: &str = "change_log.subject";
    let unreadable = StoreError::Corrupt { column: COLUMN };
    Ok(match kind {
        "key" => Change::Key(KeyLocator::Native(KeyId::from_ascii(subject.as_bytes()).ok_or(unreadable)?)),
        "imported-key" => Change::Key(KeyLocator::Imported(unhex(subject).ok_or(unreadable)?)),
        "session" => Change::Session(parsed(COLUMN, subject)?),
        "account" => Change::Account(parsed(COLUMN, subject)?),
        "organisation" => Change::Organisation(parsed(COLUMN, subject)?),
        "setting" => Change::Setting,
        _ => Change::Everything,
    })
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{AccountId, OrganisationId, SessionId};

    #[test]
    fn every_change_survives_being_written_down() {
        let all = [
            Change::Key(KeyLocator::Native(KeyId::from_ascii(b"0123456789Ab").unwrap())),
            Change::Key(KeyLocator::Imported([0xA5; 32])),
            Change::Session(SessionId::mint()),
            Change::Account(AccountId::mint()),
            Change::Organisation(OrganisationId::mint()),
            Change::Setting,
            Change::Everything,
        ];
        for change in all {
            let (kind, subject) = written(change);
            assert_eq!(read_back(kind, &subject).unwrap(), change);
        }
        assert_eq!(read_back("of a newer version", "x").unwrap(), Change::Everything);
    }

    #[test]
    fn a_gap_or_a_short_log_is_no_sequence() {
        let logged = |latest, seq: Option<i64>| Logged {
            latest,
            seq,
            kind: Some("setting".into()),
            subject: Some(String::new()),
        };
        assert_eq!(consecutive(vec![logged(2, Some(1)), logged(2, Some(2))], Seq(0)).unwrap().len(), 2);
        assert!(consecutive(vec![logged(3, Some(1)), logged(3, Some(3))], Seq(0)).is_none());
        assert!(consecutive(vec![logged(9, Some(1)), logged(9, Some(2))], Seq(0)).is_none());
        assert!(consecutive(vec![logged(4, None)], Seq(9)).is_none());
    }
}

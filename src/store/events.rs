//! Events as rows: written in the transaction of the change they speak of, numbered in the order of commits, with
//! a delivery for each webhook that wants them; read in that order as the feed of a platform.

use super::{Result, Store, StoreError, Tx, parsed, word};
use crate::model::event::{EventKind, EventSeq, NewEvent, Told};
use crate::model::id::{AccountId, DeliveryId, EventId};
use crate::model::slug::Slug;
use crate::time::Timestamp;

row! {
    struct Wants { id: String, kinds: String }
}

/// Writes what was noted. Whoever calls holds the counter row.
pub(super) async fn append(tx: &mut Tx, now: Timestamp) -> Result<()> {
    let events = tx.take_events();
    if events.is_empty() {
        return Ok(());
    }
    const SQL: &str = "UPDATE counter SET event_seq = event_seq + $1 WHERE id = 1 RETURNING event_seq";
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let last: Option<i64> = on!(tx tx, db => sqlx::query_scalar(SQL).bind(count).fetch_optional(db))?;
    let last = last.ok_or(StoreError::Corrupt { column: "counter.id" })?;
    for (seq, event) in (last - count + 1..).zip(&events) {
        insert(tx, EventSeq(seq), event, now).await?;
    }
    Ok(())
}

async fn insert(tx: &mut Tx, seq: EventSeq, event: &NewEvent, now: Timestamp) -> Result<()> {
    const EVENT: &str =
        "INSERT INTO event (seq, id, kind, account, body, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    const PLATFORM: &str = "INSERT INTO event_platform (platform, event) VALUES ($1, $2)";
    let account = event.account.map(|id| id.to_string());
    let (id, kind) = (event.id.to_string(), event.kind.as_str());
    run!(tx, EVENT, seq.0, id, kind, account, event.body.as_str(), now.millis())?;
    match &event.told {
        Told::Webhook(webhook) => deliver(tx, seq, &webhook.to_string(), now).await,
        Told::Platforms(platforms) => {
            for platform in platforms {
                run!(tx, PLATFORM, platform.as_str(), seq.0)?;
                for webhook in wanting(tx, platform, event.kind).await? {
                    deliver(tx, seq, &webhook, now).await?;
                }
            }
            Ok(())
        }
    }
}

async fn deliver(tx: &mut Tx, seq: EventSeq, webhook: &str, now: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO delivery (id, webhook, event, next_at) VALUES ($1, $2, $3, $4)";
    run!(tx, SQL, DeliveryId::mint().to_string(), webhook, seq.0, now.millis()).map(drop)
}

/// The webhooks of a platform that are sent events of this kind.
async fn wanting(tx: &mut Tx, platform: &Slug, kind: EventKind) -> Result<Vec<String>> {
    const SQL: &str = "SELECT id, kinds FROM webhook WHERE platform = $1 AND disabled_at IS NULL";
    let all: Vec<Wants> = on!(tx tx, db => sqlx::query_as(SQL).bind(platform.as_str()).fetch_all(db))?;
    let wants =
        |one: &Wants| one.kinds.is_empty() || one.kinds.split_whitespace().any(|word| word == kind.as_str());
    Ok(all.into_iter().filter(wants).map(|one| one.id).collect())
}

/// Every platform that was told of an account, as far back as events are kept.
///
/// # Errors
/// [`StoreError::Unavailable`], as every function here.
pub async fn told_of(tx: &mut Tx, account: AccountId) -> Result<Vec<Slug>> {
    const SQL: &str = "SELECT DISTINCT platform FROM event_platform
        JOIN event ON event.seq = event_platform.event WHERE account = $1";
    let all: Vec<String> = on!(tx tx, db => sqlx::query_scalar(SQL).bind(account.to_string()).fetch_all(db))?;
    all.iter().map(|slug| parsed("event_platform.platform", slug)).collect()
}

row! {
    struct Body { seq: i64, body: String }
}

/// What was and will be said of an account, by number.
///
/// # Errors
/// As [`told_of`].
pub async fn bodies_of(tx: &mut Tx, account: AccountId) -> Result<Vec<(EventSeq, String)>> {
    const SQL: &str = "SELECT seq, body FROM event WHERE account = $1";
    let rows: Vec<Body> = on!(tx tx, db => sqlx::query_as(SQL).bind(account.to_string()).fetch_all(db))?;
    Ok(rows.into_iter().map(|row| (EventSeq(row.seq), row.body)).collect())
}

/// Says something else instead, for an account that is erased.
///
/// # Errors
/// As [`told_of`].
pub async fn rewrite(tx: &mut Tx, seq: EventSeq, body: &str) -> Result<()> {
    run!(tx, "UPDATE event SET body = $2 WHERE seq = $1", seq.0, body).map(drop)
}

row! {
    struct Row { seq: i64, id: String, kind: String, body: String }
}

/// An event as it is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its place in the feed.
    pub seq: EventSeq,
    /// Its id.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// What is sent, in JSON.
    pub body: String,
}

/// The events of a platform after one, in the order of commits.
///
/// # Errors
/// As [`told_of`].
pub async fn feed(store: &Store, platform: &Slug, after: EventSeq, limit: u32) -> Result<Vec<Kept>> {
    const SQL: &str = "SELECT seq, id, kind, body FROM event_platform
        JOIN event ON event.seq = event_platform.event
        WHERE platform = $1 AND event_platform.event > $2 ORDER BY event_platform.event LIMIT $3";
    let rows: Vec<Row> = on!(read store, db => sqlx::query_as(SQL)
        .bind(platform.as_str())
        .bind(after.0)
        .bind(i64::from(limit))
        .fetch_all(db))?;
    rows.into_iter().map(Row::read).collect()
}

/// Which numbers are kept.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The oldest event that is kept; the next one to come where there is none.
    pub oldest: EventSeq,
    /// The newest.
    pub newest: EventSeq,
}

row! {
    struct BoundsRow { oldest: Option<i64>, newest: i64 }
}

/// Which numbers are kept now, of all platforms together.
///
/// # Errors
/// As [`told_of`].
pub async fn bounds(store: &Store) -> Result<Bounds> {
    const SQL: &str = "SELECT (SELECT MIN(seq) FROM event) AS oldest, event_seq AS newest FROM counter";
    let row: BoundsRow = on!(read store, db => sqlx::query_as(SQL).fetch_one(db))?;
    let oldest = EventSeq(row.oldest.unwrap_or(row.newest + 1));
    Ok(Bounds { oldest, newest: EventSeq(row.newest) })
}

/// The number of the newest event of any platform.
///
/// # Errors
/// As [`told_of`].
pub async fn newest(store: &Store) -> Result<EventSeq> {
    const SQL: &str = "SELECT event_seq FROM counter WHERE id = 1";
    on!(read store, db => sqlx::query_scalar::<_, i64>(SQL).fetch_one(db)).map(EventSeq)
}

impl Row {
    fn read(self) -> Result<Kept> {
        Ok(Kept {
            seq: EventSeq(self.seq),
            id: parsed("event.id", &self.id)?,
            kind: word("event.kind", EventKind::from_word(&self.kind))?,
            body: self.body,
        })
    }
}

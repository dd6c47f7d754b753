//! Rows of deliveries: one event on its way to one webhook. Whoever takes one moves its next attempt forward first,
//! so that no other node takes it too, and it comes back by itself when they die before they say how it went.

use super::webhooks::write;
use super::{Result, Store, StoreError, Tx, instant, parsed, within, word};
use crate::model::event::EventKind;
use crate::model::id::{DeliveryId, EventId, WebhookId};
use crate::model::webhook::{Delivery, DeliveryState, Failure};
use crate::time::Timestamp;

row! {
    struct TakenRow { id: String, attempts: i64, event_id: String, body: String }
}

/// A delivery that was taken, with what is sent.
#[derive(Debug)]
pub struct Taken {
    /// The delivery.
    pub id: DeliveryId,
    /// Attempts, with the one that is to be made.
    pub attempts: u32,
    /// The event.
    pub event: EventId,
    /// What is sent.
    pub body: String,
}

/// Takes what is due for a webhook, at most `limit`, for as long as until `back`.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Corrupt`], as every function here.
pub async fn take(
    store: &Store,
    webhook: WebhookId,
    (now, back): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<Taken>> {
    // A node that waited for the row of another looks at `next_at` once more.
    const SQL: &str = "UPDATE delivery SET next_at = $3, attempts = attempts + 1
        WHERE next_at <= $2 AND ended_at IS NULL AND id IN (
            SELECT id FROM delivery WHERE webhook = $1 AND ended_at IS NULL AND next_at <= $2
            ORDER BY next_at, event LIMIT $4)
        RETURNING id, attempts, (SELECT id FROM event WHERE seq = delivery.event) AS event_id,
            (SELECT body FROM event WHERE seq = delivery.event) AS body";
    let webhook = webhook.to_string();
    let rows: Vec<TakenRow> = match store {
        Store::Sqlite { write, .. } => {
            let query = sqlx::query_as(SQL).bind(webhook).bind(now.millis()).bind(back.millis()).bind(limit);
            within(query.fetch_all(write)).await?
        }
        Store::Postgres { pool, .. } => {
            let query = sqlx::query_as(SQL).bind(webhook).bind(now.millis()).bind(back.millis()).bind(limit);
            within(query.fetch_all(pool)).await?
        }
    };
    rows.into_iter().map(TakenRow::read).collect()
}

impl TakenRow {
    fn read(self) -> Result<Taken> {
        Ok(Taken {
            id: parsed("delivery.id", &self.id)?,
            attempts: count(self.attempts),
            event: parsed("event.id", &self.event_id)?,
            body: self.body,
        })
    }
}

/// Notes that a delivery arrived, and with which answer.
///
/// # Errors
/// As [`take`].
pub async fn arrived(store: &Store, id: DeliveryId, status: u16, now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE delivery SET arrived = TRUE, ended_at = $2, tried_at = $2, status = $3,
        failure = NULL WHERE id = $1";
    write!(store, SQL, id.to_string(), now.millis(), i64::from(status)).map(drop)
}

/// What became of an attempt that did not arrive.
#[derive(Debug, Clone, Copy)]
pub struct Missed {
    /// What it was answered, if anything.
    pub status: Option<u16>,
    /// What went wrong.
    pub failure: Failure,
    /// When it is tried again; `None` is never.
    pub next_at: Option<Timestamp>,
}

/// Notes that a delivery did not arrive.
///
/// # Errors
/// As [`take`].
pub async fn missed(store: &Store, id: DeliveryId, missed: Missed, now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE delivery SET tried_at = $2, status = $3, failure = $4,
        next_at = COALESCE($5, next_at), ended_at = CASE WHEN $5 IS NULL THEN $2 ELSE NULL END
        WHERE id = $1 AND ended_at IS NULL";
    let (status, next) = (missed.status.map(i64::from), missed.next_at.map(Timestamp::millis));
    write!(store, SQL, id.to_string(), now.millis(), status, missed.failure.as_str(), next).map(drop)
}

row! {
    struct Row {
        id: String,
        event_id: String,
        kind: String,
        created_at: i64,
        next_at: i64,
        attempts: i64,
        tried_at: Option<i64>,
        status: Option<i64>,
        failure: Option<String>,
        ended_at: Option<i64>,
        arrived: bool,
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT delivery.id AS id, event.id AS event_id, kind, created_at, next_at, attempts, tried_at,
                status, failure, ended_at, arrived
                FROM delivery JOIN event ON event.seq = delivery.event ",
            $rest
        )
    };
}

impl Row {
    fn read(self) -> Result<Delivery> {
        let state = match (self.ended_at, self.arrived) {
            (None, _) => DeliveryState::Waiting,
            (Some(_), true) => DeliveryState::Arrived,
            (Some(_), false) => DeliveryState::GivenUp,
        };
        let failure = self.failure.as_deref().map(|one| word("delivery.failure", Failure::from_word(one)));
        let status = self.status.map(u16::try_from).transpose();
        Ok(Delivery {
            id: parsed("delivery.id", &self.id)?,
            event: parsed("event.id", &self.event_id)?,
            kind: word("event.kind", EventKind::from_word(&self.kind))?,
            created_at: Timestamp::from_millis(self.created_at),
            attempts: count(self.attempts),
            tried_at: instant(self.tried_at),
            status: status.map_err(|_| StoreError::Corrupt { column: "delivery.status" })?,
            failure: failure.transpose()?,
            state,
            next_at: (state == DeliveryState::Waiting).then(|| Timestamp::from_millis(self.next_at)),
        })
    }
}

/// Deliveries of a webhook, the newest event first; where `before` is given, only those before it.
///
/// # Errors
/// As [`take`].
pub async fn of_webhook(
    store: &Store,
    webhook: WebhookId,
    before: Option<DeliveryId>,
    limit: u32,
) -> Result<Vec<Delivery>> {
    const SQL: &str = select!(
        "WHERE webhook = $1
            AND ($2 IS NULL OR delivery.event < (SELECT event FROM delivery WHERE id = $2 AND webhook = $1))
            ORDER BY delivery.event DESC LIMIT $3"
    );
    let rows: Vec<Row> = on!(read store, db => sqlx::query_as(SQL)
        .bind(webhook.to_string())
        .bind(before.map(|id| id.to_string()))
        .bind(i64::from(limit))
        .fetch_all(db))?;
    rows.into_iter().map(Row::read).collect()
}

/// Lets a delivery begin anew. Whether the webhook has it.
///
/// # Errors
/// As [`take`].
pub async fn again(tx: &mut Tx, webhook: WebhookId, id: DeliveryId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "UPDATE delivery SET next_at = $3, attempts = 0, ended_at = NULL, arrived = FALSE
        WHERE id = $2 AND webhook = $1";
    run!(tx, SQL, webhook.to_string(), id.to_string(), now.millis()).map(|rows| rows == 1)
}

/// Lets every delivery of a webhook that was given up begin anew. How many there are.
///
/// # Errors
/// As [`take`].
pub async fn all_again(tx: &mut Tx, webhook: WebhookId, now: Timestamp) -> Result<u64> {
    const SQL: &str = "UPDATE delivery SET next_at = $2, attempts = 0, ended_at = NULL
        WHERE webhook = $1 AND ended_at IS NOT NULL AND NOT arrived";
    run!(tx, SQL, webhook.to_string(), now.millis())
}

/// How many deliveries wait for their next attempt, where sending goes on.
///
/// # Errors
/// As [`take`].
pub async fn waiting(store: &Store) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM delivery JOIN webhook ON webhook.id = delivery.webhook
        WHERE ended_at IS NULL AND disabled_at IS NULL";
    on!(read store, db => sqlx::query_scalar::<_, i64>(SQL).fetch_one(db))
}

fn count(attempts: i64) -> u32 {
    u32::try_from(attempts).unwrap_or(u32::MAX)
}

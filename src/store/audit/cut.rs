//! Cutting the trail for its age. What goes leaves its last number and digest behind, and an entry that
//! names both, so that a trail cut by anybody else does not pass for whole.

use super::{chain, read};
use crate::model::audit::{AuditActor, AuditEntry};
use crate::store::changes::{hex, hold_counter};
use crate::store::{Result, Store, Tx};
use crate::time::Timestamp;

/// Entries that go at once, so that no other writer waits for long.
const AT_ONCE: i64 = 5_000;

/// What an entry about a cut is called.
pub(super) const ACT: &str = "audit.cut";

/// Where the trail begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Number of the last entry that went.
    pub seq: i64,
    /// Its digest, on which the next one is chained.
    pub digest: Vec<u8>,
    /// When it went.
    pub at: Timestamp,
}

row! {
    struct CutRow { seq: i64, digest: Vec<u8>, at: i64 }
}

impl Cut {
    /// What the entry about this cut says of it.
    pub(super) fn mark(&self) -> String {
        format!("through={} digest={}", self.seq, hex(&self.digest))
    }

    /// Whether an entry is the one about this cut.
    pub(super) fn is_witnessed_by(&self, link: &chain::Link) -> bool {
        link.act == ACT && link.detail == self.mark()
    }
}

/// Where the trail was last cut, if ever.
///
/// # Errors
/// [`Unavailable`](crate::store::StoreError::Unavailable), as every function here.
pub async fn last(store: &Store) -> Result<Option<Cut>> {
    const SQL: &str = "SELECT seq, digest, at FROM audit_cut ORDER BY seq DESC LIMIT 1";
    let row: Option<CutRow> = on!(read store, db => sqlx::query_as(SQL).fetch_optional(db))?;
    Ok(row.map(|CutRow { seq, digest, at }| Cut { seq, digest, at: Timestamp::from_millis(at) }))
}

/// Cuts off every entry older than `before`; how many there were. The chain still holds.
///
/// # Errors
/// As [`last`]; what was cut before stays cut.
pub async fn cut(store: &Store, before: Timestamp, now: Timestamp) -> Result<u64> {
    let mut gone = 0;
    loop {
        // A look first: on most days there is nothing to do, and no writer should wait for that.
        if oldest(store).await?.is_none_or(|at| at >= before) {
            return Ok(gone);
        }
        match cut_some(store, before, now).await? {
            0 => return Ok(gone),
            some => gone += some,
        }
    }
}

async fn oldest(store: &Store) -> Result<Option<Timestamp>> {
    let first = read::after(store, 0, &read::Filter::default(), 1).await?;
    Ok(first.first().map(|entry| entry.at))
}

row! {
    struct Span { first: Option<i64>, newest: Option<i64> }
}

async fn cut_some(store: &Store, before: Timestamp, now: Timestamp) -> Result<u64> {
    const FIRST_TO_STAY: &str = "SELECT MIN(seq) FROM audit WHERE at >= $1";
    const SPAN: &str = "SELECT MIN(seq) AS first, MAX(seq) AS newest FROM audit";
    let mut tx = store.begin().await?;
    // Whoever holds the counter row is alone with the trail.
    hold_counter(&mut tx).await?;
    let Span { first: Some(first), newest: Some(newest) } =
        on!(tx &mut tx, db => sqlx::query_as(SPAN).fetch_one(db))?
    else {
        return Ok(0);
    };
    let stays: Option<i64> =
        on!(tx &mut tx, db => sqlx::query_scalar(FIRST_TO_STAY).bind(before.millis()).fetch_one(db))?;
    let through = stays.map_or(newest, |stays| stays - 1).min(first + AT_ONCE - 1);
    if through < first {
        return Ok(0);
    }
    let gone = remove(&mut tx, through, now).await?;
    tx.commit(now).await?;
    Ok(gone)
}

async fn remove(tx: &mut Tx, through: i64, now: Timestamp) -> Result<u64> {
    const LAST: &str = "SELECT digest FROM audit WHERE seq = $1";
    let digest: Vec<u8> = on!(tx tx, db => sqlx::query_scalar(LAST).bind(through).fetch_one(db))?;
    run!(tx, "DELETE FROM audit_personal WHERE seq <= $1", through)?;
    let gone = run!(tx, "DELETE FROM audit WHERE seq <= $1", through)?;
    run!(tx, "DELETE FROM audit_cut WHERE seq < $1", through)?;
    let cut = Cut { seq: through, digest, at: now };
    run!(
        tx,
        "INSERT INTO audit_cut (seq, digest, at) VALUES ($1, $2, $3)",
        cut.seq,
        cut.digest.as_slice(),
        cut.at.millis()
    )?;
    tx.audit(AuditEntry {
        act: ACT,
        actor: AuditActor::Gate,
        subject: "audit".to_owned(),
        organisation: None,
        address: None,
        request: None,
        detail: cut.mark(),
        personal: None,
    });
    Ok(gone)
}

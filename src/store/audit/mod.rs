//! The audit trail: a chain of digests over who did what to what, when. Personal facts lie in a side row
//! of which the chain holds only a salted digest, so that erasing them leaves the chain whole.

mod chain;
mod cut;
mod read;

use self::chain::{Link, chained, fault_of, salted};
pub use self::cut::{Cut, cut, last as last_cut};
pub use self::read::{Filter, Recorded, Wanted, after, list};
use super::changes::Held;
use super::tx::Tx;
use super::{Result, Store};
use crate::model::audit::{AuditActor, AuditEntry};
use crate::model::id::AccountId;
use crate::secret::token;
use crate::time::Timestamp;

/// What a walk along the whole chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every entry is there, unaltered and in its place.
    Whole {
        /// Entries that are there.
        entries: i64,
        /// Entries whose personal facts were erased.
        erased: i64,
    },
    /// The first place where the chain does not hold.
    Broken {
        /// Number of the entry.
        seq: i64,
        /// What is wrong with it.
        fault: Fault,
    },
}

/// How an entry breaks the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No entry of this number.
    Missing,
    /// It is not what was written, or not in its place.
    Altered,
    /// Its personal facts are not what was written.
    PersonalAltered,
    /// The entries up to this one are gone, and no entry says that the gate cut them off.
    CutUnseen,
}

/// The columns of an entry with its side row, in front of a condition.
macro_rules! entries {
    ($tail:literal) => {
        concat!(
            "SELECT audit.seq AS seq, at, act, actor, subject, organisation, request, detail,
             personal_digest, digest, salt, address, personal
             FROM audit LEFT JOIN audit_personal ON audit_personal.seq = audit.seq ",
            $tail
        )
    };
}

/// Walks the whole chain, from where it was last cut to the end that the counter row names.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable); a broken chain is an answer, not an error.
pub async fn verify(store: &Store) -> Result<Verdict> {
    loop {
        let cut = cut::last(store).await?;
        let verdict = walk(store, cut.as_ref()).await?;
        // A cut in the middle of the walk looks like a break.
        if matches!(verdict, Verdict::Whole { .. }) || cut::last(store).await? == cut {
            return Ok(verdict);
        }
    }
}

async fn walk(store: &Store, cut: Option<&Cut>) -> Result<Verdict> {
    const HEAD: &str = "SELECT audit_seq AS seq, audit_digest AS digest FROM counter";
    const SQL: &str = entries!("WHERE audit.seq > $1 ORDER BY audit.seq LIMIT 500");
    let head: Head = on!(read store, db => sqlx::query_as(HEAD).fetch_one(db))?;
    let first = cut.map_or(0, |cut| cut.seq);
    let (mut seq, mut digest) = (first, cut.map(|cut| cut.digest.clone()));
    let (mut erased, mut witnessed) = (0, cut.is_none());
    while seq < head.seq {
        let page: Vec<Link> = on!(read store, db => sqlx::query_as(SQL).bind(seq).fetch_all(db))?;
        if page.is_empty() {
            return Ok(Verdict::Broken { seq: seq + 1, fault: Fault::Missing });
        }
        for link in page.into_iter().take_while(|link| link.seq <= head.seq) {
            seq += 1;
            if let Some(fault) = fault_of(&link, seq, digest.as_deref()) {
                return Ok(Verdict::Broken { seq, fault });
            }
            witnessed |= cut.is_some_and(|cut| cut.is_witnessed_by(&link));
            erased += i64::from(link.personal_digest.is_some() && link.salt.is_none());
            digest = Some(link.digest);
        }
    }
    if digest != head.digest {
        return Ok(Verdict::Broken { seq, fault: Fault::Altered });
    }
    if !witnessed {
        return Ok(Verdict::Broken { seq: first, fault: Fault::CutUnseen });
    }
    Ok(Verdict::Whole { entries: seq - first, erased })
}

row! {
    struct Head { seq: i64, digest: Option<Vec<u8>> }
}

/// Chains one entry to the end that the held counter row names.
pub(super) async fn append(
    tx: &mut Tx,
    counter: &mut Held,
    entry: &AuditEntry,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "INSERT INTO audit
        (seq, at, act, actor, subject, organisation, request, detail, personal_digest, digest)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    const SIDE: &str = "INSERT INTO audit_personal (seq, salt, address, personal) VALUES ($1, $2, $3, $4)";
    let mut link = link(entry, counter.audit_seq + 1, now)?;
    link.digest = chained(counter.audit_digest.as_deref(), &link);
    run!(
        tx,
        SQL,
        link.seq,
        link.at,
        link.act.as_str(),
        link.actor.as_str(),
        link.subject.as_str(),
        link.organisation.as_deref(),
        link.request.as_deref(),
        link.detail.as_str(),
        link.personal_digest.as_deref(),
        link.digest.as_slice()
    )?;
    if let Some(salt) = &link.salt {
        run!(tx, SIDE, link.seq, salt.as_slice(), link.address.as_deref(), link.personal.as_deref())?;
    }
    counter.audit_seq = link.seq;
    counter.audit_digest = Some(link.digest);
    Ok(())
}

/// The entry as it will stand in the tables, not yet chained.
fn link(entry: &AuditEntry, seq: i64, now: Timestamp) -> Result<Link> {
    let address = entry.address.map(|address| address.to_string());
    let salt = (address.is_some() || entry.personal.is_some()).then(|| token::random::<16>().to_vec());
    let personal_digest =
        salt.as_deref().map(|salt| salted(salt, address.as_deref(), entry.personal.as_deref()));
    Ok(Link {
        seq,
        at: now.millis(),
        act: entry.act.to_owned(),
        actor: actor_word(entry.actor),
        subject: entry.subject.clone(),
        organisation: entry.organisation.map(|id| id.to_string()),
        request: entry.request.map(|id| id.to_string()),
        detail: entry.detail.clone(),
        personal_digest,
        digest: Vec::new(),
        salt,
        address,
        personal: entry.personal.clone(),
    })
}

fn actor_word(actor: AuditActor) -> String {
    match actor {
        AuditActor::Account(id) => id.to_string(),
        AuditActor::Operator => "operator".to_owned(),
        AuditActor::Gate => "gate".to_owned(),
        AuditActor::Stranger => "stranger".to_owned(),
    }
}

/// Erases the personal facts of every entry that this account made or that speaks of it. The entries
/// themselves stay, and the chain still holds.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable).
pub async fn erase_personal(tx: &mut Tx, account: AccountId) -> Result<u64> {
    const SQL: &str = "DELETE FROM audit_personal WHERE seq IN
        (SELECT seq FROM audit WHERE actor = $1 OR subject = $2)";
    run!(tx, SQL, account.to_string(), format!("account {account}"))
}

//! The audit trail: a chain of digests over who did what to what, when. Personal facts lie in a side row
//! of which the chain holds only a salted digest, so that erasing them leaves the chain whole.

mod chain;

use self::chain::{Link, chained, fault_of, salted};
use super::changes::Held;
use super::tx::Tx;
use super::{Result, Store};
use crate::model::audit::{AuditActor, AuditEntry};
use crate::model::id::{AccountId, OrganisationId};
use crate::secret::token;
use crate::time::Timestamp;

/// One entry as shown to readers.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Place in the chain, from 1 on.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub act: String,
    /// Who did it: `operator`, `gate`, `stranger` or an account's id.
    pub actor: String,
    /// Kind and id of what it was done to.
    pub subject: String,
    /// Id of the organisation it happened in.
    pub organisation: Option<String>,
    /// The request that did it.
    pub request: Option<String>,
    /// Facts that name nobody.
    pub detail: String,
    /// Where it came from, until erased.
    pub address: Option<String>,
    /// Facts that name a person, until erased.
    pub personal: Option<String>,
}

/// What a walk along the whole chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every entry is there, unaltered and in its place.
    Whole {
        /// Entries in all.
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

/// Which entries are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Only those older than this number; `None` begins with the newest.
    pub before: Option<i64>,
    /// Only those of this organisation.
    pub organisation: Option<OrganisationId>,
    /// At most so many.
    pub limit: u32,
}

/// Entries, newest first.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable).
pub async fn list(store: &Store, wanted: Wanted) -> Result<Vec<Recorded>> {
    const SQL: &str = entries!(
        "WHERE audit.seq < $1 AND ($2 IS NULL OR organisation = $2) ORDER BY audit.seq DESC LIMIT $3"
    );
    let organisation = wanted.organisation.map(|id| id.to_string());
    let before = wanted.before.unwrap_or(i64::MAX);
    let links: Vec<Link> = on!(read store, db => sqlx::query_as(SQL)
        .bind(before)
        .bind(organisation)
        .bind(i64::from(wanted.limit))
        .fetch_all(db))?;
    Ok(links.into_iter().map(Recorded::from).collect())
}

impl From<Link> for Recorded {
    fn from(link: Link) -> Self {
        Self {
            seq: link.seq,
            at: Timestamp::from_millis(link.at),
            act: link.act,
            actor: link.actor,
            subject: link.subject,
            organisation: link.organisation,
            request: link.request,
            detail: link.detail,
            address: link.address,
            personal: link.personal,
        }
    }
}

/// Walks the whole chain up to the end that the counter row names.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable); a broken chain is an answer, not an error.
pub async fn verify(store: &Store) -> Result<Verdict> {
    const HEAD: &str = "SELECT audit_seq AS seq, audit_digest AS digest FROM counter";
    const SQL: &str = entries!("WHERE audit.seq > $1 ORDER BY audit.seq LIMIT 500");
    let head: Head = on!(read store, db => sqlx::query_as(HEAD).fetch_one(db))?;
    let (mut seq, mut digest, mut erased) = (0, None, 0);
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
            erased += i64::from(link.personal_digest.is_some() && link.salt.is_none());
            digest = Some(link.digest);
        }
    }
    if digest != head.digest {
        return Ok(Verdict::Broken { seq, fault: Fault::Altered });
    }
    Ok(Verdict::Whole { entries: seq, erased })
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

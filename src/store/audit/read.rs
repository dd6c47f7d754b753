//! Entries as readers want them: those that match, newest first for eyes, oldest first for archives.

use super::Link;
use crate::model::id::{AccountId, OrganisationId};
use crate::store::{Result, Store};
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

/// Which entries match; what is left out matches all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// In this organisation.
    pub organisation: Option<OrganisationId>,
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// This act; all that begin with it where it ends with a dot (`key.`).
    pub act: Option<String>,
    /// Done by `operator`, `gate`, `stranger` or the account of this id.
    pub actor: Option<String>,
    /// Done to this: kind and id, or the id alone.
    pub subject: Option<String>,
    /// Done by this account or to it.
    pub about: Option<AccountId>,
    /// From this address.
    pub address: Option<String>,
    /// By this request.
    pub request: Option<String>,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only those older than this number; `None` begins with the newest.
    pub before: Option<i64>,
    /// Only those that match.
    pub filter: Filter,
    /// At most so many.
    pub limit: u32,
}

/// Entries with their side rows on one side of a number, in one order, under every condition of [`Filter`].
macro_rules! matching {
    ($side:literal, $order:literal) => {
        concat!(
            "SELECT audit.seq AS seq, at, act, actor, subject, organisation, request, detail,
             personal_digest, digest, salt, address, personal
             FROM audit LEFT JOIN audit_personal ON audit_personal.seq = audit.seq
             WHERE audit.seq ",
            $side,
            " $1 AND at >= $2 AND at < $3 AND ($4 IS NULL OR organisation = $4)
             AND ($5 IS NULL OR act = $5 OR (substr($5, length($5)) = '.' AND substr(act, 1, length($5)) = $5))
             AND ($6 IS NULL OR actor = $6)
             AND ($7 IS NULL OR subject = $7
                  OR substr(subject, length(subject) - length($7)) = (' ' || $7))
             AND ($8 IS NULL OR actor = $8 OR subject = ('account ' || $8))
             AND ($9 IS NULL OR address = $9) AND ($10 IS NULL OR request = $10)
             ORDER BY audit.seq ",
            $order,
            " LIMIT $11"
        )
    };
}

/// Entries, newest first.
///
/// # Errors
/// [`Unavailable`](crate::store::StoreError::Unavailable).
pub async fn list(store: &Store, wanted: Wanted) -> Result<Vec<Recorded>> {
    const SQL: &str = matching!("<", "DESC");
    matches(store, SQL, wanted.before.unwrap_or(i64::MAX), &wanted.filter, wanted.limit).await
}

/// Entries behind a number, oldest first.
///
/// # Errors
/// As [`list`].
pub async fn after(store: &Store, seq: i64, filter: &Filter, limit: u32) -> Result<Vec<Recorded>> {
    const SQL: &str = matching!(">", "ASC");
    matches(store, SQL, seq, filter, limit).await
}

async fn matches(
    store: &Store,
    sql: &'static str,
    seq: i64,
    filter: &Filter,
    limit: u32,
) -> Result<Vec<Recorded>> {
    let millis = |at: Option<Timestamp>, open: i64| at.map_or(open, Timestamp::millis);
    let links: Vec<Link> = on!(read store, db => sqlx::query_as(sql)
        .bind(seq)
        .bind(millis(filter.from, i64::MIN))
        .bind(millis(filter.to, i64::MAX))
        .bind(filter.organisation.map(|id| id.to_string()))
        .bind(filter.act.as_deref())
        .bind(filter.actor.as_deref())
        .bind(filter.subject.as_deref())
        .bind(filter.about.map(|id| id.to_string()))
        .bind(filter.address.as_deref())
        .bind(filter.request.as_deref())
        .bind(i64::from(limit))
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

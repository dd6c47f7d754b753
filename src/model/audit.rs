//! Audit entries: who did what to what, when. Chained by hash, so that none can vanish unseen.

use super::caller::RequestId;
use super::id::{AccountId, OrganisationId};
use std::net::IpAddr;

/// One entry before it is chained. Personal fields live in a side row covered by a salted digest.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// What was done, e.g. `key.created`: noun, dot, past participle.
    pub act: &'static str,
    /// Who did it.
    pub actor: AuditActor,
    /// Kind and id of what it was done to, e.g. `key 3fQ…`.
    pub subject: String,
    /// The organisation it happened in.
    pub organisation: Option<OrganisationId>,
    /// Where the request came from.
    pub address: Option<IpAddr>,
    /// The request that did it.
    pub request: Option<RequestId>,
    /// Further facts that name nobody, e.g. `role=viewer`.
    pub detail: String,
    /// Further facts that name a person (address, display name); erasable.
    pub personal: Option<String>,
}

/// Who acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditActor {
    /// An account.
    Account(AccountId),
    /// The operator on the command line.
    Operator,
    /// The gate itself (expiry, start-up, import).
    Gate,
    /// Nobody known (a leaked key reported by a stranger).
    Stranger,
}

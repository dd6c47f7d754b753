//! On whose behalf an act runs, and the guard that every act begins with. Rights are read inside the
//! transaction that uses them, so that a right taken a moment ago does not count.

use std::net::IpAddr;
use std::sync::Arc;

use super::error::{ActionError, Denied};
use crate::app::App;
use crate::model::account::{AccountStatus, Office};
use crate::model::audit::{AuditActor, AuditEntry};
use crate::model::caller::RequestId;
use crate::model::grant::Standing;
use crate::model::id::{AccountId, OrganisationId};
use crate::model::identity::Presented;
use crate::model::role::{Permission, Rank, Roles};
use crate::model::slug::Slug;
use crate::store::{Tx, standing};
use crate::time::Timestamp;
use crate::words::Language;

/// Whoever acts, and where the wish came from.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Who it is.
    pub who: Who,
    /// The request that carries the wish; empty on the command line.
    pub origin: Origin,
}

/// Who acts.
#[derive(Debug, Clone)]
pub enum Who {
    /// The operator on the command line, who holds the database anyway: may do everything.
    Operator,
    /// The gate itself: set-up, expiry, import.
    Gate,
    /// An identified account.
    Account {
        /// The account and what it holds.
        standing: Arc<Standing>,
        /// What it presented.
        presented: Presented,
    },
}

/// Where a wish came from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The request.
    pub request: Option<RequestId>,
    /// The language of whoever asks, for letters to people who chose none.
    pub language: Option<Language>,
}

/// A place in an organisation that an act reaches to.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The organisation.
    pub organisation: OrganisationId,
    /// One space of it; `None` is all of them.
    pub space: Option<&'a Slug>,
    /// One platform; `None` is all of them.
    pub platform: Option<&'a Slug>,
}

impl Place<'_> {
    /// The whole organisation.
    pub const fn whole(organisation: OrganisationId) -> Self {
        Self { organisation, space: None, platform: None }
    }
}

/// The highest rank that an actor may give or take in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ceiling {
    /// Any rank.
    None,
    /// This rank and those below it.
    Rank(Rank),
}

impl Ceiling {
    /// Whether a role of this rank may be given or taken. A role that configuration no longer knows has no
    /// rank: whoever has a ceiling leaves it alone.
    ///
    /// # Errors
    /// [`Denied::AboveOwnRank`].
    pub fn admits(self, rank: Option<Rank>) -> Result<(), Denied> {
        match (self, rank) {
            (Self::None, _) => Ok(()),
            (Self::Rank(own), Some(rank)) if rank <= own => Ok(()),
            (Self::Rank(_), _) => Err(Denied::AboveOwnRank),
        }
    }
}

impl Origin {
    /// An audit entry about an act that came from here, to be completed.
    pub fn entry(self, actor: AuditActor, act: &'static str, subject: String) -> AuditEntry {
        let Self { address, request, language: _ } = self;
        let (organisation, detail, personal) = (None, String::new(), None);
        AuditEntry { act, actor, subject, organisation, address, request, detail, personal }
    }
}

impl Actor {
    /// The operator on the command line.
    pub fn operator() -> Self {
        Self { who: Who::Operator, origin: Origin::default() }
    }

    /// The gate itself.
    pub fn gate() -> Self {
        Self { who: Who::Gate, origin: Origin::default() }
    }

    /// The acting account, where it is one.
    pub fn account(&self) -> Option<AccountId> {
        match &self.who {
            Who::Operator | Who::Gate => None,
            Who::Account { standing, .. } => Some(standing.account.id),
        }
    }

    /// The actor as the audit trail names it.
    pub fn named(&self) -> AuditActor {
        match &self.who {
            Who::Operator => AuditActor::Operator,
            Who::Gate => AuditActor::Gate,
            Who::Account { standing, .. } => AuditActor::Account(standing.account.id),
        }
    }

    /// An audit entry about an act of this actor, to be completed.
    pub fn entry(&self, act: &'static str, subject: String) -> AuditEntry {
        self.origin.entry(self.named(), act, subject)
    }

    /// Keys neither make keys nor change how an account proves itself.
    ///
    /// # Errors
    /// [`Denied::Key`].
    pub const fn needs_person(&self) -> Result<(), Denied> {
        match &self.who {
            Who::Account { presented: Presented::Key(_), .. } => Err(Denied::Key),
            Who::Operator | Who::Gate | Who::Account { .. } => Ok(()),
        }
    }

    /// The office that the acting account holds as this transaction sees it; the operator and the gate
    /// count as administrators.
    ///
    /// # Errors
    /// [`Denied::Inactive`], or the store's.
    pub async fn office(&self, tx: &mut Tx) -> Result<Option<Office>, ActionError> {
        match &self.who {
            Who::Operator | Who::Gate => Ok(Some(Office::Administrator)),
            Who::Account { standing, .. } => Ok(current(tx, standing.account.id).await?.account.office),
        }
    }

    /// Lets only administrators pass.
    ///
    /// # Errors
    /// [`Denied::NotAdministrator`], or as [`Actor::office`].
    pub async fn administers(&self, tx: &mut Tx) -> Result<(), ActionError> {
        match self.office(tx).await? {
            Some(Office::Administrator) => Ok(()),
            Some(Office::Support) | None => Err(Denied::NotAdministrator.into()),
        }
    }

    /// Lets managers of a place pass, up to their own rank, and administrators without limit.
    ///
    /// # Errors
    /// [`Denied::NotManager`], or as [`Actor::office`].
    pub async fn manages(&self, app: &App, tx: &mut Tx, place: Place<'_>) -> Result<Ceiling, ActionError> {
        match &self.who {
            Who::Operator | Who::Gate => Ok(Ceiling::None),
            Who::Account { standing, .. } => {
                let now = app.clock.now();
                let held = current(tx, standing.account.id).await?;
                Ok(ceiling(&held, place, &app.config.load().roles, now)?)
            }
        }
    }

    /// Whether the actor may learn that an organisation exists: by an office, or by a grant in it.
    pub fn knows(&self, organisation: OrganisationId) -> bool {
        match &self.who {
            Who::Operator | Who::Gate => true,
            Who::Account { standing, .. } => {
                standing.account.office.is_some()
                    || standing.organisations.iter().any(|held| held.id == organisation)
            }
        }
    }

    /// The same for reading only, by what is known of the actor already.
    ///
    /// # Errors
    /// [`Denied::NotManager`], [`Denied::Inactive`].
    pub fn oversees(&self, app: &App, organisation: OrganisationId) -> Result<(), Denied> {
        match &self.who {
            Who::Operator | Who::Gate => Ok(()),
            Who::Account { standing, .. } if standing.account.status != AccountStatus::Active => {
                Err(Denied::Inactive)
            }
            Who::Account { standing, .. } if standing.account.office == Some(Office::Support) => Ok(()),
            Who::Account { standing, .. } => {
                let roles = &app.config.load().roles;
                ceiling(standing, Place::whole(organisation), roles, app.clock.now()).map(drop)
            }
        }
    }

    /// Lets only administrators read.
    ///
    /// # Errors
    /// [`Denied::NotAdministrator`], [`Denied::Inactive`].
    pub fn oversees_as_administrator(&self) -> Result<(), Denied> {
        self.oversees_all()?;
        match &self.who {
            Who::Account { standing, .. } if standing.account.office != Some(Office::Administrator) => {
                Err(Denied::NotAdministrator)
            }
            Who::Operator | Who::Gate | Who::Account { .. } => Ok(()),
        }
    }

    /// Lets only holders of an office read.
    ///
    /// # Errors
    /// [`Denied::NotAdministrator`], [`Denied::Inactive`].
    pub fn oversees_all(&self) -> Result<(), Denied> {
        match &self.who {
            Who::Operator | Who::Gate => Ok(()),
            Who::Account { standing, .. } if standing.account.status != AccountStatus::Active => {
                Err(Denied::Inactive)
            }
            Who::Account { standing, .. } if standing.account.office.is_some() => Ok(()),
            Who::Account { .. } => Err(Denied::NotAdministrator),
        }
    }
}

/// The standing as it is now; a suspended or closed account does nothing any more.
async fn current(tx: &mut Tx, account: AccountId) -> Result<Standing, ActionError> {
    match standing::load_in(tx, account).await? {
        Some(held) if held.account.status == AccountStatus::Active => Ok(held),
        Some(_) | None => Err(Denied::Inactive.into()),
    }
}

/// How far a standing reaches in a place. A grant for one space or platform manages that one only.
fn ceiling(held: &Standing, place: Place<'_>, roles: &Roles, now: Timestamp) -> Result<Ceiling, Denied> {
    if held.account.office == Some(Office::Administrator) {
        return Ok(Ceiling::None);
    }
    let reaches = |limit: Option<&Slug>, to: Option<&Slug>| limit.is_none_or(|limit| to == Some(limit));
    held.grants
        .iter()
        .filter(|grant| grant.counts_at(now))
        .filter(|grant| {
            held.organisations.get(grant.organisation).is_some_and(|home| home.id == place.organisation)
        })
        .filter(|grant| {
            reaches(grant.space.as_ref(), place.space) && reaches(grant.platform.as_ref(), place.platform)
        })
        .filter_map(|grant| roles.by_slug(&grant.role))
        .filter(|role| role.permissions.has(Permission::Manage))
        .filter_map(|role| roles.rank(&role.slug))
        .max()
        .map(Ceiling::Rank)
        .ok_or(Denied::NotManager)
}

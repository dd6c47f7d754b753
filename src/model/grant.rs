//! Grants, and an account's standing: everything the gate must know of an account to admit it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http::HeaderValue;

use super::account::Account;
use super::credentials::Credentials;
use super::id::{AccountId, GrantId, OrganisationId, SpaceId};
use super::role::Roles;
use super::slug::Slug;
use crate::time::Timestamp;

/// Who holds which role where, and when, as stored.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Immutable identifier.
    pub id: GrantId,
    /// Who holds it.
    pub account: AccountId,
    /// In which organisation.
    pub organisation: OrganisationId,
    /// In which space; `None` is each space of the organisation.
    pub space: Option<SpaceId>,
    /// Which role; a slug that configuration no longer knows opens nothing.
    pub role: Slug,
    /// On which platform; `None` is every platform the organisation is entitled to.
    pub platform: Option<Slug>,
    /// When it begins to count.
    pub starts_at: Option<Timestamp>,
    /// When it ceases to count.
    pub ends_at: Option<Timestamp>,
    /// Who gave it; `None` when the operator did on the command line.
    pub granted_by: Option<AccountId>,
    /// When it was given.
    pub created_at: Timestamp,
}

/// A grant as the gate holds it in memory: slugs resolved, one organisation of [`Standing`].
#[derive(Debug, Clone)]
pub struct HeldGrant {
    /// Index into [`Standing::organisations`].
    pub organisation: usize,
    /// The space's slug; `None` is each space.
    pub space: Option<Slug>,
    /// The role's slug.
    pub role: Slug,
    /// The platform's slug; `None` is each entitled one.
    pub platform: Option<Slug>,
    /// When it begins to count.
    pub starts_at: Option<Timestamp>,
    /// When it ceases to count.
    pub ends_at: Option<Timestamp>,
}

impl HeldGrant {
    /// Whether the grant counts at this moment.
    pub fn counts_at(&self, now: Timestamp) -> bool {
        self.starts_at.is_none_or(|start| start <= now) && self.ends_at.is_none_or(|end| now < end)
    }
}

/// An open organisation that the account holds grants in.
#[derive(Debug, Clone)]
pub struct HeldOrganisation {
    /// Its identifier.
    pub id: OrganisationId,
    /// Its slug.
    pub slug: Slug,
    /// Slugs of its spaces.
    pub spaces: Vec<Slug>,
    /// Slugs of the platforms it is entitled to.
    pub platforms: Vec<Slug>,
}

/// A signed assertion, and when it must not be handed out any more.
pub type Signed = Arc<(Timestamp, HeaderValue)>;

/// The assertions that requests by keys of one account share, by platform and credentials.
pub type Assertions = Mutex<HashMap<(Slug, Option<Arc<Credentials>>), Signed>>;

/// An account with all that its admission depends on: one consistent read of the store.
/// Closed organisations and grants long over are left out.
#[derive(Debug)]
pub struct Standing {
    /// The account itself.
    pub account: Account,
    /// Its grants.
    pub grants: Vec<HeldGrant>,
    /// The organisations these lie in.
    pub organisations: Vec<HeldOrganisation>,
    /// Assertions made of this standing.
    pub assertions: Assertions,
}

impl Standing {
    /// Whether a grant that counts now covers these credentials: entitled platform, existing space,
    /// known role of at most the granted rank. Returns when that ceases to hold, if a date is known.
    pub fn covers(&self, wanted: &Credentials, roles: &Roles, now: Timestamp) -> Option<Covered> {
        let rank = roles.rank(&wanted.role)?;
        let mut best: Option<Covered> = None;
        for grant in self.grants.iter().filter(|grant| grant.counts_at(now)) {
            let Some(organisation) = self.organisations.get(grant.organisation) else { continue };
            let fits = organisation.slug == wanted.organisation
                && organisation.platforms.contains(&wanted.platform)
                && grant.platform.as_ref().is_none_or(|platform| *platform == wanted.platform)
                && grant.space.as_ref().is_none_or(|space| *space == wanted.space)
                && organisation.spaces.contains(&wanted.space)
                && roles.rank(&grant.role).is_some_and(|held| held >= rank);
            if fits {
                best = Some(Covered::longer(best, grant.ends_at));
            }
        }
        best
    }

    /// All credentials usable on `platform` at this moment, each once, at the granted role.
    pub fn usable_on(&self, platform: &Slug, roles: &Roles, now: Timestamp) -> Vec<Credentials> {
        let mut usable = Vec::new();
        for grant in
            self.grants.iter().filter(|grant| grant.counts_at(now) && roles.rank(&grant.role).is_some())
        {
            let Some(organisation) = self.organisations.get(grant.organisation) else { continue };
            let open = organisation.platforms.contains(platform)
                && grant.platform.as_ref().is_none_or(|held| held == platform);
            if !open {
                continue;
            }
            for space in &organisation.spaces {
                if grant.space.as_ref().is_none_or(|held| held == space) {
                    let credentials = Credentials {
                        platform: platform.clone(),
                        organisation: organisation.slug.clone(),
                        space: space.clone(),
                        role: grant.role.clone(),
                    };
                    if !usable.contains(&credentials) {
                        usable.push(credentials);
                    }
                }
            }
        }
        usable
    }
}

/// That credentials are covered, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covered {
    /// The end of the longest grant that covers them; `None` when no end is set.
    pub until: Option<Timestamp>,
}

impl Covered {
    fn longer(best: Option<Self>, until: Option<Timestamp>) -> Self {
        match (best, until) {
            (None, until) => Self { until },
            (Some(Self { until: Some(a) }), Some(b)) => Self { until: Some(a.max(b)) },
            (Some(_), _) => Self { until: None },
        }
    }
}

//! Rights: from a proven account and a route to the identity that the request works under. Pure; run after
//! the caches, so that what is remembered is who somebody is, never that they may (K4, R-67).

use std::sync::Arc;

use super::error::{AuthError, Lack};
use crate::model::api_key::{ApiKey, KeyAudience};
use crate::model::credentials::Credentials;
use crate::model::demanded::Demanded;
use crate::model::grant::Standing;
use crate::model::identity::{Identity, Presented};
use crate::model::role::{Permissions, Roles};
use crate::model::route::{Access, Demands, Route};
use crate::model::session::Session;
use crate::time::Timestamp;

/// Whether a route lets somebody in of whom nothing is known.
///
/// # Errors
/// [`AuthError::Nobody`].
pub const fn takes_nobody(route: &Route) -> Result<(), AuthError> {
    match route.access {
        Access::Public | Access::Optional => Ok(()),
        Access::SignedIn(_) | Access::Member(_) | Access::Role(..) => Err(AuthError::Nobody),
    }
}

/// Whether a route takes this key at all, whoever owns it.
///
/// # Errors
/// [`AuthError::Forbidden`].
pub fn takes_key(route: &Route, key: &ApiKey) -> Result<(), AuthError> {
    if !route.accepts.key {
        return Err(AuthError::Forbidden(Lack::Method));
    }
    match key.audience {
        KeyAudience::Upstream => Ok(()),
        KeyAudience::Api => Err(AuthError::Forbidden(Lack::Platform)),
    }
}

/// Whether a route takes sessions.
///
/// # Errors
/// [`AuthError::Forbidden`].
pub const fn takes_sessions(route: &Route) -> Result<(), AuthError> {
    if route.accepts.session { Ok(()) } else { Err(AuthError::Forbidden(Lack::Method)) }
}

/// What claims are judged by at a moment.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// The roles that there are.
    pub roles: &'a Roles,
    /// Where validated addresses are demanded beside routes.
    pub demanded: &'a Demanded,
    /// The moment.
    pub now: Timestamp,
}

/// What somebody proven claims.
pub struct Claim<'a> {
    /// What proved them.
    pub proof: Presented,
    /// The key, where it was one.
    pub key: Option<&'a ApiKey>,
    /// The session, where it was one.
    pub session: Option<&'a Session>,
    /// The credentials that the request picks among a key's.
    pub picked: Option<&'a Credentials>,
}

/// The identity of a claim on a route, if the route admits it.
///
/// # Errors
/// [`AuthError::Forbidden`] and [`AuthError::Choose`].
pub fn identity(
    claim: &Claim<'_>,
    standing: &Arc<Standing>,
    route: &Route,
    terms: Terms<'_>,
) -> Result<Identity, AuthError> {
    let Terms { roles, now, .. } = terms;
    let own_end = claim.key.and_then(ApiKey::ends_at).or(claim.session.map(|session| session.ends_at));
    let chosen = choose(claim, standing, route, roles, now)?;
    let role = chosen.as_ref().and_then(|(credentials, _)| roles.by_slug(&credentials.role));
    let granted = role.map_or(Permissions::NONE, |role| role.permissions);
    let rights = claim.key.and_then(|key| key.rights);
    let identity = Identity {
        standing: standing.clone(),
        presented: claim.proof,
        until: earlier(own_end, chosen.as_ref().and_then(|(_, until)| *until)),
        rank: chosen.as_ref().and_then(|(credentials, _)| roles.rank(&credentials.role)),
        permissions: rights.map_or(granted, |rights| granted.and(rights)),
        credentials: chosen.map(|(credentials, _)| Arc::new(credentials)),
        was_picked: claim.picked.is_some(),
        authenticated_at: claim.session.map(|session| session.authenticated_at),
        methods: claim.session.map(|session| session.methods.clone()).unwrap_or_default(),
        platform: route.platform.clone(),
        rendered: Default::default(),
        assertion: Default::default(),
    };
    demands(&identity, route, terms)?;
    Ok(identity)
}

/// Whether an identity meets what its route demands.
///
/// # Errors
/// [`AuthError::Forbidden`], naming what is missing.
pub fn demands(identity: &Identity, route: &Route, terms: Terms<'_>) -> Result<(), AuthError> {
    let lack = match &route.access {
        Access::Public | Access::Optional => None,
        Access::SignedIn(demands) => beyond(identity, *demands, terms),
        Access::Member(demands) => match identity.rank {
            Some(_) => beyond(identity, *demands, terms),
            None => Some(Lack::Membership),
        },
        Access::Role(least, demands) => match identity.rank {
            Some(rank) if rank >= *least => beyond(identity, *demands, terms),
            Some(_) => Some(Lack::Rank),
            None => Some(Lack::Membership),
        },
    };
    lack.map_or(Ok(()), |lack| Err(AuthError::Forbidden(lack)))
}

fn beyond(identity: &Identity, demands: Demands, terms: Terms<'_>) -> Option<Lack> {
    let organisation = identity.credentials.as_ref().map(|credentials| &credentials.organisation);
    let demanded = demands.validated || terms.demanded.at(&identity.platform, organisation);
    if demanded && !identity.standing.account.validated {
        return Some(Lack::Validation);
    }
    // A key never proves that a person is there now.
    let fresh = demands
        .max_age
        .is_none_or(|age| identity.authenticated_at.is_some_and(|at| terms.now.since(at) <= age));
    if fresh { None } else { Some(Lack::Age) }
}

/// Credentials and the date they are covered until.
type Chosen = Option<(Credentials, Option<Timestamp>)>;

fn choose(
    claim: &Claim<'_>,
    standing: &Standing,
    route: &Route,
    roles: &Roles,
    now: Timestamp,
) -> Result<Chosen, AuthError> {
    let needed = route.access.needs_credentials();
    let candidates = match claim.key {
        Some(key) => carried(key, claim.picked, route)?,
        None => {
            let chosen = claim.session.and_then(|session| {
                session.chosen.iter().find(|credentials| credentials.platform == route.platform)
            });
            match chosen.filter(|chosen| standing.covers(chosen, roles, now).is_some()) {
                Some(chosen) => vec![chosen.clone()],
                None => standing.usable_on(&route.platform, roles, now),
            }
        }
    };
    let covered = candidates.into_iter().filter_map(|credentials| {
        standing.covers(&credentials, roles, now).map(|covered| (credentials, covered.until))
    });
    let mut covered: Vec<_> = covered.collect();
    match covered.len() {
        0 if needed => Err(AuthError::Forbidden(Lack::Membership)),
        0 | 1 => Ok(covered.pop()),
        _ if needed => {
            Err(AuthError::Choose(covered.into_iter().map(|(credentials, _)| credentials).collect()))
        }
        _ => Ok(None),
    }
}

/// What a key carries for the route's platform. A key never opens a platform it was not made for.
fn carried(key: &ApiKey, picked: Option<&Credentials>, route: &Route) -> Result<Vec<Credentials>, AuthError> {
    if !key.is_for(&route.platform) {
        return Err(AuthError::Forbidden(Lack::Platform));
    }
    match picked {
        Some(picked) if picked.platform == route.platform && key.credentials.contains(picked) => {
            Ok(vec![picked.clone()])
        }
        Some(_) => Err(AuthError::Forbidden(Lack::Pick)),
        None => {
            let here = key.credentials.iter().filter(|credentials| credentials.platform == route.platform);
            Ok(here.cloned().collect())
        }
    }
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests;

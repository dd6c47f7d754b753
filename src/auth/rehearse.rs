//! A rehearsal: what admission would decide about somebody who has not come. The steps are admission's own,
//! but nobody has to prove anything, and nothing is counted, charged or written down.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::api_key;
use super::error::{AuthError, BadKey, Lack};
use super::evaluate::{self, Claim, Terms};
use super::recall;
use crate::app::App;
use crate::model::account::AccountStatus;
use crate::model::api_key::{ApiKey, KeyId, KeyLocator};
use crate::model::credentials::Credentials;
use crate::model::demanded::Demanded;
use crate::model::grant::Standing;
use crate::model::id::{AccountId, SessionId};
use crate::model::identity::{Identity, Presented};
use crate::model::quota::{Party, Source, Subject};
use crate::model::route::{Access, Demands, Route};
use crate::model::session::Session;
use crate::store::api_keys;
use crate::time::Timestamp;

/// Whoever is supposed to come.
#[derive(Debug, Clone, Copy)]
pub enum Cast {
    /// This account, signed in just now in a browser.
    Session(AccountId),
    /// Somebody with this key.
    Key(KeyId),
    /// Somebody who presents nothing.
    Nobody,
}

/// A request that is supposed to come.
#[derive(Debug)]
pub struct Supposed<'a> {
    /// Who comes.
    pub cast: Cast,
    /// Where they want to go.
    pub route: &'a Route,
    /// The host they name, in canonical form.
    pub host: &'a str,
    /// Where they come from.
    pub from: IpAddr,
    /// Whether a key may be read from their connection.
    pub keys_allowed: bool,
    /// The credentials that they chose or pick.
    pub picked: Option<&'a Credentials>,
}

/// What was found on the way, and what came of it.
#[derive(Debug)]
pub struct Rehearsed {
    /// The key, if there is one of that id.
    pub key: Option<ApiKey>,
    /// The account with all it holds.
    pub standing: Option<Arc<Standing>>,
    /// Who they would be, if the route demanded less of them.
    pub closest: Option<Identity>,
    /// Who they would be, if anybody; or why they would not be let in.
    pub decided: Result<Option<Identity>, AuthError>,
}

/// Decides as [`admit`](super::admit::admit) would.
pub async fn rehearse(app: &App, supposed: &Supposed<'_>) -> Rehearsed {
    let mut found = Rehearsed { key: None, standing: None, closest: None, decided: Ok(None) };
    found.decided = decide(app, supposed, &mut found).await;
    found
}

async fn decide(
    app: &App,
    supposed: &Supposed<'_>,
    found: &mut Rehearsed,
) -> Result<Option<Identity>, AuthError> {
    let route = supposed.route;
    if route.access == Access::Public {
        return Ok(None);
    }
    if route.broken.is_some() {
        return Err(AuthError::Unavailable(None));
    }
    recall::settled(app, |moment| recall::knows_enough(app, moment)).await?;
    let known = match supposed.cast {
        Cast::Nobody => None,
        Cast::Key(_) if !supposed.keys_allowed => return Err(AuthError::ClearText),
        Cast::Key(id) => match by_key(app, supposed, id, found).await {
            Err(error @ AuthError::BadKey(_)) => return Err(held_up(app, supposed, id).unwrap_or(error)),
            known => Some(known?),
        },
        Cast::Session(account) => by_session(app, supposed, account, found).await?,
    };
    match known {
        None => evaluate::takes_nobody(route).map(|()| None),
        known => Ok(known),
    }
}

async fn by_key(
    app: &App,
    supposed: &Supposed<'_>,
    id: KeyId,
    found: &mut Rehearsed,
) -> Result<Identity, AuthError> {
    found.key = key(app, id).await?;
    let key = found.key.as_ref().ok_or(AuthError::BadKey(BadKey::Unknown))?;
    api_key::check(key, supposed.from, app.moment()).map_err(AuthError::BadKey)?;
    found.standing = standing(app, key.account).await?;
    let active = found.standing.as_ref().filter(|standing| standing.account.status == AccountStatus::Active);
    let standing = active.ok_or(AuthError::BadKey(BadKey::Owner))?;
    evaluate::takes_key(supposed.route, key)?;
    let claim = Claim { proof: Presented::Key(id), key: Some(key), session: None, picked: supposed.picked };
    judged(app, &claim, standing, supposed.route, &mut found.closest)
}

async fn by_session(
    app: &App,
    supposed: &Supposed<'_>,
    account: AccountId,
    found: &mut Rehearsed,
) -> Result<Option<Identity>, AuthError> {
    found.standing = standing(app, account).await?;
    let active = found.standing.as_ref().filter(|standing| standing.account.status == AccountStatus::Active);
    let Some(standing) = active else { return Ok(None) };
    evaluate::takes_sessions(supposed.route)?;
    let now = app.clock.now();
    let session = signed_in(account, supposed, now);
    let proof = Presented::Session(session.id);
    let claim = Claim { proof, key: None, session: Some(&session), picked: None };
    judged(app, &claim, standing, supposed.route, &mut found.closest).map(Some)
}

/// The identity of a claim; where the route demands too much of it, also what it would be otherwise.
fn judged(
    app: &App,
    claim: &Claim<'_>,
    standing: &Arc<Standing>,
    route: &Route,
    closest: &mut Option<Identity>,
) -> Result<Identity, AuthError> {
    let (roles, now) = (app.config.load().roles.clone(), app.clock.now());
    let demanded = app.demanded();
    let terms = Terms { roles: &roles, demanded: &demanded, now };
    let judged = evaluate::identity(claim, standing, route, terms);
    if let Err(AuthError::Forbidden(Lack::Rank | Lack::Validation | Lack::Age)) = &judged {
        let access = match &route.access {
            Access::Member(_) | Access::Role(..) => Access::Member(Demands::default()),
            Access::SignedIn(_) | Access::Optional | Access::Public => Access::Optional,
        };
        let milder = Route { access, ..route.clone() };
        *closest =
            evaluate::identity(claim, standing, &milder, Terms { demanded: &Demanded::default(), ..terms })
                .ok();
    }
    judged
}

/// A session that began just now, by password, in which what is asked about was chosen.
fn signed_in(account: AccountId, supposed: &Supposed<'_>, now: Timestamp) -> Session {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    Session {
        id: SessionId::mint(),
        account,
        created_at: now,
        authenticated_at: now,
        methods: vec!["pwd".into()],
        last_seen_at: now,
        idle: DAY,
        ends_at: now.plus(DAY),
        ended_at: None,
        chosen: supposed.picked.cloned().into_iter().collect(),
        host: supposed.host.into(),
        device: "".into(),
        address: None,
    }
}

/// The key as the walk would find it: from memory where that still counts, else from the store.
async fn key(app: &App, id: KeyId) -> Result<Option<ApiKey>, AuthError> {
    let remembered = app.memories.keys.peek(&KeyLocator::Native(id), app.moment());
    if let Some(held) = remembered.as_ref().and_then(|found| found.value.as_ref()) {
        return Ok(Some(held.credential.clone()));
    }
    if app.follower.store_is_away() {
        return Err(AuthError::Unavailable(None));
    }
    api_keys::by_id(&app.store, id).await.map_err(|error| AuthError::Unavailable(Some(error)))
}

async fn standing(app: &App, account: AccountId) -> Result<Option<Arc<Standing>>, AuthError> {
    recall::settled(app, |moment| recall::standing_of(app, account, moment)).await
}

/// What is said to a bad key instead of what is wrong with it, once a failure budget is used up.
fn held_up(app: &App, supposed: &Supposed<'_>, id: KeyId) -> Option<AuthError> {
    let parties = [Party::Source(Source::of(supposed.from)), Party::Subject(Subject::Key(id))];
    let now = app.clock.now();
    let waits = parties.into_iter().filter_map(|party| app.limits.left_of(party, now).1.wait());
    waits.max().map(AuthError::Exhausted)
}

//! Admission: a request and its route in, a [`Pass`] or an [`AuthError`] out. Only this file makes a pass,
//! and a pass without an identity exists for `public` and `optional` routes alone.

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwapOption;
use http::HeaderName;
use http::request::Parts;

use super::charge::charge;
use super::credentials::{self, Presented, Unreadable};
use super::error::{AuthError, BadKey, Lack};
use super::evaluate::{self, Claim, Terms};
use super::recall::{self, Halt, Missing};
use super::{adoption, api_key, same_origin, session_cookie};
use crate::app::App;
use crate::app::cache::Moment;
use crate::app::live::{Credential, Holder, Ticket};
use crate::app::memories::Held;
use crate::app::recent::Epoch;
use crate::model::account::AccountStatus;
use crate::model::api_key::{ApiKey, KeyLocator};
use crate::model::caller::Caller;
use crate::model::credentials::Credentials;
use crate::model::grant::Standing;
use crate::model::identity::{Identity, Presented as Proof, Seen};
use crate::model::key_text::{self, KeyShape};
use crate::model::route::{Access, Route};
use crate::model::session::Session;
use crate::telemetry::labels::{AuthKind, AuthOutcome};

/// The request field by which a key with several credentials picks one; read once, never forwarded.
pub const USE_CREDENTIALS: HeaderName = HeaderName::from_static("x-portcullis-use-credentials");

/// A request at the door.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Who is on the line.
    pub caller: &'a Caller,
    /// Where they want to go.
    pub route: &'a Arc<Route>,
    /// The head of the request.
    pub head: &'a Parts,
    /// The host it names, in canonical form.
    pub host: &'a str,
    /// Where to leave word of the credential, if the request is turned away.
    pub seen: &'a OnceLock<Seen>,
}

impl Asked<'_> {
    /// Leaves word of a key that nobody proved to hold.
    fn saw_key(&self, text: &credentials::KeyText) {
        if let KeyShape::Native { id, .. } = key_text::parse(text.expose()) {
            self.saw(Seen { credential: Proof::Key(id), account: None });
        }
    }

    /// Leaves word of a credential, unless that was done before.
    fn saw(&self, seen: Seen) {
        let _ = self.seen.set(seen);
    }
}

/// Proof of admission.
#[derive(Debug, Clone)]
pub struct Pass {
    identity: Option<Arc<Identity>>,
    holder: Option<Holder>,
    picked: Option<Credentials>,
    admitted: Epoch,
}

impl Pass {
    /// Who was admitted; `None` on public and optional routes only.
    pub const fn identity(&self) -> Option<&Arc<Identity>> {
        self.identity.as_ref()
    }

    /// Lets a real preflight through to an app that answers its own: nobody is identified, and browsers send
    /// no credential with it.
    ///
    /// # Errors
    /// [`AuthError::Unavailable`], when the route's access cannot be decided.
    pub fn for_preflight(app: &App, route: &Route) -> Result<Self, AuthError> {
        match route.broken {
            Some(_) => Err(AuthError::Unavailable(None)),
            None => Ok(Self { identity: None, holder: None, picked: None, admitted: app.recent.epoch() }),
        }
    }

    /// What a lasting exchange under this pass is listed with.
    pub fn ticket(&self, caller: &Caller, route: &Arc<Route>) -> Ticket {
        Ticket {
            holder: self.holder,
            route: route.clone(),
            caller: caller.clone(),
            until: self.identity.as_ref().and_then(|identity| identity.until),
            picked: self.picked.clone(),
            admitted: self.admitted,
        }
    }
}

/// Decides on a request.
///
/// # Errors
/// Every [`AuthError`]; in doubt, one that denies.
pub async fn admit(app: &App, asked: Asked<'_>) -> Result<Pass, AuthError> {
    match admit_from_memory(app, asked, app.moment()) {
        Ok(pass) => Ok(pass),
        Err(Halt::Refused(error)) => Err(error),
        // Not the usual way, so it does not make the usual future larger.
        Err(Halt::Missing(missing)) => Box::pin(admit_waiting(app, asked, missing)).await,
    }
}

/// Fetches what memory lacks, and decides anew.
async fn admit_waiting(app: &App, asked: Asked<'_>, mut missing: Missing) -> Result<Pass, AuthError> {
    for _ in 0..recall::MOST_HALTS {
        let moment = app.moment();
        match missing {
            Missing::Adoption => adopt(app, asked, moment).await?,
            Missing::Log | Missing::Key(_) | Missing::Session(_) | Missing::Standing(_) => {
                recall::fetch(app, missing, moment).await?;
            }
        }
        match admit_from_memory(app, asked, app.moment()) {
            Ok(pass) => return Ok(pass),
            Err(Halt::Refused(error)) => return Err(error),
            Err(Halt::Missing(more)) => missing = more,
        }
    }
    Err(AuthError::Unavailable(None))
}

/// Lets an imported key that waits for its first use be adopted; what is no such key is a bad one.
async fn adopt(app: &App, asked: Asked<'_>, moment: Moment<'_>) -> Result<(), AuthError> {
    let Ok(Presented::Key(text)) = credentials::read(&asked.head.headers, asked.route.authorization) else {
        return Err(AuthError::Nobody);
    };
    let error = match adoption::adopt(app, &text, asked.caller.address, moment).await {
        Ok(true) => return Ok(()),
        Ok(false) => AuthError::BadKey(BadKey::Unknown),
        Err(error) => error,
    };
    let error = charge(app, asked.caller.address, Some(&text), error, moment.now);
    app.metrics.decided(AuthKind::Key, error.outcome());
    Err(error)
}

/// Decides without waiting.
fn admit_from_memory(app: &App, asked: Asked<'_>, moment: Moment<'_>) -> Result<Pass, Halt> {
    let admitted = app.recent.epoch();
    if asked.route.access == Access::Public {
        credentials::may_pass(&asked.head.headers, asked.route.authorization).map_err(AuthError::from)?;
        return Ok(Pass { identity: None, holder: None, picked: None, admitted });
    }
    if asked.route.broken.is_some() {
        return Err(AuthError::Unavailable(None).into());
    }
    recall::knows_enough(app, moment)?;
    let presented = credentials::read(&asked.head.headers, asked.route.authorization);
    let kind = match presented {
        Ok(Presented::Key(_)) | Err(_) => AuthKind::Key,
        Ok(Presented::Cookie(_)) => AuthKind::Session,
        Ok(Presented::Nothing) => AuthKind::None,
    };
    let outcome = decide(app, asked, presented, moment);
    match &outcome {
        Ok(_) => app.metrics.decided(kind, AuthOutcome::Admitted),
        Err(Halt::Refused(error)) => app.metrics.decided(kind, error.outcome()),
        Err(Halt::Missing(_)) => {}
    }
    outcome.map(|known| match known {
        Some((identity, holder, picked)) => {
            Pass { identity: Some(identity), holder: Some(holder), picked, admitted }
        }
        None => Pass { identity: None, holder: None, picked: None, admitted },
    })
}

/// Who it is, if that is somebody who may enter; nobody at all where the route lets them in.
fn decide(
    app: &App,
    asked: Asked<'_>,
    presented: Result<Presented<'_>, Unreadable>,
    moment: Moment<'_>,
) -> Result<Option<Known>, Halt> {
    let known = match presented {
        Ok(Presented::Key(key)) if !asked.caller.keys_allowed => {
            asked.saw_key(&key);
            Err(AuthError::ClearText.into())
        }
        Ok(Presented::Key(key)) => match by_key(app, asked, &key, moment) {
            Err(Halt::Refused(error)) => {
                asked.saw_key(&key);
                Err(charge(app, asked.caller.address, Some(&key), error, moment.now).into())
            }
            known => known.map(Some),
        },
        Ok(Presented::Cookie(cookie)) => by_cookie(app, asked, cookie, moment),
        Ok(Presented::Nothing) => Ok(None),
        Err(unreadable) => Err(charge(app, asked.caller.address, None, unreadable.into(), moment.now).into()),
    };
    match known {
        Ok(None) => Ok(evaluate::takes_nobody(asked.route).map(|()| None)?),
        known => known,
    }
}

/// Somebody identified, allowed here, and how they are found again.
type Known = (Arc<Identity>, Holder, Option<Credentials>);

fn by_key(
    app: &App,
    asked: Asked<'_>,
    text: &credentials::KeyText,
    moment: Moment<'_>,
) -> Result<Known, Halt> {
    let (locator, found) = api_key::identify(app, text, asked.caller.address, moment)?;
    let held = found.value.as_ref().ok_or(AuthError::BadKey(BadKey::Unknown))?;
    let key = &held.credential;
    let standing = recall::standing_of(app, key.account, moment)?;
    let standing = standing.filter(|standing| standing.account.status == AccountStatus::Active);
    let proven = Seen { credential: Proof::Key(key.id), account: Some(key.account) };
    let standing = standing.ok_or_else(|| {
        asked.saw(proven);
        AuthError::BadKey(BadKey::Owner)
    })?;
    app.last_used.keys.record(key.id, moment.now);
    let identity = of_key(app, asked, (locator, held, &standing), moment);
    identity.map_err(|error| {
        asked.saw(proven);
        error.into()
    })
}

/// What a key that is good works under here.
fn of_key(
    app: &App,
    asked: Asked<'_>,
    (locator, held, standing): (KeyLocator, &Held<ApiKey>, &Arc<Standing>),
    moment: Moment<'_>,
) -> Result<Known, AuthError> {
    let key = &held.credential;
    evaluate::takes_key(asked.route, key)?;
    let picked = picked(asked)?;
    let holder = Holder { credential: Credential::Key(locator), account: key.account };
    let claim = Claim { proof: Proof::Key(key.id), key: Some(key), session: None, picked: picked.as_ref() };
    let identity = evaluated(app, asked.route, &claim, (standing, &held.identity), moment)?;
    Ok((identity, holder, picked))
}

fn by_cookie(app: &App, asked: Asked<'_>, cookie: &[u8], moment: Moment<'_>) -> Result<Option<Known>, Halt> {
    let Some((digest, found)) = session_cookie::identify(app, cookie, asked.host, moment)? else {
        return Ok(None);
    };
    let Some(held) = &found.value else { return Ok(None) };
    let session = &held.credential;
    let standing = recall::standing_of(app, session.account, moment)?;
    let Some(standing) = standing.filter(|standing| standing.account.status == AccountStatus::Active) else {
        return Ok(None);
    };
    let known = of_session(app, asked, (digest, held, &standing), moment);
    known.map(Some).map_err(|error| {
        asked.saw(Seen { credential: Proof::Session(session.id), account: Some(session.account) });
        error.into()
    })
}

/// What a session that lives works under here.
fn of_session(
    app: &App,
    asked: Asked<'_>,
    (digest, held, standing): ([u8; 32], &Held<Session>, &Arc<Standing>),
    moment: Moment<'_>,
) -> Result<Known, AuthError> {
    let session = &held.credential;
    evaluate::takes_sessions(asked.route)?;
    if !same_origin::permits(asked) {
        return Err(AuthError::CrossOrigin);
    }
    app.last_used.sessions.record(session.id, moment.now);
    let holder = Holder { credential: Credential::Session(digest), account: session.account };
    let claim = Claim { proof: Proof::Session(session.id), key: None, session: Some(session), picked: None };
    let identity = evaluated(app, asked.route, &claim, (standing, &held.identity), moment)?;
    Ok((identity, holder, None))
}

/// The identity of a claim: that of the last admission, with the route's demands looked at anew, where it
/// still holds; else one evaluated from the start and kept for the next.
fn evaluated(
    app: &App,
    route: &Route,
    claim: &Claim<'_>,
    (standing, last): (&Arc<Standing>, &ArcSwapOption<Identity>),
    moment: Moment<'_>,
) -> Result<Arc<Identity>, AuthError> {
    let (roles, demanded) = (app.config.load().roles.clone(), app.demanded());
    let terms = Terms { roles: &roles, demanded: &demanded, now: moment.now };
    if let Some(identity) = reusable(last.load_full(), standing, route, claim, moment) {
        return evaluate::demands(&identity, route, terms).map(|()| identity);
    }
    let identity = Arc::new(evaluate::identity(claim, standing, route, terms)?);
    last.store(Some(identity.clone()));
    Ok(identity)
}

/// The identity of the last admission, where it rests on the very same standing, platform and moment. Its
/// credentials were found covered then, and whatever could end that since is in `until` or is a change,
/// which makes another standing. One without credentials, from a route that can do without, says nothing to
/// a route that cannot: there it matters whether there were none or several.
fn reusable(
    last: Option<Arc<Identity>>,
    standing: &Arc<Standing>,
    route: &Route,
    claim: &Claim<'_>,
    moment: Moment<'_>,
) -> Option<Arc<Identity>> {
    last.filter(|last| {
        Arc::ptr_eq(&last.standing, standing)
            && last.platform == route.platform
            && (last.credentials.is_some() || !route.access.needs_credentials())
            && last.until.is_none_or(|until| moment.now < until)
            && claim.picked.is_none_or(|picked| last.credentials.as_deref() == Some(picked))
            && (claim.picked.is_some() || !last.was_picked)
    })
}

fn picked(asked: Asked<'_>) -> Result<Option<Credentials>, AuthError> {
    let mut fields = asked.head.headers.get_all(USE_CREDENTIALS).iter();
    let Some(field) = fields.next() else { return Ok(None) };
    if fields.next().is_some() {
        return Err(AuthError::Unreadable(Unreadable::Several));
    }
    let text = field.to_str().ok().and_then(|text| text.parse().ok());
    text.map(Some).ok_or(AuthError::Forbidden(Lack::Pick))
}

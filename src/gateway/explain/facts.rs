//! What an explanation says of each step of an admission: names and values, never a secret.

use crate::auth::error::{AuthError, BadKey, Lack};
use crate::auth::rehearse::{Cast, Rehearsed, Supposed};
use crate::gateway::Plan;
use crate::model::account::{Account, AccountKind};
use crate::model::api_key::ApiKey;
use crate::model::grant::{HeldGrant, Standing};
use crate::model::identity::Identity;
use crate::model::role::{Rank, Roles};
use crate::model::route::{Access, Demands, HeaderProfile, PathRule, Route};
use crate::time::Timestamp;
use crate::web::explanation::Fact;

/// A step of an admission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Station {
    /// Whether anything can be decided at all.
    Store,
    /// What is presented.
    Credential,
    /// Who is behind it.
    Account,
    /// Whether the route takes such a credential.
    Accepts,
    /// What the account was given.
    Grants,
    /// What it works under.
    Credentials,
    /// How high its role ranks.
    Role,
    /// What the route demands beyond that.
    Demands,
}

impl Station {
    /// Every step, in order.
    pub(super) const ALL: [Self; 8] = [
        Self::Store,
        Self::Credential,
        Self::Account,
        Self::Accepts,
        Self::Grants,
        Self::Credentials,
        Self::Role,
        Self::Demands,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Credential => "credential",
            Self::Account => "account",
            Self::Accepts => "accepts",
            Self::Grants => "grants",
            Self::Credentials => "credentials",
            Self::Role => "role",
            Self::Demands => "demands",
        }
    }
}

/// The step at which somebody is turned away.
pub(super) const fn station(error: &AuthError, rehearsed: &Rehearsed) -> Station {
    match error {
        AuthError::Unavailable(_) => Station::Store,
        AuthError::BadKey(BadKey::Owner) => Station::Account,
        // A session of an account that is not in use counts as nobody.
        AuthError::Nobody if rehearsed.standing.is_some() => Station::Account,
        AuthError::Unreadable(_)
        | AuthError::Nobody
        | AuthError::ClearText
        | AuthError::BadKey(_)
        | AuthError::Exhausted(_)
        | AuthError::CrossOrigin => Station::Credential,
        AuthError::Forbidden(Lack::Method | Lack::Platform) => Station::Accepts,
        AuthError::Forbidden(Lack::Membership | Lack::Pick) | AuthError::Choose(_) => Station::Credentials,
        AuthError::Forbidden(Lack::Rank) => Station::Role,
        AuthError::Forbidden(Lack::Validation | Lack::Age) => Station::Demands,
    }
}

/// What there is to say about a step.
pub(super) fn of(
    station: Station,
    supposed: &Supposed<'_>,
    rehearsed: &Rehearsed,
    plan: &Plan,
    now: Timestamp,
) -> Vec<Fact> {
    let (route, roles) = (supposed.route, &plan.config.roles);
    if route.access == Access::Public {
        return Vec::new();
    }
    let identity = rehearsed.decided.as_ref().ok().and_then(Option::as_ref).or(rehearsed.closest.as_ref());
    let standing = rehearsed.standing.as_deref();
    match station {
        Station::Store => route.broken.iter().map(|why| Fact::new("broken", why)).collect(),
        Station::Credential => credential(supposed, rehearsed.key.as_ref()),
        Station::Account => standing.map(|standing| account(&standing.account)).unwrap_or_default(),
        Station::Accepts => match supposed.cast {
            Cast::Nobody => Vec::new(),
            Cast::Session(_) | Cast::Key(_) => vec![Fact::new("accepts", accepted(route))],
        },
        Station::Grants => {
            let each = standing.into_iter().flat_map(|standing| {
                standing.grants.iter().map(|held| grant(held, standing, route, roles, now))
            });
            each.collect()
        }
        Station::Credentials => credentials(supposed, rehearsed, identity),
        Station::Role => role(identity, route, roles),
        Station::Demands => demands(identity, route, now),
    }
}

/// A route as an explanation names it.
pub(super) fn route(route: &Route, plan: &Plan) -> Vec<Fact> {
    let path = match &route.path {
        PathRule::Prefix(path) => format!("{path} and below"),
        PathRule::Exact(path) => format!("{path} exactly"),
    };
    let methods: Vec<&str> = route.methods.iter().map(http::Method::as_str).collect();
    let profile = match route.headers {
        HeaderProfile::Forwarded => "forwarded",
        HeaderProfile::Remote => "remote",
        HeaderProfile::AuthRequest => "auth-request",
    };
    vec![
        Fact::new("route", &route.name),
        Fact::new("path", path),
        Fact::new("methods", if methods.is_empty() { "all".to_owned() } else { methods.join(", ") }),
        Fact::new("platform", &route.platform),
        Fact::new("access", access(&route.access, &plan.config.roles)),
        Fact::new("accepts", accepted(route)),
        Fact::new("headers", profile),
    ]
}

fn access(access: &Access, roles: &Roles) -> String {
    match access {
        Access::Public => "public".to_owned(),
        Access::Optional => "optional".to_owned(),
        Access::SignedIn(_) => "signed-in".to_owned(),
        Access::Member(_) => "member".to_owned(),
        Access::Role(least, _) => format!("at least {}", ranked(*least, roles)),
    }
}

fn ranked(rank: Rank, roles: &Roles) -> String {
    roles.iter().nth(usize::from(rank.0)).map(|role| role.slug.to_string()).unwrap_or_default()
}

fn accepted(route: &Route) -> &'static str {
    match (route.accepts.session, route.accepts.key) {
        (true, true) => "session, key",
        (true, false) => "session",
        (false, true) => "key",
        (false, false) => "nothing",
    }
}

fn credential(supposed: &Supposed<'_>, key: Option<&ApiKey>) -> Vec<Fact> {
    let id = match supposed.cast {
        Cast::Nobody => return vec![Fact::new("presented", "nothing")],
        Cast::Session(_) => return vec![Fact::new("presented", "a session that began just now")],
        Cast::Key(id) => id,
    };
    let mut facts = vec![Fact::new("presented", format!("key {id}")), Fact::new("from", supposed.from)];
    let Some(key) = key else { return facts };
    facts.push(Fact::new("kind", key.kind.as_str()));
    facts.push(Fact::new("name", &key.name));
    if let Some(end) = key.ends_at() {
        facts.push(Fact::new("ends", end));
    }
    if !key.networks.is_empty() {
        let networks: Vec<String> = key.networks.iter().map(ToString::to_string).collect();
        facts.push(Fact::new("networks", networks.join(", ")));
    }
    facts.extend(key.credentials.iter().map(|credentials| Fact::new("carries", credentials)));
    if let Some(rights) = key.rights {
        facts.push(Fact::new("rights", rights.words().collect::<Vec<_>>().join(", ")));
    }
    facts
}

fn account(account: &Account) -> Vec<Fact> {
    let kind = match account.kind {
        AccountKind::Person => "person",
        AccountKind::Service(_) => "service",
    };
    vec![
        Fact::new("user", &account.user_name),
        Fact::new("id", account.id),
        Fact::new("kind", kind),
        Fact::new("status", account.status.as_str()),
        Fact::new("validated", if account.validated { "yes" } else { "no" }),
    ]
}

/// One grant, and what it opens on the route's platform: looked at as if it were the only one.
fn grant(held: &HeldGrant, standing: &Standing, route: &Route, roles: &Roles, now: Timestamp) -> Fact {
    let organisation = standing.organisations.get(held.organisation);
    let all =
        |slug: &Option<crate::model::slug::Slug>| slug.as_ref().map_or("*".to_owned(), ToString::to_string);
    let place = organisation.map(|organisation| organisation.slug.to_string()).unwrap_or_default();
    let what = format!("{}/{place}/{}/{}", all(&held.platform), all(&held.space), held.role);
    let alone = Standing {
        account: standing.account.clone(),
        grants: vec![held.clone()],
        organisations: standing.organisations.clone(),
        assertions: Default::default(),
    };
    let opens = !alone.usable_on(&route.platform, roles, now).is_empty();
    let entitled = organisation.is_some_and(|organisation| organisation.platforms.contains(&route.platform));
    let state = if opens {
        "counts"
    } else if held.starts_at.is_some_and(|start| now < start) {
        "not yet"
    } else if !held.counts_at(now) {
        "over"
    } else if roles.rank(&held.role).is_none() {
        "unknown role"
    } else if held.platform.as_ref().is_some_and(|platform| *platform != route.platform) {
        "other platform"
    } else if !entitled {
        "not entitled"
    } else {
        "opens nothing"
    };
    Fact::new(state, what)
}

fn credentials(supposed: &Supposed<'_>, rehearsed: &Rehearsed, identity: Option<&Identity>) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(picked) = supposed.picked {
        facts.push(Fact::new("asked for", picked));
    }
    if let Err(AuthError::Choose(choice)) = &rehearsed.decided {
        facts.extend(choice.iter().map(|credentials| Fact::new("one of", credentials)));
    }
    let Some(identity) = identity else { return facts };
    match &identity.credentials {
        Some(credentials) => {
            facts.push(Fact::new("works under", credentials));
            let permissions: Vec<_> = identity.permissions.words().collect();
            facts.push(Fact::new("may", permissions.join(", ")));
        }
        None => facts.push(Fact::new("works under", "none, and none are needed")),
    }
    if let Some(until) = identity.until {
        facts.push(Fact::new("until", until));
    }
    facts
}

fn role(identity: Option<&Identity>, route: &Route, roles: &Roles) -> Vec<Fact> {
    let Access::Role(least, _) = &route.access else { return Vec::new() };
    let mut facts = vec![Fact::new("needed", ranked(*least, roles))];
    if let Some(rank) = identity.and_then(|identity| identity.rank) {
        facts.push(Fact::new("held", ranked(rank, roles)));
    }
    facts
}

fn demands(identity: Option<&Identity>, route: &Route, now: Timestamp) -> Vec<Fact> {
    let demands = match &route.access {
        Access::Public | Access::Optional => Demands::default(),
        Access::SignedIn(demands) | Access::Member(demands) | Access::Role(_, demands) => *demands,
    };
    let mut facts = Vec::new();
    let Some(identity) = identity else { return facts };
    if demands.validated {
        facts.push(Fact::new(
            "validated address",
            if identity.standing.account.validated { "yes" } else { "no" },
        ));
    }
    if let Some(age) = demands.max_age {
        let ago = identity.authenticated_at.map(|at| format!("{} s ago", now.since(at).as_secs()));
        facts.push(Fact::new(
            "signed in",
            ago.unwrap_or_else(|| "never: a key proves no presence".to_owned()),
        ));
        facts.push(Fact::new("at most", format!("{} s ago", age.as_secs())));
    }
    facts
}

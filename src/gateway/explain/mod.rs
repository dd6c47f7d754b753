//! The explanation of a decision that nobody asked the gate to make yet: the steps of the walk, taken with
//! the walk's own functions for somebody who is only supposed to come. Nothing is counted or remembered.

mod facts;

use std::borrow::Cow;

use http::Version;
use http::header::HeaderMap;

use self::facts::Station;
use super::greet::Connection;
use super::quota::QuotaVerdict;
use super::refusal::Refusal;
use super::{Gateway, Plan, assertion, host, identity_headers, insight, own, path};
use crate::auth::rehearse::{Cast, Rehearsed, Supposed, rehearse};
use crate::model::account::AccountKind;
use crate::model::identity::Identity;
use crate::model::peer::Peer;
use crate::model::quota::{Party, Quota, Source, Subject, Verdict};
use crate::model::route::{Assertion, Route};
use crate::store::accounts;
use crate::time::Timestamp;
use crate::web::explanation::{
    Explanation, Fact, LimitView, Outcome, Question, Step, StepResult, Unanswerable, Who,
};

/// Explains what would be decided about a request.
///
/// # Errors
/// [`Unanswerable`], where there is nothing to decide.
pub async fn explain(gateway: &Gateway, question: &Question) -> Result<Explanation, Unanswerable> {
    if question.url.scheme().is_none() || question.url.authority().is_none() {
        return Err(Unanswerable::Url);
    }
    let cast = cast(gateway, &question.who).await?;
    let plan = gateway.plan();
    let mut story = Story {
        gateway,
        plan: &plan,
        question,
        now: gateway.app.clock.now(),
        told: Explanation {
            steps: Vec::new(),
            outcome: outcome("admitted", None),
            limits: Vec::new(),
            headers: Vec::new(),
            assertion: None,
            target: None,
            upstream: None,
        },
    };
    story.told.outcome = match story.walk(cast).await {
        Ok(reason) => outcome(reason, None),
        Err(refusal) => outcome(refusal.reason(), Some(refusal)),
    };
    Ok(story.told)
}

async fn cast(gateway: &Gateway, who: &Who) -> Result<Cast, Unanswerable> {
    match who {
        Who::Nobody => Ok(Cast::Nobody),
        Who::Key(id) => Ok(Cast::Key(*id)),
        Who::User(name) => {
            let account = accounts::by_user_name(&gateway.app.store, name).await?;
            let account = account.ok_or(Unanswerable::User)?;
            match account.kind {
                AccountKind::Person => Ok(Cast::Session(account.id)),
                AccountKind::Service(_) => Err(Unanswerable::Service),
            }
        }
    }
}

fn outcome(reason: &'static str, refusal: Option<Refusal>) -> Outcome {
    let problem = refusal.map(Refusal::problem);
    Outcome {
        admitted: problem.is_none(),
        reason,
        status: problem.as_ref().map(|problem| problem.status.as_u16()),
        problem: problem.map(|problem| problem.slug),
    }
}

/// An explanation while it is being told.
struct Story<'a> {
    gateway: &'a Gateway,
    plan: &'a Plan,
    question: &'a Question,
    now: Timestamp,
    told: Explanation,
}

impl Story<'_> {
    /// Takes the steps of a request; the word for how it was let in.
    async fn walk(&mut self, cast: Cast) -> Result<&'static str, Refusal> {
        let (question, plan) = (self.question, self.plan);
        let url = &question.url;
        let named = host::named(url, None, Version::HTTP_2).unwrap_or_default();
        let sent = |name| vec![Fact::new(name, if name == "host" { named } else { url.path() })];
        let host = self.at("host", sent("host"), host::canonical(named))?;
        let normal = self.at("path", sent("path"), path::normalise(url.path()))?;
        if own::is_own(&normal, &host, plan) {
            self.passed("route", vec![Fact::new("answered-by", "portcullis")]);
            return Ok("own");
        }
        let found = plan.table.find(&host, &normal, &question.method).route();
        let facts = found.as_ref().map(|served| facts::route(&served.route, plan)).unwrap_or_default();
        let route = &self.at("route", facts, found)?.route;
        let taken = path::permit(&normal, &route.path_policy)
            .and_then(|()| path::rewrite(&normal, &route.path_policy));
        let target = self.at("path", vec![Fact::new("normal", &normal)], taken)?;
        self.told.upstream = insight::upstream(plan, &route.destination, self.now);
        let identity = self.admit(cast, route, &host).await?;
        self.quotas(route, identity.as_ref())?;
        self.sent(route, identity.as_ref(), target);
        Ok("admitted")
    }

    /// Rehearses the admission and tells what was found on the way.
    async fn admit(&mut self, cast: Cast, route: &Route, host: &str) -> Result<Option<Identity>, Refusal> {
        let supposed = Supposed {
            cast,
            route,
            host,
            from: self.question.from,
            keys_allowed: self.keys_allowed(),
            picked: self.question.credentials.as_ref(),
        };
        let rehearsed = rehearse(&self.gateway.app, &supposed).await;
        self.budgets(cast, &rehearsed);
        let last = rehearsed.decided.as_ref().err().map(|error| facts::station(error, &rehearsed));
        for station in Station::ALL {
            if last == Some(Station::Store) && station != Station::Store {
                continue;
            }
            let facts = facts::of(station, &supposed, &rehearsed, self.plan, self.now);
            let refused = last == Some(station);
            if refused || !facts.is_empty() {
                self.step(station.as_str(), facts, !refused);
            }
            if refused {
                break;
            }
        }
        Ok(rehearsed.decided?)
    }

    /// Whether a key would be read from the connection, as it is settled for real ones.
    fn keys_allowed(&self) -> bool {
        let peer = Peer::tcp((self.question.from, 0).into());
        let https = self.question.url.scheme_str() == Some("https");
        https || Connection::with(peer, &self.plan.config.listen, Box::new(())).takes_keys()
    }

    fn budgets(&mut self, cast: Cast, rehearsed: &Rehearsed) {
        let key = match cast {
            Cast::Key(id) => Some(Party::Subject(Subject::Key(id))),
            Cast::Session(_) | Cast::Nobody => None,
        };
        let account = rehearsed.standing.as_ref().map(|standing| standing.account.id);
        let account = account.map(|id| Party::Subject(Subject::Account(id)));
        let source = Some(Party::Source(Source::of(self.question.from)));
        for party in [source, account, key].into_iter().flatten() {
            let (budget, left) = self.gateway.app.limits.left_of(party, self.now);
            self.told.limits.push(limit("failures", party.to_string(), budget, left));
        }
    }

    fn quotas(&mut self, route: &Route, identity: Option<&Identity>) -> Result<(), Refusal> {
        let verdict = self.gateway.quotas.peek(route, identity, self.now);
        let (QuotaVerdict::Within(measured) | QuotaVerdict::Exceeded(measured, _)) = &verdict else {
            return Ok(());
        };
        let views = measured
            .all()
            .map(|(name, quota, left)| limit("requests", format!("{name} on {}", route.name), quota, left));
        self.told.limits.extend(views);
        let exceeded = match verdict {
            QuotaVerdict::Exceeded(..) => Err(Refusal::Quota(Box::new(verdict))),
            QuotaVerdict::Within(_) | QuotaVerdict::Unlimited => Ok(()),
        };
        self.at("quotas", Vec::new(), exceeded)
    }

    /// What the app would see of it.
    fn sent(&mut self, route: &Route, identity: Option<&Identity>, target: Cow<'_, str>) {
        let method = &self.question.method;
        let query = self.question.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        self.told.target = Some(format!("{method} {target}{query}"));
        let Some(identity) = identity else { return };
        let mut headers = HeaderMap::new();
        identity_headers::set(&mut headers, identity, route.headers);
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let facts = headers.iter().map(|(name, value)| Fact::new(name.as_str(), text(value)));
        self.told.headers = facts.collect();
        let bound = match route.assertion {
            Assertion::Off => return,
            Assertion::Shared => None,
            Assertion::Request => Some((method, &*target)),
        };
        let issuer = &self.plan.config.public_url.origin;
        self.told.assertion = Some(assertion::shown(identity, issuer, self.now, bound));
    }

    /// Tells a step and hands its result on.
    fn at<T, E: Into<Refusal>>(
        &mut self,
        step: &'static str,
        facts: Vec<Fact>,
        result: Result<T, E>,
    ) -> Result<T, Refusal> {
        self.step(step, facts, result.is_ok());
        result.map_err(Into::into)
    }

    fn passed(&mut self, step: &'static str, facts: Vec<Fact>) {
        self.step(step, facts, true);
    }

    fn step(&mut self, step: &'static str, facts: Vec<Fact>, passed: bool) {
        let result = if passed { StepResult::Passed } else { StepResult::Refused };
        self.told.steps.push(Step { step, result, facts });
    }
}

fn limit(kind: &'static str, party: String, quota: Quota, left: Verdict) -> LimitView {
    let (remaining, wait) = match left {
        Verdict::Allowed { remaining, .. } => (remaining, None),
        Verdict::Wait(wait) => (0, Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))),
    };
    LimitView {
        kind,
        party,
        amount: quota.amount.get(),
        per_seconds: quota.per.as_secs(),
        remaining,
        wait_seconds: wait,
    }
}

//! Request quotas of a route: asked once a request is admitted, and told to the client on every answer of
//! that route. A route without quotas costs one branch.

use std::fmt::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

use crate::cluster::limiter::Limiter;
use crate::model::identity::{Identity, Presented};
use crate::model::quota::{Bucket, Quota, Subject, Verdict};
use crate::model::route::{Route, RouteQuotas};
use crate::time::Timestamp;

const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const X_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const X_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const X_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// The request quotas of one process.
pub struct Quotas {
    limiter: Arc<dyn Limiter>,
}

/// What the quotas of a route say of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaVerdict {
    /// The route has none that concern this request.
    Unlimited,
    /// All allow it.
    Within(Measured),
    /// One refuses it (429), for this long.
    Exceeded(Measured, Duration),
}

/// How each quota stands: the key's, the account's, the route's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measured([Option<Measure>; 3]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Measure {
    name: &'static str,
    quota: Quota,
    verdict: Verdict,
}

impl Quotas {
    /// Quotas counted by `limiter`.
    pub fn new(limiter: Arc<dyn Limiter>) -> Self {
        Self { limiter }
    }

    /// Counts an admitted request. One that any quota refuses is counted on none, so waiting for a
    /// crowded route does not use up one's own quota.
    pub fn check(&self, route: &Route, identity: Option<&Identity>, now: Timestamp) -> QuotaVerdict {
        if route.quotas.is_empty() {
            return QuotaVerdict::Unlimited;
        }
        self.count(route, concerned(&route.quotas, identity), now)
    }

    /// What counting one would say; nothing is counted.
    pub fn peek(&self, route: &Route, identity: Option<&Identity>, now: Timestamp) -> QuotaVerdict {
        self.measured(route, concerned(&route.quotas, identity), now, PEEK).verdict()
    }

    fn count(&self, route: &Route, concerned: [Concerned; 3], now: Timestamp) -> QuotaVerdict {
        let mut measured = self.measured(route, concerned, now, PEEK);
        if measured.wait().is_none() {
            measured = self.measured(route, concerned, now, |limiter, bucket, quota, now| {
                limiter.charge(bucket, quota, now)
            });
        }
        measured.verdict()
    }

    fn measured(&self, route: &Route, concerned: [Concerned; 3], now: Timestamp, ask: Ask) -> Measured {
        Measured(concerned.map(|one| {
            let (name, quota, subject) = one?;
            let bucket = Bucket::Requests(&route.name, subject);
            Some(Measure { name, quota, verdict: ask(&*self.limiter, &bucket, quota, now) })
        }))
    }
}

type Ask = fn(&dyn Limiter, &Bucket<'_>, Quota, Timestamp) -> Verdict;

const PEEK: Ask = |limiter, bucket, quota, now| limiter.peek(bucket, quota, now);

/// A quota that concerns a request: its name towards the client, and on whom it is counted.
type Concerned = Option<(&'static str, Quota, Option<Subject>)>;

fn concerned(quotas: &RouteQuotas, identity: Option<&Identity>) -> [Concerned; 3] {
    let key = identity.and_then(|identity| match identity.presented {
        Presented::Key(id) => Some(Subject::Key(id)),
        Presented::Session(_) => None,
    });
    let account = identity.map(|identity| Subject::Account(identity.standing.account.id));
    among(quotas, key, account)
}

fn among(quotas: &RouteQuotas, key: Option<Subject>, account: Option<Subject>) -> [Concerned; 3] {
    [
        quotas.key.zip(key).map(|(quota, key)| ("key", quota, Some(key))),
        quotas.account.zip(account).map(|(quota, account)| ("account", quota, Some(account))),
        quotas.route.map(|quota| ("route", quota, None)),
    ]
}

impl QuotaVerdict {
    /// Writes how the quotas stand into the head of an answer, over whatever an app said under these names.
    pub fn write(&self, headers: &mut HeaderMap) {
        match self {
            Self::Unlimited => {}
            Self::Within(measured) => measured.write(headers),
            Self::Exceeded(measured, wait) => {
                measured.write(headers);
                put(headers, RETRY_AFTER, format_args!("{}", seconds(*wait).max(1)));
            }
        }
    }
}

impl Measured {
    /// Each quota by its name towards the client, and how it stands.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, Quota, Verdict)> {
        self.each().map(|measure| (measure.name, measure.quota, measure.verdict))
    }

    fn verdict(self) -> QuotaVerdict {
        match self.wait() {
            Some(wait) => QuotaVerdict::Exceeded(self, wait),
            None if self.0.iter().all(Option::is_none) => QuotaVerdict::Unlimited,
            None => QuotaVerdict::Within(self),
        }
    }

    fn each(&self) -> impl Iterator<Item = &Measure> {
        self.0.iter().flatten()
    }

    /// The longest wait that any quota asks for.
    fn wait(&self) -> Option<Duration> {
        self.each().filter_map(|measure| measure.verdict.wait()).max()
    }

    /// The form of draft-ietf-httpapi-ratelimit-headers, and the older `X-` fields for the quota that
    /// will be used up first. Times are seconds from now.
    fn write(&self, headers: &mut HeaderMap) {
        put(headers, RATELIMIT_POLICY, format_args!("{}", Listed(self, Measure::policy)));
        put(headers, RATELIMIT, format_args!("{}", Listed(self, Measure::state)));
        if let Some(tightest) = self.each().min_by_key(|measure| measure.tightness()) {
            let (remaining, reset) = tightest.left();
            put(headers, X_LIMIT, format_args!("{}", tightest.quota.amount));
            put(headers, X_REMAINING, format_args!("{remaining}"));
            put(headers, X_RESET, format_args!("{reset}"));
        }
    }
}

impl Measure {
    fn policy(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Quota { amount, per } = self.quota;
        write!(f, "\"{}\";q={amount};w={}", self.name, seconds(per).max(1))
    }

    fn state(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (remaining, reset) = self.left();
        write!(f, "\"{}\";r={remaining};t={reset}", self.name)
    }

    /// What is left, and the seconds until it is whole again; of a refused one, until the next try.
    fn left(&self) -> (u32, u64) {
        match self.verdict {
            Verdict::Allowed { remaining, full_in } => (remaining, seconds(full_in)),
            Verdict::Wait(wait) => (0, seconds(wait).max(1)),
        }
    }

    /// Smaller is tighter: refused ones first, those with the longest wait before others.
    fn tightness(&self) -> (u32, std::cmp::Reverse<Duration>) {
        match self.verdict {
            Verdict::Allowed { remaining, full_in } => {
                (remaining.saturating_add(1), std::cmp::Reverse(full_in))
            }
            Verdict::Wait(wait) => (0, std::cmp::Reverse(wait)),
        }
    }
}

/// Members of a structured field (RFC 9651), separated by commas.
struct Listed<'a>(&'a Measured, fn(&Measure, &mut fmt::Formatter<'_>) -> fmt::Result);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, measure) in self.0.each().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            (self.1)(measure, f)?;
        }
        Ok(())
    }
}

/// Whole seconds, rounded up.
fn seconds(time: Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0))
}

fn put(headers: &mut HeaderMap, name: HeaderName, text: fmt::Arguments<'_>) {
    let mut value = BytesMut::with_capacity(48);
    let written = value.write_fmt(text);
    if let (Ok(()), Ok(value)) = (written, HeaderValue::from_maybe_shared(value.freeze())) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::cluster::local::Local;
    use crate::model::api_key::KeyId;
    use crate::model::id::AccountId;

    const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn quota(amount: u32) -> Option<Quota> {
        Some(Quota { amount: NonZeroU32::new(amount).unwrap(), per: Duration::from_secs(60) })
    }

    fn route(key: Option<Quota>, account: Option<Quota>, route: Option<Quota>) -> Route {
        Route { quotas: RouteQuotas { route, account, key }, ..Route::to_echo("echo") }
    }

    fn key(text: &[u8; 12]) -> Option<Subject> {
        KeyId::from_ascii(text).map(Subject::Key)
    }

    fn ask(quotas: &Quotas, route: &Route, key: Option<Subject>, account: AccountId) -> QuotaVerdict {
        quotas.count(route, among(&route.quotas, key, Some(Subject::Account(account))), START)
    }

    fn written(verdict: QuotaVerdict) -> Vec<(String, String)> {
        let mut headers = HeaderMap::new();
        verdict.write(&mut headers);
        headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().into())).collect()
    }

    fn fields(lines: &[(&str, &str)]) -> Vec<(String, String)> {
        lines.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    fn quotas() -> Quotas {
        Quotas::new(Arc::new(Local::default()))
    }

    #[test]
    fn a_route_without_quotas_says_nothing_of_them() {
        let verdict = quotas().check(&route(None, None, None), None, START);
        assert_eq!((verdict, written(verdict)), (QuotaVerdict::Unlimited, Vec::new()));
        let stranger = quotas().check(&route(quota(1), quota(1), None), None, START);
        assert_eq!(stranger, QuotaVerdict::Unlimited);
    }

    #[test]
    fn every_quota_is_told_and_the_tightest_in_the_older_fields_too() {
        let route = route(quota(2), None, quota(60));
        let verdict = ask(&quotas(), &route, key(b"key000000001"), AccountId::mint());
        let expected = [
            ("ratelimit-policy", "\"key\";q=2;w=60, \"route\";q=60;w=60"),
            ("ratelimit", "\"key\";r=1;t=30, \"route\";r=59;t=1"),
            ("x-ratelimit-limit", "2"),
            ("x-ratelimit-remaining", "1"),
            ("x-ratelimit-reset", "30"),
        ];
        assert_eq!(written(verdict), fields(&expected));
    }

    #[test]
    fn a_refused_request_is_told_when_to_come_back_and_is_counted_nowhere() {
        let (quotas, route) = (quotas(), route(quota(2), None, quota(60)));
        let account = AccountId::mint();
        for _ in 0..2 {
            ask(&quotas, &route, key(b"key000000001"), account);
        }
        for _ in 0..100 {
            let verdict = ask(&quotas, &route, key(b"key000000001"), account);
            let told = written(verdict);
            assert!(matches!(verdict, QuotaVerdict::Exceeded(..)));
            assert!(told.contains(&("retry-after".into(), "30".into())), "{told:?}");
            assert!(told.contains(&("ratelimit".into(), "\"key\";r=0;t=30, \"route\";r=58;t=2".into())));
        }
    }

    #[test]
    fn the_keys_of_an_account_share_its_quota_and_routes_do_not() {
        let (quotas, route) = (quotas(), route(None, quota(1), None));
        let account = AccountId::mint();
        let refused = |verdict| matches!(verdict, QuotaVerdict::Exceeded(..));
        assert!(!refused(ask(&quotas, &route, key(b"key000000001"), account)));
        assert!(refused(ask(&quotas, &route, key(b"key000000002"), account)));
        assert!(!refused(ask(&quotas, &route, key(b"key000000001"), AccountId::mint())));
        let other = Route { name: "other".into(), ..route };
        assert!(!refused(ask(&quotas, &other, key(b"key000000001"), account)));
    }

    #[test]
    fn what_an_app_says_under_these_names_is_replaced() {
        let mut headers = HeaderMap::new();
        headers.insert(X_LIMIT, HeaderValue::from_static("1000000"));
        headers.append(RATELIMIT, HeaderValue::from_static("\"app\";r=1"));
        headers.append(RATELIMIT, HeaderValue::from_static("\"app\";r=2"));
        let route = route(None, None, quota(5));
        ask(&quotas(), &route, None, AccountId::mint()).write(&mut headers);
        assert_eq!(headers.get(X_LIMIT).unwrap(), "5");
        assert_eq!(headers.get_all(RATELIMIT).iter().count(), 1);
    }
}

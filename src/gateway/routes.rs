//! The route table: host and path (and method) to one route. Built once per configuration; the longest
//! path wins, a route with methods before one without.

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderValue, Method};

use super::path::{BadPath, other_reading};
use super::refusal::Refusal;
use crate::model::route::{PathRule, Route, Routing};
use crate::telemetry::metrics::{Metrics, RouteMetrics};

/// A route in service, with its counters.
#[derive(Debug)]
pub struct Served {
    /// The route.
    pub route: Arc<Route>,
    /// Its counters.
    pub counters: RouteMetrics,
}

impl Served {
    /// Whether this is another route whose path says no less than that of `other`.
    fn is_narrower_than(&self, other: &Self) -> bool {
        !std::ptr::eq(self, other) && self.route.path.text().len() >= other.route.path.text().len()
    }
}

/// Every route, ready to be found.
pub struct RouteTable {
    hosts: HashMap<Box<str>, HostRoutes>,
}

/// The routes of one host.
#[derive(Default)]
struct HostRoutes {
    /// Distinct lengths of prefixes, longest first.
    lengths: Vec<usize>,
    prefixes: HashMap<Box<str>, Vec<Arc<Served>>>,
    exact: HashMap<Box<str>, Vec<Arc<Served>>>,
}

/// What a look-up found.
#[derive(Debug)]
pub enum Found<'t> {
    /// The route.
    Route(&'t Arc<Served>),
    /// The host is served, the path is not.
    NoRoute,
    /// The path is served, by other methods.
    NoMethod(Vec<Method>),
    /// Apps may read the path as one of a narrower route.
    TwoRoutes,
    /// The host is none of ours.
    NoHost,
}

impl<'t> Found<'t> {
    /// The route, or why there is none.
    ///
    /// # Errors
    /// The [`Refusal`] of a request for which none was found.
    pub fn route(self) -> Result<&'t Arc<Served>, Refusal> {
        match self {
            Self::Route(served) => Ok(served),
            Self::NoRoute => Err(Refusal::NoRoute),
            Self::NoMethod(methods) => {
                let list = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
                Err(Refusal::NoMethod(HeaderValue::try_from(list).unwrap_or(HeaderValue::from_static(""))))
            }
            Self::TwoRoutes => Err(Refusal::Path(BadPath::TwoRoutes)),
            Self::NoHost => Err(Refusal::Misdirected),
        }
    }
}

impl RouteTable {
    /// Takes in all routes of a configuration.
    pub fn of(routing: &Routing, metrics: &Arc<Metrics>) -> Self {
        let mut hosts: HashMap<Box<str>, HostRoutes> = HashMap::new();
        for host in &routing.hosts {
            hosts.entry(Box::from(&**host)).or_default();
        }
        for route in &routing.routes {
            let counters = metrics.route(&route.name);
            let served = Arc::new(Served { route: Arc::new(route.clone()), counters });
            let own = if route.hosts.is_empty() { &routing.hosts } else { &route.hosts };
            for host in own {
                hosts.entry(Box::from(&**host)).or_default().take(&served);
            }
        }
        Self { hosts }
    }

    /// Finds the route of a canonical host, a path in normal form and a method. A path that an app may read
    /// as one of a narrower route (`/admin;x` as `/admin`) is refused, so that no route lends it its access.
    pub fn find(&self, host: &str, path: &str, method: &Method) -> Found<'_> {
        let Some(routes) = self.hosts.get(host).or_else(|| self.wildcard(host)) else {
            return Found::NoHost;
        };
        let found = routes.find(path, method);
        let other = other_reading(path).map(|other| routes.find(&other, method));
        match (&found, other) {
            (Found::Route(served), Some(Found::Route(other))) if other.is_narrower_than(served) => {
                Found::TwoRoutes
            }
            _ => found,
        }
    }

    /// Whether the host is one of ours.
    pub fn knows(&self, host: &str) -> bool {
        self.hosts.contains_key(host) || self.wildcard(host).is_some()
    }

    /// `*.example` serves `a.example`: one label, as in certificates (RFC 9525, 6.3).
    fn wildcard(&self, host: &str) -> Option<&HostRoutes> {
        let (_, parent) = host.split_once('.')?;
        self.hosts.iter().find(|(name, _)| name.strip_prefix("*.") == Some(parent)).map(|(_, routes)| routes)
    }
}

impl HostRoutes {
    fn take(&mut self, served: &Arc<Served>) {
        let (map, path) = match &served.route.path {
            PathRule::Exact(path) => (&mut self.exact, path.clone()),
            PathRule::Prefix(path) => {
                let path: Arc<str> = path.trim_end_matches('/').into();
                self.lengths.push(path.len());
                self.lengths.sort_unstable_by(|a, b| b.cmp(a));
                self.lengths.dedup();
                (&mut self.prefixes, path)
            }
        };
        let same = map.entry(Box::from(&*path)).or_default();
        same.push(served.clone());
        same.sort_by_key(|served| served.route.methods.is_empty());
    }

    fn find(&self, path: &str, method: &Method) -> Found<'_> {
        let mut others = Vec::new();
        let exact = self.exact.get(path);
        let prefixes = self.lengths.iter().filter_map(|length| {
            let border = matches!(path.as_bytes().get(*length), None | Some(b'/'));
            if border { self.prefixes.get(path.get(..*length)?) } else { None }
        });
        for routes in exact.into_iter().chain(prefixes) {
            if let Some(served) = routes.iter().find(|served| served.route.takes(method)) {
                return Found::Route(served);
            }
            others.extend(routes.iter().flat_map(|served| served.route.methods.iter().cloned()));
        }
        if others.is_empty() { Found::NoRoute } else { Found::NoMethod(others) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn route(name: &str, path: PathRule, methods: &[Method]) -> Route {
        Route { path, methods: methods.to_vec(), ..Route::to_echo(name) }
    }

    fn table(routes: Vec<Route>) -> RouteTable {
        RouteTable::of(
            &Routing { hosts: vec!["h".into(), "*.w".into()], routes, ..Routing::default() },
            &Arc::default(),
        )
    }

    fn name(found: Found<'_>) -> String {
        match found {
            Found::Route(served) => served.route.name.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_longest_path_on_segment_borders_wins() {
        let prefix = |path: &str| PathRule::Prefix(path.into());
        let table = table(vec![
            route("root", prefix("/"), &[]),
            route("app", prefix("/app"), &[]),
            route("deep", prefix("/app/deep/"), &[]),
            route("exact", PathRule::Exact("/app/one".into()), &[]),
            route("post", prefix("/app"), &[Method::POST]),
        ]);
        let find = |path: &str| name(table.find("h", path, &Method::GET));
        assert_eq!(find("/"), "root");
        assert_eq!(find("/apple"), "root");
        assert_eq!(find("/app"), "app");
        assert_eq!(find("/app/deep/x"), "deep");
        assert_eq!(find("/app/one"), "exact");
        assert_eq!(find("/app/one/more"), "app");
        assert_eq!(name(table.find("h", "/app/x", &Method::POST)), "post");
        assert_eq!(name(table.find("x.w", "/", &Method::GET)), "root");
        assert_eq!(name(table.find("x.y.w", "/", &Method::GET)), "NoHost");
        assert_eq!(name(table.find("other", "/", &Method::GET)), "NoHost");
    }

    /// P2, P3: whatever an app takes for a path of a closed route does not come in by an open one.
    #[test]
    fn a_path_with_two_readings_is_on_no_route_when_they_differ() {
        let prefix = |path: &str| PathRule::Prefix(path.into());
        let table = table(vec![
            route("root", prefix("/"), &[]),
            route("admin", prefix("/admin"), &[]),
            route("exact", PathRule::Exact("/one".into()), &[]),
            route("odd", prefix("/odd;x"), &[]),
        ]);
        let find = |path: &str| name(table.find("h", path, &Method::GET));
        for path in ["/admin;x/panel", "/admin%2Fpanel", "//admin", "/;x/admin", "/%2561dmin", "/one;x"] {
            assert_eq!(find(path), "TwoRoutes", "{path}");
        }
        assert_eq!(find("/admin/panel;x"), "admin");
        assert_eq!(find("/other;x/a%20b"), "root");
        assert_eq!(find("/odd;x/y"), "odd");
    }

    #[test]
    fn a_path_that_only_other_methods_serve_is_told_apart() {
        let table = table(vec![route("post", PathRule::Exact("/x".into()), &[Method::POST])]);
        assert_eq!(name(table.find("h", "/x", &Method::GET)), "NoMethod([POST])");
        assert_eq!(name(table.find("h", "/y", &Method::GET)), "NoRoute");
    }

    proptest! {
        /// P9: the number of routes does not change what a look-up means.
        #[test]
        fn looking_up_equals_trying_every_route(
            prefixes in proptest::collection::btree_set("(/[ab]{1,2}){0,3}", 1..12),
            path in "(/[ab]{1,2}){1,4}",
        ) {
            let routes = prefixes.iter().map(|p| route(p, PathRule::Prefix(p.as_str().into()), &[])).collect();
            let naive = prefixes
                .iter()
                .filter(|p| path == **p || path.starts_with(&format!("{p}/")))
                .max_by_key(|p| p.len());
            let found = name(table(routes).find("h", &path, &Method::GET));
            prop_assert_eq!(found, naive.cloned().unwrap_or_else(|| "NoRoute".to_owned()));
        }
    }
}

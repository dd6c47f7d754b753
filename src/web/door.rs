//! Where a key is good for something: shown beside each new key, ready to be tried.

use crate::config::Config;
use crate::model::api_key::ApiKey;
use crate::model::route::{Access, PathRule, Route};

/// Host and path of the first route this key opens; those of the public origin when that has no name.
pub fn of_key<'a>(config: &'a Config, key: &ApiKey) -> (&'a str, &'a str) {
    let opens = |route: &&Route| {
        route.accepts.key && !matches!(route.access, Access::Public) && key.is_for(&route.platform)
    };
    let route = config.routing.routes.iter().find(opens);
    let path = match route.map(|route| &route.path) {
        Some(PathRule::Prefix(path) | PathRule::Exact(path)) => path,
        None => "/",
    };
    let host = route.and_then(|route| route.hosts.iter().find(|host| !host.starts_with('*')));
    (host.unwrap_or(&config.public_url.host), path)
}

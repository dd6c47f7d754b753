//! The `curl` line that shows how a key or a cookie is used, ready to be pasted.

use crate::config::Config;
use crate::model::api_key::ApiKey;
use crate::model::route::{Access, PathRule, Route};
use crate::secret::Secret;

/// A line that calls the first route this key opens.
pub(super) fn with_key(config: &Config, key: &ApiKey, text: &Secret<String>) -> String {
    let route = config.routing.routes.iter().find(|route| {
        route.accepts.key && !matches!(route.access, Access::Public) && key.is_for(&route.platform)
    });
    format!("curl{} -u __key__:{} {}", authority(config), text.expose(), address(config, route))
}

/// Where a route answers, with the port that clients use.
fn address(config: &Config, route: Option<&Route>) -> String {
    let path = match route.map(|route| &route.path) {
        Some(PathRule::Prefix(path) | PathRule::Exact(path)) => path,
        None => "/",
    };
    let host = route.and_then(|route| route.hosts.iter().find(|host| !host.starts_with('*')));
    let port = match config.public_url.port {
        443 => String::new(),
        port => format!(":{port}"),
    };
    match host {
        Some(host) => format!("https://{host}{port}{path}"),
        None => format!("{}{path}", config.public_url.origin),
    }
}

/// With a development certificate, the authority that signed it.
fn authority(config: &Config) -> String {
    if config.tls.certificates.is_empty() {
        format!(" --cacert {}", config.tls.development.join("authority.pem").display())
    } else {
        String::new()
    }
}

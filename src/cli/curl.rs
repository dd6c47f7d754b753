//! The `curl` line that shows how a key or a cookie is used, ready to be pasted.

use crate::config::Config;
use crate::model::api_key::ApiKey;
use crate::model::route::{Access, PathRule, Route};
use crate::secret::Secret;

/// A line that calls the first route this key opens.
pub(super) fn with_key(config: &Config, key: &ApiKey, text: &Secret<String>) -> String {
    let (host, path) = door(config, key);
    let port = match config.public_url.port {
        443 => String::new(),
        port => format!(":{port}"),
    };
    format!("curl{} -u __key__:{} https://{host}{port}{path}", authority(config), text.expose())
}

/// Host and path of the first route this key opens; those of the public origin when that has no name.
pub(super) fn door<'a>(config: &'a Config, key: &ApiKey) -> (&'a str, &'a str) {
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

/// With a development certificate, the authority that signed it.
fn authority(config: &Config) -> String {
    if config.tls.certificates.is_empty() {
        format!(" --cacert {}", config.tls.development.join("authority.pem").display())
    } else {
        String::new()
    }
}

//! The `curl` line that shows how a key or a cookie is used, ready to be pasted.

use crate::config::Config;
use crate::model::api_key::ApiKey;
use crate::secret::Secret;
use crate::web::door;

/// A line that calls the first route this key opens.
pub(super) fn with_key(config: &Config, key: &ApiKey, text: &Secret<String>) -> String {
    let (host, path) = door::of_key(config, key);
    let port = match config.public_url.port {
        443 => String::new(),
        port => format!(":{port}"),
    };
    format!("curl{} -u __key__:{} https://{host}{port}{path}", authority(config), text.expose())
}

/// With a development certificate, the authority that signed it.
fn authority(config: &Config) -> String {
    if config.tls.certificates.is_empty() {
        format!(" --cacert {}", config.tls.development.join("authority.pem").display())
    } else {
        String::new()
    }
}

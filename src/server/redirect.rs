//! The clear-text port whose only answer is the way to https, and that only to hosts we know: a made-up
//! `Host` must never end up in a `Location` (H7).

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, Version, header};

use super::small::{Answer, PLAIN, text};
use crate::config::Config;
use crate::gateway::host;

/// The answer to a request in clear text.
pub fn answer(config: &Config, uri: &Uri, headers: &HeaderMap, version: Version) -> Answer {
    match location(config, uri, headers, version) {
        Ok(location) => {
            let mut response = text(StatusCode::PERMANENT_REDIRECT, PLAIN, Bytes::new());
            response.headers_mut().insert(header::LOCATION, location);
            response
        }
        Err(status) => {
            let mut response =
                text(status, PLAIN, "This port only leads to https addresses of configured hosts.\n");
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            response
        }
    }
}

fn location(
    config: &Config,
    uri: &Uri,
    headers: &HeaderMap,
    version: Version,
) -> Result<HeaderValue, StatusCode> {
    let named = host::field(headers).and_then(|field| host::named(uri, field, version));
    let named = named.map_err(|_| StatusCode::BAD_REQUEST)?;
    let host = host::canonical(named).map_err(|_| StatusCode::BAD_REQUEST)?;
    let known = *host == *config.public_url.host || config.routing.hosts.iter().any(|other| **other == *host);
    if !known {
        return Err(StatusCode::MISDIRECTED_REQUEST);
    }
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    if !path.starts_with('/') {
        return Err(StatusCode::BAD_REQUEST);
    }
    let location = match config.public_url.port {
        443 => format!("https://{host}{path}"),
        port => format!("https://{host}:{port}{path}"),
    };
    HeaderValue::try_from(location).map_err(|_| StatusCode::BAD_REQUEST)
}

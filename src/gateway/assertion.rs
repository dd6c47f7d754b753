//! The signed assertion: who is calling, for apps that would rather verify than trust a field.
//! ES256, one minute long; shared by the requests of one identity for half of that, or made per request.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, Method};
use jsonwebtoken::{Algorithm, Header};
use serde::Serialize;

use crate::model::caller::RequestId;
use crate::model::identity::Identity;
use crate::secret::keyring::Keyring;
use crate::secret::token::sha256;
use crate::time::Timestamp;

/// How long an assertion is good for.
const LIFETIME: Duration = Duration::from_secs(60);

/// How long a shared one is handed out.
const SHARED: Duration = Duration::from_secs(30);

/// Leeway for an app's clock that is behind.
const LEEWAY: Duration = Duration::from_secs(5);

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    preferred_username: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    email_validated: bool,
    groups: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<String>,
    amr: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(flatten)]
    bound: Option<Bound>,
}

/// What ties an assertion to one request.
#[derive(Serialize)]
struct Bound {
    jti: String,
    method: String,
    path_sha256: String,
}

impl Bound {
    fn to(jti: String, method: &Method, target: &str) -> Self {
        let path_sha256 = URL_SAFE_NO_PAD.encode(sha256(target.as_bytes()));
        Self { jti, method: method.to_string(), path_sha256 }
    }
}

/// The assertion that the requests of an identity share. All keys of one account that work under the same
/// credentials share one, since it names no key.
pub fn shared(identity: &Identity, issuer: &str, keyring: &Keyring, now: Timestamp) -> Option<HeaderValue> {
    if let Some(held) = identity.assertion.load().as_ref().filter(|held| now < held.0) {
        return Some(held.1.clone());
    }
    let outlives = identity.until.is_none_or(|until| now.plus(LIFETIME) <= until);
    let in_common = (outlives && identity.key_id().is_some()).then(|| identity.standing.assertions.lock());
    let mut in_common = in_common.map(|held| held.unwrap_or_else(PoisonError::into_inner));
    let made = in_common
        .as_ref()
        .and_then(|made| made.get(&(identity.platform.clone(), identity.credentials.clone())));
    let entry = match made.filter(|made| now < made.0) {
        Some(made) => made.clone(),
        None => {
            let until = identity.until.map_or(now.plus(SHARED), |until| until.min(now.plus(SHARED)));
            let made = Arc::new((until, sign(identity, issuer, keyring, now, None)?));
            if let Some(in_common) = &mut in_common {
                in_common.insert((identity.platform.clone(), identity.credentials.clone()), made.clone());
            }
            made
        }
    };
    identity.assertion.store(Some(entry.clone()));
    Some(entry.1.clone())
}

/// An assertion for one request only.
pub fn bound(
    identity: &Identity,
    issuer: &str,
    keyring: &Keyring,
    now: Timestamp,
    (request, method, target): (&RequestId, &Method, &str),
) -> Option<HeaderValue> {
    let bound = Bound::to(request.to_string(), method, target);
    sign(identity, issuer, keyring, now, Some(bound))
}

fn sign(
    identity: &Identity,
    issuer: &str,
    keyring: &Keyring,
    now: Timestamp,
    bound: Option<Bound>,
) -> Option<HeaderValue> {
    let key = keyring.signing().current();
    let claims = claims(identity, issuer, now, bound);
    let header = Header {
        typ: Some("portcullis-assertion+jwt".to_owned()),
        kid: Some(key.kid().to_owned()),
        ..Header::new(Algorithm::ES256)
    };
    let token = jsonwebtoken::encode(&header, &claims, key.private()).ok()?;
    HeaderValue::try_from(token).ok()
}

/// The claims of an assertion that is not signed: what an app would read. One for a single request says what
/// it is bound to, under a name that no request has.
pub fn shown(
    identity: &Identity,
    issuer: &str,
    now: Timestamp,
    bound: Option<(&Method, &str)>,
) -> serde_json::Value {
    let bound = bound.map(|(method, target)| Bound::to("(request id)".to_owned(), method, target));
    serde_json::to_value(claims(identity, issuer, now, bound)).unwrap_or_default()
}

fn claims<'a>(identity: &'a Identity, issuer: &'a str, now: Timestamp, bound: Option<Bound>) -> Claims<'a> {
    let account = &identity.standing.account;
    let end = identity.until.map_or(now.plus(LIFETIME), |until| until.min(now.plus(LIFETIME)));
    Claims {
        iss: issuer,
        aud: identity.platform.as_str(),
        sub: account.id.to_string(),
        iat: now.seconds(),
        nbf: now.minus(LEEWAY).seconds(),
        exp: end.seconds(),
        preferred_username: account.user_name.as_str(),
        name: &account.display_name,
        email: account.email.as_deref(),
        email_validated: account.validated,
        groups: identity.groups(),
        credentials: identity.credentials.as_ref().map(ToString::to_string),
        amr: match identity.key_id() {
            Some(_) => vec!["key"],
            None => identity.methods.iter().map(AsRef::as_ref).collect(),
        },
        auth_time: identity.authenticated_at.map(Timestamp::seconds),
        bound,
    }
}

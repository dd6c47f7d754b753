//! An app that believes nobody but the gate: it verifies X-Portcullis-Jwt-Assertion on each request.
//!
//!     ISSUER=https://gate.example.com AUDIENCE=wiki PORT=3000 cargo run

use std::env;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::json;
use tiny_http::{Request, Response, Server};
use ureq::tls::{RootCerts, TlsConfig};

/// For how long the key set is kept.
const KEPT: Duration = Duration::from_secs(600);
/// Shortest time between two looks for a key that is not in it.
const PAUSE: Duration = Duration::from_secs(5);
/// Seconds by which our clock may differ.
const LEEWAY: u64 = 5;

/// What the gate says about who is calling.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    /// One platform, never a list.
    aud: String,
    preferred_username: String,
}

enum Refused {
    /// The request carries no assertion that can be believed.
    NotTheGate(String),
    /// The keys cannot be had: nobody is let in, but it is not the caller's fault.
    NoKeys,
}

fn no<T>(why: impl ToString) -> Result<T, Refused> {
    Err(Refused::NotTheGate(why.to_string()))
}

#[derive(Default)]
struct Known {
    keys: Option<(JwkSet, Instant)>,
    tried: Option<Instant>,
}

struct Gate {
    issuer: String,
    audience: String,
    client: ureq::Agent,
    known: Mutex<Known>,
}

impl Gate {
    fn new(issuer: String, audience: String) -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let agent = ureq::Agent::config_builder().tls_config(tls).timeout_global(Some(Duration::from_secs(5)));
        Self { issuer, audience, client: agent.build().into(), known: Mutex::default() }
    }

    /// The public key of this id, from the set that is kept or a fresh one.
    fn key(&self, kid: &str) -> Result<DecodingKey, Refused> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = known.keys.as_ref().is_some_and(|(_, read)| read.elapsed() < KEPT);
        let has = known.keys.as_ref().is_some_and(|(keys, _)| keys.find(kid).is_some());
        let paused = known.tried.is_some_and(|tried| tried.elapsed() < PAUSE);
        if !fresh || !has && !paused {
            known.tried = Some(Instant::now());
            let address = format!("{}/.well-known/jwks.json", self.issuer);
            let mut answer = self.client.get(&address).call().map_err(|_| Refused::NoKeys)?;
            let keys = answer.body_mut().read_json().map_err(|_| Refused::NoKeys)?;
            known.keys = Some((keys, Instant::now()));
        }
        match known.keys.as_ref().and_then(|(keys, _)| keys.find(kid)) {
            Some(jwk) => DecodingKey::from_jwk(jwk).or_else(no),
            None => no("a key that is not the gate's"),
        }
    }

    /// The claims of the request's assertion.
    fn caller(&self, request: &Request) -> Result<Claims, Refused> {
        let named = request.headers().iter().filter(|field| field.field.equiv("X-Portcullis-Jwt-Assertion"));
        let [token] = named.map(|field| field.value.as_str()).collect::<Vec<_>>()[..] else {
            return no("one assertion is needed");
        };
        let head = decode_header(token).or_else(no)?;
        if head.typ.as_deref() != Some("portcullis-assertion+jwt") || head.crit.is_some() {
            return no("not an assertion");
        }
        let key = self.key(head.kid.as_deref().unwrap_or_default())?;
        let mut rules = Validation::new(Algorithm::ES256); // never what the token says
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[&self.audience]);
        rules.validate_nbf = true;
        rules.leeway = LEEWAY;
        let claims = decode::<Claims>(token, &key, &rules).or_else(no)?.claims;
        if claims.aud != self.audience { no("for another platform") } else { Ok(claims) }
    }
}

fn main() {
    let of = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let gate = Gate::new(of("ISSUER"), of("AUDIENCE"));
    let server = Server::http(("127.0.0.1", of("PORT").parse().expect("a port"))).expect("a socket");
    for request in server.incoming_requests() {
        let (status, told) = match gate.caller(&request) {
            Ok(claims) => (200, json!({ "user": claims.preferred_username, "account": claims.sub })),
            Err(Refused::NotTheGate(why)) => (401, json!({ "error": why })),
            Err(Refused::NoKeys) => (503, json!({ "error": "the gate's keys cannot be had" })),
        };
        // A client that left does not need its answer.
        let _ = request.respond(Response::from_string(told.to_string()).with_status_code(status));
    }
}

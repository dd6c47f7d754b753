//! The signed assertion: who, for whom, and how long, checked with the published keys as an app would
//! (row K15, R-58).

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::upstream::Upstream;

async fn published(gateway: &Gateway) -> JwkSet {
    let answer = gateway.ask(&Ask::get("/.portcullis/jwks.json"), Over::H2).await.expect(200);
    serde_json::from_slice(&answer.body).expect("a set of keys")
}

/// K15: one algorithm, named by our record and never by the token; audience, issuer and a short life.
#[tokio::test]
async fn an_app_can_check_who_is_calling() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    for over in Over::BOTH {
        gateway
            .ask(&Ask::get("/x").key(&key).header("x-portcullis-jwt-assertion", "e30.e30."), over)
            .await
            .expect(200);
        let token = app.last().header("x-portcullis-jwt-assertion").expect("an assertion").to_owned();
        let header = decode_header(&token).expect("a header");
        assert_eq!(header.alg, Algorithm::ES256);
        assert!(header.jku.is_none() && header.jwk.is_none() && header.x5u.is_none());
        let keys = published(&gateway).await;
        let jwk = keys.find(header.kid.as_deref().expect("a key id")).expect("a published key");
        let mut rules = Validation::new(Algorithm::ES256);
        rules.set_audience(&["app"]);
        rules.set_issuer(&["https://gate.test"]);
        let claims = decode::<Value>(&token, &DecodingKey::from_jwk(jwk).expect("a key"), &rules)
            .expect("a good token")
            .claims;
        let lasts = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        assert!(lasts > 0 && lasts <= 60, "{claims}");
        assert!(keys.keys.iter().all(|key| key.common.key_algorithm.is_some()), "{keys:?}");
    }
}

/// H4: nobody has no assertion, whatever a client sends.
#[tokio::test]
async fn nobody_has_no_assertion() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    for over in Over::BOTH {
        for path in ["/public/x", "/optional/x"] {
            gateway
                .ask(&Ask::get(path).header("x-portcullis-jwt-assertion", "e30.e30."), over)
                .await
                .expect(200);
            assert!(app.last().all("x-portcullis-jwt-assertion").is_empty());
        }
    }
}

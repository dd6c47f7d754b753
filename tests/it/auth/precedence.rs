//! Which credential decides, and what an unreadable one means.

use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::upstream::Upstream;

/// a key in each of its places.
#[tokio::test]
async fn a_key_is_taken_in_each_of_its_places() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    for over in Over::BOTH {
        for ask in [
            Ask::get("/x").key(&key),
            Ask::get("/x").header("authorization", &format!("Bearer {key}")),
            Ask::get("/x").header("x-api-key", &key),
        ] {
            gateway.ask(&ask, over).await.expect(200);
            assert_eq!(app.last().header("x-forwarded-user"), Some("ada"));
        }
    }
}

/// anything else in Basic is refused, account passwords above all, on optional routes too.
#[tokio::test]
async fn basic_takes_nothing_but_keys() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "[failures]\nper_source = \"1000/1m\"\n").await;
    let key = gateway.key().await;
    for over in Over::BOTH {
        for ask in [
            Ask::get("/x").basic("ada", "correct horse battery staple"),
            Ask::get("/x").basic("ada", &key),
            Ask::get("/x").basic("__KEY__", &key),
            Ask::get("/x").basic("", &key),
            Ask::get("/x").basic(&key, ""),
            Ask::get("/x").basic("__key__", ""),
            Ask::get("/x").header("authorization", "Basic"),
            Ask::get("/x").header("authorization", "Basic ####"),
            Ask::get("/x").header("authorization", "Digest username=\"ada\""),
            Ask::get("/x").header("authorization", &key),
        ] {
            gateway.ask(&ask, over).await.expect(401);
            gateway.ask(&Ask { target: "/optional/x".into(), ..ask }, over).await.expect(401);
        }
    }
    assert!(app.seen().is_empty());
}

/// a key beats the cookie; a bad key is not rescued by a good cookie, nor the other way round.
#[tokio::test]
async fn the_first_presented_credential_decides() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    let cookie = format!("__Host-portcullis={}", gateway.session().await);
    for over in Over::BOTH {
        for path in ["/x", "/optional/x"] {
            gateway.ask(&Ask::get(path).key(&key).header("cookie", &cookie), over).await.expect(200);
            assert_eq!(app.last().header("x-portcullis-auth-method"), Some("key"));
            gateway.ask(&Ask::get(path).key("made-up").header("cookie", &cookie), over).await.expect(401);
            gateway
                .ask(&Ask::get(path).key(&key).header("cookie", "__Host-portcullis=dead"), over)
                .await
                .expect(200);
            gateway.ask(&Ask::get(path).header("cookie", &cookie), over).await.expect(200);
            assert_eq!(app.last().header("x-portcullis-auth-method"), Some("session"));
        }
    }
}

/// A key in the query is no credential.
#[tokio::test]
async fn a_key_in_the_query_is_no_credential() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    for over in Over::BOTH {
        for name in ["key", "api_key", "apikey", "access_token", "token"] {
            gateway.ask(&Ask::get(&format!("/x?{name}={key}")), over).await.expect(401);
        }
    }
}

/// A route says which credentials it takes.
#[tokio::test]
async fn a_route_takes_the_credentials_it_lists() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    let cookie = format!("__Host-portcullis={}", gateway.session().await);
    for over in Over::BOTH {
        gateway.ask(&Ask::get("/keys-only/x").key(&key), over).await.expect(200);
        let answer = gateway.ask(&Ask::get("/keys-only/x").header("cookie", &cookie), over).await;
        assert!([401, 403].contains(&answer.status), "{answer:?}");
        gateway.ask(&Ask::get("/sessions-only/x").header("cookie", &cookie), over).await.expect(200);
        let answer = gateway.ask(&Ask::get("/sessions-only/x").key(&key), over).await;
        assert!([401, 403].contains(&answer.status), "{answer:?}");
    }
}

/// In clear text a key is read from loopback only, and this is loopback.
#[tokio::test]
async fn clear_text_is_served_to_loopback() {
    let app = Upstream::echo().await;
    let gateway = Gateway::with(&app, "").await;
    let key = gateway.key().await;
    let mut wire = gateway.clear_text().await;
    wire.send(Ask::get("/x").key(&key).bytes()).await;
    wire.answer().await.expect(200);
    assert_eq!(app.last().header("x-forwarded-proto"), Some("http"));
}

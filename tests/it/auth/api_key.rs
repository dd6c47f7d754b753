//! Keys: what makes one good, and what ends it (rows K3, K7, K8, K9).

use std::time::Duration;

use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::upstream::Upstream;

/// K3: whatever is wrong with a key, the answer is the same.
#[tokio::test]
async fn every_bad_key_gets_the_same_answer() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    let revoked = gateway.key().await;
    gateway.revoke(&revoked).await;
    let mut last = key.clone();
    let flipped = if last.pop() == Some('0') { '1' } else { '0' };
    last.push(flipped);
    let other_secret = gateway.key_with_another_secret(&key);
    let mut bodies = Vec::new();
    for bad in [
        last.as_str(),
        &other_secret,
        &revoked,
        "made-up",
        "pck_",
        "pck_short",
        &key[..key.len() - 1],
        &format!("{key}0"),
    ] {
        for over in Over::BOTH {
            let answer = gateway.ask(&Ask::get("/x").key(bad), over).await.expect(401);
            let mut problem: serde_json::Value = serde_json::from_slice(&answer.body).expect("a problem");
            problem["request_id"] = "".into();
            problem["instance"] = "".into();
            bodies.push((problem.to_string(), answer.all("www-authenticate").join(",")));
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:#?}");
    assert!(app.seen().is_empty());
}

/// R-51, K8: revocation holds on the next request.
#[tokio::test]
async fn a_revoked_key_is_refused_on_the_next_request() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    for over in Over::BOTH {
        gateway.ask(&Ask::get("/x").key(&key), over).await.expect(200);
    }
    gateway.revoke(&key).await;
    for over in Over::BOTH {
        gateway.ask(&Ask::get("/x").key(&key), over).await.expect(401);
    }
}

/// K8: a suspended account's key stops at once, and works again when the account does.
#[tokio::test]
async fn a_suspended_accounts_key_is_refused_on_the_next_request() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    gateway.ask(&Ask::get("/x").key(&key), Over::H1).await.expect(200);
    gateway.suspend("ada").await;
    for over in Over::BOTH {
        gateway.ask(&Ask::get("/x").key(&key), over).await.expect(401);
        gateway.ask(&Ask::get("/optional/x").key(&key), over).await.expect(401);
    }
}

/// K7: a key for the gate's own API opens no app.
#[tokio::test]
async fn a_key_for_the_api_opens_no_app() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key_for_api().await;
    for over in Over::BOTH {
        gateway.ask(&Ask::get("/x").key(&key), over).await.expect(403);
    }
    assert!(app.seen().is_empty());
}

/// K9: expiry is judged at use.
#[tokio::test]
async fn an_expired_key_is_refused_from_its_last_moment_on() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key_for(Duration::from_secs(3600)).await;
    gateway.clock.advance(Duration::from_secs(3599));
    gateway.ask(&Ask::get("/x").key(&key), Over::H1).await.expect(200);
    gateway.clock.advance(Duration::from_secs(1));
    for over in Over::BOTH {
        gateway.ask(&Ask::get("/x").key(&key), over).await.expect(401);
    }
}

/// K4, K8: rights are judged after the cache, on each request.
#[tokio::test]
async fn a_lost_grant_holds_on_the_next_request() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    gateway.ask(&Ask::get("/x").key(&key), Over::H1).await.expect(200);
    gateway.take_grants("ada").await;
    for over in Over::BOTH {
        let answer = gateway.ask(&Ask::get("/x").key(&key), over).await;
        assert!([401, 403].contains(&answer.status), "{answer:?}");
    }
    assert_eq!(app.seen().len(), 1);
}

/// K1, K17: one key's verdict is never another's, however many ask at once.
#[tokio::test]
async fn keys_asked_at_once_keep_their_own_verdicts() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let (ada, manager) = (gateway.key().await, gateway.key_of_role("manager").await);
    let asks = (0..60).map(|at| {
        let (gateway, ada, manager) = (&gateway, &ada, &manager);
        async move {
            let over = Over::BOTH[at % 2];
            let tag = at.to_string();
            let key = match at % 3 {
                0 => ada.clone(),
                1 => manager.clone(),
                _ => format!("{ada}{at}"),
            };
            let answer = gateway.ask(&Ask::get("/x").key(&key).header("x-tag", &tag), over).await;
            assert_eq!(answer.status, if at % 3 == 2 { 401 } else { 200 }, "{at}");
        }
    });
    futures_like_join(asks.collect()).await;
    for seen in app.seen() {
        let at: usize = seen.header("x-tag").and_then(|tag| tag.parse().ok()).expect("its tag");
        assert_eq!(
            seen.header("x-forwarded-user"),
            Some(if at.is_multiple_of(3) { "ada" } else { "manager" }),
            "{at}"
        );
    }
}

/// Runs all of them at once, on this task.
async fn futures_like_join<F: Future<Output = ()>>(futures: Vec<F>) {
    let mut open: Vec<_> = futures.into_iter().map(Box::pin).collect();
    std::future::poll_fn(|context| {
        open.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if open.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

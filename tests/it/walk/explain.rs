//! Explanations: what the gate says it would do is what it does, and saying so costs nobody anything.

use serde_json::{Value, json};

use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::upstream::{Seen, Upstream};

/// The public id of a key.
fn id(key: &str) -> &str {
    &key[4..16]
}

async fn explained(gateway: &Gateway, who: (&str, &str), path: &str) -> Value {
    let url = format!("https://app.test{path}");
    gateway.control(json!({ "do": "explain", who.0: who.1, "url": url })).await
}

/// The identity fields that an app saw.
fn identity(seen: &Seen) -> Vec<(String, String)> {
    let forwarding = ["for", "host", "port", "proto", "prefix"].map(|part| format!("x-forwarded-{part}"));
    let ours = |name: &&str| {
        ["x-portcullis-", "x-forwarded-", "remote-", "x-auth-request-"]
            .iter()
            .any(|start| name.starts_with(start))
            && !forwarding.contains(&(*name).to_owned())
            && *name != "x-portcullis-jwt-assertion"
    };
    let names: Vec<String> = seen.names().into_iter().filter(ours).map(ToOwned::to_owned).collect();
    let mut fields: Vec<_> =
        names.into_iter().map(|name| (name.clone(), seen.header(&name).unwrap().to_owned())).collect();
    fields.sort();
    fields
}

fn told_identity(told: &Value) -> Vec<(String, String)> {
    let text = |fact: &Value, part: &str| fact[part].as_str().unwrap().to_owned();
    let mut fields: Vec<_> = told["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| (text(fact, "name"), text(fact, "value")))
        .collect();
    fields.sort();
    fields
}

/// Pain 6: the explanation and the gate come to the same end, whoever asks for whatever.
#[tokio::test]
async fn what_is_explained_is_what_the_gate_does() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let (good, revoked, bare) =
        (gateway.key().await, gateway.key().await, gateway.key_of_role("manager").await);
    gateway.revoke(&revoked).await;
    let suspended = gateway.key_of_role("simulation-runner").await;
    gateway.suspend("simulation-runner").await;
    let for_api = gateway.key_for_api().await;
    let keys = [&good, &revoked, &bare, &suspended, &for_api];
    let paths = [
        "/x",
        "/public",
        "/optional",
        "/remote",
        "/managers",
        "/sessions-only",
        "/keys-only",
        "/quota",
        "/strip/a",
        "/public%2Fclosed",
        "/public/../x",
        "/public/closed;x",
    ];
    for path in paths {
        for key in keys.into_iter().map(Some).chain([None]) {
            let ask = Ask::get(path);
            let (ask, who) = match key {
                Some(key) => (ask.key(key), ("key", id(key))),
                None => (ask, ("nobody", "")),
            };
            let told = explained(&gateway, who, path).await;
            let answer = gateway.ask(&ask, Over::H1).await;
            let outcome = &told["outcome"];
            let request = match answer.header("x-request-id") {
                Some(request) => request.to_owned(),
                None => app.last().header("x-request-id").unwrap().to_owned(),
            };
            let decision = gateway.decision_about(&request).unwrap();
            assert_eq!(outcome["reason"], decision.reason, "{path} {who:?}: {told:#}");
            assert_eq!(outcome["admitted"], answer.status == 200, "{path} {who:?}");
            if answer.status == 200 {
                let seen = app.last();
                assert_eq!(told_identity(&told), identity(&seen), "{path} {who:?}");
                assert_eq!(told["target"], format!("GET {}", seen.target), "{path}");
            } else {
                assert_eq!(outcome["status"], answer.status, "{path} {who:?}");
                let problem: Value = serde_json::from_slice(&answer.body).unwrap();
                assert_eq!(outcome["detail"], problem["detail"], "{path} {who:?}");
                let last = told["steps"].as_array().unwrap().last().unwrap();
                assert_eq!(last["result"], "refused", "{path} {who:?}: {told:#}");
            }
        }
    }
}

/// A person is explained as signed in just now, and the step that turns them away is the last one.
#[tokio::test]
async fn a_person_is_explained_step_by_step() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let told = explained(&gateway, ("as", "ada"), "/x").await;
    assert_eq!(told["outcome"]["admitted"], true, "{told:#}");
    let steps: Vec<_> =
        told["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(
        steps,
        ["host", "path", "route", "path", "credential", "account", "accepts", "grants", "credentials"]
    );
    let claims = &told["assertion"];
    assert_eq!(
        (&claims["preferred_username"], &claims["credentials"]),
        (&json!("ada"), &json!("app/home/general/viewer"))
    );
    assert_eq!(told["upstream"]["targets"][0]["healthy"], true);

    let told = explained(&gateway, ("as", "ada"), "/managers").await;
    assert_eq!(told["outcome"]["reason"], "role-too-low");
    let last = told["steps"].as_array().unwrap().last().unwrap();
    let facts = json!([{ "name": "needed", "value": "manager" }, { "name": "held", "value": "viewer" }]);
    assert_eq!((&last["step"], &last["facts"]), (&json!("role"), &facts));

    gateway.suspend("ada").await;
    let told = explained(&gateway, ("as", "ada"), "/x").await;
    let last = told["steps"].as_array().unwrap().last().unwrap();
    assert_eq!((&told["outcome"]["reason"], &last["step"]), (&json!("nobody"), &json!("account")));
}

/// However often something is explained, nobody has fewer attempts or requests left, and no number moves.
#[tokio::test]
async fn an_explanation_is_counted_nowhere() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    gateway.ask(&Ask::get("/quota").key(&key), Over::H1).await.expect(200);
    let before = gateway.numbers();
    let first = explained(&gateway, ("key", id(&key)), "/quota").await;
    for _ in 0..40 {
        let told = explained(&gateway, ("key", id(&key)), "/quota").await;
        assert_eq!(told["limits"], first["limits"]);
        assert_eq!(told["outcome"]["admitted"], true);
        explained(&gateway, ("key", "000000000000"), "/x").await;
    }
    let requests =
        first["limits"].as_array().unwrap().iter().find(|limit| limit["kind"] == "requests").unwrap();
    assert_eq!((&requests["remaining"], &requests["amount"]), (&json!(2), &json!(3)));
    assert_eq!(gateway.numbers(), before);
    gateway.ask(&Ask::get("/quota").key(&key), Over::H1).await.expect(200);
}

/// A refused request is found with its key and its account, where those were proven; no secret is kept.
#[tokio::test]
async fn a_refusal_is_remembered_with_the_key_it_was_made_on() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let key = gateway.key().await;
    let other = gateway.key_with_another_secret(&key);
    for (presented, path, reason, proven) in
        [(&key, "/managers", "role-too-low", true), (&other, "/x", "key-unknown", false)]
    {
        let answer = gateway.ask(&Ask::get(path).key(presented), Over::H1).await;
        let request = answer.header("x-request-id").unwrap();
        let told = gateway.control(json!({ "do": "explain", "request": request })).await;
        assert_eq!((&told["reason"], &told["status"]), (&json!(reason), &json!(answer.status)));
        assert_eq!(told["credential"], format!("key {}", id(&key)));
        assert_eq!(told["account"].is_string(), proven, "{told:#}");
        assert!(told["because"].as_str().unwrap().ends_with('.'));
        assert!(!told.to_string().contains(&presented[16..]));
    }
}

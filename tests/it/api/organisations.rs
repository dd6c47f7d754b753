//! Organisations with their members, spaces, platforms and grants (rows, S4-36).

use portcullis::model::account::Office;
use serde_json::json;

use super::caller::{problem, said};
use crate::support::ask::Over;
use crate::support::gateway::Gateway;
use crate::support::office::{api, send};
use crate::support::upstream::Upstream;

/// What an operator sets up by command line, an administrator sets up by API.
#[tokio::test]
async fn an_administrator_sets_up_a_customer_from_nothing() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let staff = gateway.staff();
    staff.person("root", Some(Office::Administrator)).await;
    let (cookie, _) = staff.session("root").await;
    let made = [
        ("/organisations", json!({ "slug": "acme", "name": "Acme Ltd" })),
        ("/organisations/acme/entitlements", json!({ "platform": "app" })),
        ("/organisations/acme/spaces", json!({ "slug": "lab" })),
        ("/accounts", json!({ "user_name": "grace", "email": "grace@example.org" })),
        ("/organisations/acme/services", json!({ "user_name": "robot" })),
        ("/grants", json!({ "account": "grace", "organisation": "acme", "role": "viewer", "space": "lab" })),
        (
            "/grants",
            json!({ "account": "robot", "organisation": "acme", "role": "viewer", "ends_at": "2099-01-01T00:00:00+01:00" }),
        ),
        ("/accounts/robot/keys", json!({ "name": "nightly", "credentials": ["app/acme/general/viewer"] })),
    ];
    let mut key = String::new();
    for (path, body) in made {
        let answer = gateway.ask(&send("POST", path, &body).signed_in(&cookie), Over::H1).await.expect(201);
        if let Some(secret) = said(&answer)["secret"].as_str() {
            key = secret.to_owned();
        }
        if let Some(at) = answer.header("location") {
            let at = at.strip_prefix("/.portcullis/api/v1").unwrap();
            gateway.ask(&api("GET", at).signed_in(&cookie), Over::H1).await.expect(200);
        }
    }
    let seen = crate::support::ask::Ask::get("/x").key(&key);
    gateway.ask(&seen, Over::H1).await.expect(200);
    assert_eq!(app.last().header("x-forwarded-user"), Some("robot"));
    let grants = gateway.ask(&api("GET", "/grants?organisation=acme").signed_in(&cookie), Over::H1).await;
    let grants = said(&grants.expect(200));
    assert_eq!(grants["items"].as_array().unwrap().len(), 2);
    assert_eq!(grants["items"][1]["ends_at"], "2098-12-31T23:00:00.000Z");
    let members = gateway.ask(&api("GET", "/organisations/acme/members").signed_in(&cookie), Over::H1).await;
    assert_eq!(said(&members.expect(200))["items"][1]["user_name"], "robot");
    let gone = api("DELETE", "/organisations/acme/spaces/lab").signed_in(&cookie);
    assert_eq!(problem(&gateway.ask(&gone, Over::H1).await, 409), "space-in-use");
    let gone = api("DELETE", "/organisations/acme/spaces/lab?with_grants=true").signed_in(&cookie);
    gateway.ask(&gone, Over::H1).await.expect(204);
    let closed = gateway.ask(&api("POST", "/organisations/acme/close").signed_in(&cookie), Over::H1).await;
    assert_eq!(said(&closed.expect(200))["status"], "closed");
    gateway.ask(&seen, Over::H1).await.expect(401);
}

/// for those who have nothing to do with an organisation there is none, whichever endpoint they ask.
#[tokio::test]
async fn an_organisation_is_nothing_to_those_of_another() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let staff = gateway.staff();
    staff.organisation("acme").await;
    staff.entitle("acme").await;
    staff.person("carol", None).await;
    staff.grant("carol", "acme", "manager").await;
    let (cookie, _) = staff.session("carol").await;
    let held = staff.grant("ada", "home", "manager").await;
    gateway.ask(&api("GET", "/organisations/acme").signed_in(&cookie), Over::H1).await.expect(200);
    let reads = [
        "/organisations/home",
        "/organisations/home/members",
        "/organisations/home/spaces",
        "/organisations/home/spaces/general",
        "/organisations/home/entitlements",
        "/grants?organisation=home",
        "/audit?organisation=home",
        "/accounts?organisation=home",
        "/accounts/ada",
        "/accounts/ada/keys",
    ];
    for path in reads {
        gateway.ask(&api("GET", path).signed_in(&cookie), Over::H1).await.expect(404);
    }
    let writes = [
        send("PATCH", "/organisations/home", &json!({ "name": "Mine" })),
        send("POST", "/organisations/home/spaces", &json!({ "slug": "mine" })),
        send("POST", "/organisations/home/services", &json!({ "user_name": "mine" })),
        send("POST", "/organisations/home/entitlements", &json!({ "platform": "app" })),
        send("POST", "/grants", &json!({ "account": "carol", "organisation": "home", "role": "viewer" })),
        api("DELETE", "/organisations/home/members/ada"),
        api("DELETE", "/organisations/home/spaces/general"),
        api("DELETE", "/organisations/home/entitlements/app"),
        api("POST", "/organisations/home/close"),
        api("DELETE", &format!("/grants/{held}")),
    ];
    for ask in writes {
        let answer = gateway.ask(&ask.clone().signed_in(&cookie), Over::H1).await;
        assert_eq!(answer.status, 404, "{} {}: {}", ask.method, ask.target, answer.text());
    }
}

/// a manager gives nothing above the own role, and the last one stays.
#[tokio::test]
async fn a_manager_manages_their_own_organisation_within_the_rules() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let staff = gateway.staff();
    staff.person("mia", None).await;
    let held = staff.grant("mia", "home", "manager").await;
    let (cookie, _) = staff.session("mia").await;
    let space = send("POST", "/organisations/home/spaces", &json!({ "slug": "lab" })).signed_in(&cookie);
    gateway.ask(&space, Over::H1).await.expect(201);
    let again = gateway.ask(&space, Over::H1).await;
    assert_eq!(problem(&again, 409), "taken-space");
    assert_eq!(said(&again)["errors"][0]["pointer"], "/slug");
    let body = json!({ "account": "ada", "organisation": "home", "role": "manager", "space": "lab" });
    let grant = gateway.ask(&send("POST", "/grants", &body).signed_in(&cookie), Over::H1).await.expect(201);
    let id = said(&grant)["id"].as_str().unwrap().to_owned();
    gateway.ask(&api("DELETE", &format!("/grants/{id}")).signed_in(&cookie), Over::H1).await.expect(204);
    let last = gateway.ask(&api("DELETE", &format!("/grants/{held}")).signed_in(&cookie), Over::H1).await;
    assert_eq!(problem(&last, 409), "last-manager");
    for path in ["/accounts", "/audit", "/grants"] {
        let answer = gateway.ask(&api("GET", path).signed_in(&cookie), Over::H1).await;
        assert_eq!(problem(&answer, 403), "not-administrator");
    }
    let audit = gateway.ask(&api("GET", "/audit?organisation=home").signed_in(&cookie), Over::H1).await;
    assert_eq!(said(&audit.expect(200))["items"][0]["act"], "grant.revoked");
}

/// People of another program come by API too, in whole or not at all, and each bad one is named.
#[tokio::test]
async fn an_administrator_takes_in_people_of_another_program() {
    let app = Upstream::echo().await;
    let gateway = Gateway::before(&app).await;
    let staff = gateway.staff();
    staff.person("root", Some(Office::Administrator)).await;
    staff.person("sue", Some(Office::Support)).await;
    let (cookie, _) = staff.session("root").await;
    let hash = "pbkdf2_sha256$1000$saltsalt$UX6vPDAiiwCZDRip/9iQmGwhJ/cvUxX9RWy/vb/HJVw=";
    let good = json!({ "user_name": "Grace", "email": "grace@example.org", "password_hash": hash });
    let weak = json!({ "user_name": "bob", "password_hash": "md5$salt$00" });
    let body = |people: &[&serde_json::Value]| json!({ "accounts": people });
    let sent = async |cookie: &str, body: &serde_json::Value| {
        gateway.ask(&send("POST", "/account-imports", body).signed_in(cookie), Over::H1).await
    };
    let bad = json!({ "user_name": "root", "email": "r2@example.org" });
    let refused = sent(&cookie, &body(&[&good, &bad])).await;
    assert_eq!(problem(&refused, 422), "invalid-fields");
    let errors = &said(&refused)["errors"];
    assert_eq!((errors.as_array().unwrap().len(), &errors[0]["pointer"]), (1, &"/accounts/1".into()));
    let mut rehearsal = body(&[&good, &weak]);
    rehearsal["dry_run"] = true.into();
    assert_eq!(said(&sent(&cookie, &rehearsal).await.expect(200))["imported"], 2);
    let done = said(&sent(&cookie, &body(&[&good, &weak])).await.expect(200));
    assert_eq!((&done["imported"], &done["with_password"]), (&2.into(), &1.into()));
    assert_eq!(done["to_reset"][0]["pointer"], "/accounts/1");
    let (support, _) = staff.session("sue").await;
    let other = json!({ "user_name": "eve" });
    assert_eq!(problem(&sent(&support, &body(&[&other])).await, 403), "not-administrator");
}

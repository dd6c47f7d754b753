//! Every page and every endpoint, and what it answers to everybody (rows K7, K16, R-66, S4-36). The answers are
//! asked for over real sockets and compared with `doors.txt`, which somebody has read. After a change that is
//! meant, `PORTCULLIS_WRITE_DOORS=1 cargo test --test it every_door` writes it anew; read what changed.

use std::fmt::Write as _;
use std::path::Path;

use portcullis::api;
use portcullis::model::account::Office;
use portcullis::model::api_key::KeyAudience;
use portcullis::pages;
use serde_json::{Value, json};

use crate::support::ask::{Ask, Over};
use crate::support::gateway::Gateway;
use crate::support::office::GATE;
use crate::support::upstream::Upstream;

/// Everybody who might come, with the words of the head line.
const CALLERS: [(&str, Caller); 9] = [
    ("stranger", Caller::Stranger),
    ("member", Caller::Session("ada")),
    ("manager", Caller::Session("mia")),
    ("elsewhere", Caller::Session("carol")),
    ("support", Caller::Session("sam")),
    ("administr.", Caller::Session("root")),
    ("own key", Caller::Key("mia", KeyAudience::Upstream, "manager")),
    ("API key", Caller::Key("robot", KeyAudience::Api, "manager")),
    ("app key", Caller::Key("robot", KeyAudience::Upstream, "manager")),
];

#[derive(Clone, Copy)]
enum Caller {
    Stranger,
    Session(&'static str),
    Key(&'static str, KeyAudience, &'static str),
}

/// A gateway where everybody lives, and what can be named there.
struct Town {
    gateway: Gateway,
    session: String,
    key: String,
    grant: String,
    webhook: String,
    delivery: String,
    invitation: String,
}

impl Town {
    async fn built(app: &Upstream) -> Self {
        let gateway = Gateway::before(app).await;
        let staff = gateway.staff();
        staff.organisation("acme").await;
        staff.entitle("acme").await;
        for (name, office) in [
            ("mia", None),
            ("carol", None),
            ("sam", Some(Office::Support)),
            ("root", Some(Office::Administrator)),
            ("other", Some(Office::Administrator)),
        ] {
            staff.person(name, office).await;
        }
        staff.service("robot", "home").await;
        staff.grant("mia", "home", "manager").await;
        staff.grant("robot", "home", "manager").await;
        staff.grant("carol", "acme", "manager").await;
        let grant = staff.grant("robot", "home", "viewer").await;
        let (_, session) = staff.session("ada").await;
        let key = staff.key("ada", KeyAudience::Upstream, "app/home/general/viewer").await;
        let (webhook, delivery) = staff.webhook("https://hooks.invalid/").await;
        let invitation = staff.invitation("guest@example.org", "home").await;
        Self { gateway, session, key: key[4..16].to_owned(), grant, webhook, delivery, invitation }
    }

    /// An address with what stands in it filled in: what belongs to Ada and her organisation.
    fn address(&self, path: &str) -> String {
        let part = |part: &str| match part {
            "{session}" => self.session.clone(),
            "{key}" => self.key.clone(),
            "{grant}" => self.grant.clone(),
            "{webhook}" => self.webhook.clone(),
            "{delivery}" => self.delivery.clone(),
            "{invitation}" => self.invitation.clone(),
            "{id}" if path.contains("/invitations/") => self.invitation.clone(),
            "{account}" => "ada".to_owned(),
            "{name}" if path.contains("/assets/") => "style.css".to_owned(),
            "{name}" => "ada".to_owned(),
            "{organisation}" | "{slug}" => "home".to_owned(),
            "{space}" => "general".to_owned(),
            "{platform}" => "app".to_owned(),
            "{request}" => "0".repeat(32),
            "{deed}" if path.contains("/webhooks/") => "disable".to_owned(),
            "{deed}" => "suspend".to_owned(),
            "{ending}" => "jsonl".to_owned(),
            other if other.starts_with('{') => "x".to_owned(),
            other => other.to_owned(),
        };
        path.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    async fn ask(&self, caller: Caller, ask: Ask) -> String {
        let ask = match caller {
            Caller::Stranger => ask.header("sec-fetch-site", "same-origin"),
            Caller::Session(name) => ask.signed_in(&self.gateway.staff().session(name).await.0),
            Caller::Key(name, audience, role) => {
                let carried = format!("app/home/general/{role}");
                ask.key(&self.gateway.staff().key(name, audience, &carried).await)
            }
        };
        let answer = self.gateway.ask(&ask, Over::H1).await;
        assert!(answer.status < 500, "{} {}: {}", ask.method, ask.target, answer.text());
        match answer.header("location").filter(|_| answer.status == 303) {
            Some(to) if to.contains("/sign-in") => "sign-in".to_owned(),
            Some(_) => "303".to_owned(),
            None => answer.status.to_string(),
        }
    }

    /// The methods that an address takes, as it says itself to one that it does not.
    async fn methods(&self, path: &str) -> Vec<String> {
        let answer = self.gateway.ask(&Ask::new("PATCH", &self.address(path)).host(GATE), Over::H1).await;
        let allow = answer.expect(405).header("allow").unwrap().to_owned();
        allow.split(',').filter(|method| *method != "HEAD").map(ToOwned::to_owned).collect()
    }
}

/// What is sent along, so that the answer is about the caller and not about the body.
fn body(method: &str, path: &str) -> Option<Value> {
    let carried = "app/home/general/viewer";
    Some(match (method, path.strip_prefix(api::BASE)?) {
        ("POST", "/me/keys" | "/accounts/{account}/keys") => json!({ "name": "x", "credentials": [carried] }),
        ("POST", "/accounts/{account}/keys/import") => {
            json!({ "name": "x", "credentials": [carried], "keys": ["0123456789abcdefghij"] })
        }
        ("POST", "/accounts" | "/organisations/{organisation}/services") => json!({ "user_name": "new" }),
        ("PUT", "/accounts/{account}/office") => json!({ "office": "support" }),
        ("POST", "/me/email-change") => json!({ "email": "new@example.org" }),
        ("PUT", "/validation") => json!({ "everywhere": true }),
        ("POST", "/archived-names/release") => json!({ "name": "nobody@example.org", "reason": "test" }),
        ("POST", "/keys/inspect") => json!({ "secret": "x" }),
        ("POST", "/keys/{key}/rotate") => json!({ "overlap": "now" }),
        ("POST", "/organisations" | "/organisations/{organisation}/spaces") => json!({ "slug": "new" }),
        ("PATCH", "/organisations/{organisation}") => json!({ "name": "New" }),
        ("POST", "/organisations/{organisation}/entitlements") => json!({ "platform": "app" }),
        ("POST", "/webhooks") => json!({ "platform": "app", "url": "https://hooks.invalid/other" }),
        ("POST", "/webhooks/{webhook}/rotate") => json!({ "overlap": "now" }),
        ("POST", "/grants") => json!({ "account": "ada", "organisation": "home", "role": "manager" }),
        ("POST", "/organisations/{organisation}/invitations") => {
            json!({ "addresses": ["new@example.org"], "grants": [{ "role": "viewer" }] })
        }
        ("POST", "/bans/lift") => json!({ "party": "192.0.2.1" }),
        ("POST", "/explain") => json!({ "url": "https://app.test/x" }),
        _ => return None,
    })
}

fn knock(method: &str, path: &str, address: &str) -> Ask {
    let ask = Ask::new(method, address).host(GATE);
    match body(method, path) {
        Some(body) => {
            Ask { body: body.to_string().into_bytes(), ..ask.header("content-type", "application/json") }
        }
        None => ask,
    }
}

/// Every door: its method and its address.
async fn doors(town: &Town) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for page in pages::table() {
        for method in town.methods(page.path).await {
            all.push((method, page.path.to_owned()));
        }
    }
    for (method, path) in api::OTHERS.map(|(method, path)| (method.to_string(), path.to_owned())) {
        // A path may be a page for some methods and an endpoint for others.
        if !all.contains(&(method.clone(), path.clone())) {
            all.push((method, path));
        }
    }
    for endpoint in api::table() {
        all.push((endpoint.method.to_string(), format!("{}{}", api::BASE, endpoint.path)));
    }
    all
}

/// What every door answers to one caller. Whatever was done is undone by moving to another town.
async fn answers(caller: Caller, doors: &[(String, String)]) -> Vec<String> {
    let app = Upstream::echo().await;
    let mut town = Town::built(&app).await;
    let mut all = Vec::new();
    for (method, path) in doors {
        let said = town.ask(caller, knock(method, path, &town.address(path))).await;
        if method != "GET" && ["200", "201", "204", "303"].contains(&said.as_str()) {
            town = Town::built(&app).await;
        }
        all.push(said);
    }
    all
}

/// Runs in this thread.
fn alone<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(work)
}

/// S4-36: nobody enters where they should not, and no door is forgotten.
#[test]
fn every_door_answers_everybody_as_was_reviewed() {
    let doors = alone(async { doors(&Town::built(&Upstream::echo().await).await).await });
    let doors = doors.as_slice();
    let columns: Vec<_> = std::thread::scope(|scope| {
        let asked = CALLERS.map(|(_, caller)| scope.spawn(move || alone(answers(caller, doors))));
        asked.map(|column| column.join().unwrap()).into()
    });
    let width = doors.iter().map(|(_, path)| path.len()).max().unwrap();
    let mut text = format!("{:<7}{:<width$}", "", "");
    CALLERS.iter().for_each(|(name, _)| write!(text, " {name:>10}").unwrap());
    for (at, (method, path)) in doors.iter().enumerate() {
        write!(text, "\n{method:<7}{path:<width$}").unwrap();
        columns.iter().for_each(|column| write!(text, " {:>10}", column[at]).unwrap());
    }
    text.push('\n');
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/coverage/doors.txt");
    if std::env::var_os("PORTCULLIS_WRITE_DOORS").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
    let changed: Vec<_> = text.lines().filter(|line| !reviewed.lines().any(|known| known == *line)).collect();
    let gone = reviewed.lines().filter(|line| !text.lines().any(|now| now == *line)).count();
    assert!(
        changed.is_empty() && gone == 0,
        "doors.txt says otherwise of {gone}; these are new or answer otherwise:\n{}\nIf that is meant, write it \
         anew as the head of this file says, and read it.",
        changed.join("\n")
    );
}

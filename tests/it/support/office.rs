//! Who asks the gate itself: people of every standing, signed in on the public host, and programs with keys.

use std::sync::Arc;

use portcullis::actions::api_key::{self, Life, Wish};
use portcullis::actions::grant::{self, NewGrant};
use portcullis::actions::invitation::{self, NewInvitations, NewPromise};
use portcullis::actions::session::{self, NewSession, Stay};
use portcullis::actions::webhook::{self, NewWebhook};
use portcullis::actions::{Actor, account, organisation};
use portcullis::actions::{account::NewPerson, entitlement};
use portcullis::app::App;
use portcullis::model::account::{Office, UserName};
use portcullis::model::api_key::KeyAudience;

use super::ask::Ask;

/// The public host of tests.
pub(crate) const GATE: &str = "gate.test";

/// Makes people and programs by the acts that operators use.
pub(crate) struct Staff(pub(crate) Arc<App>);

impl Staff {
    /// A person of this name, perhaps with an office.
    pub(crate) async fn person(&self, name: &str, office: Option<Office>) {
        let new = NewPerson {
            user_name: name.parse().unwrap(),
            email: Some(format!("{name}@example.org").parse().unwrap()),
            shown_name: name.parse().unwrap(),
            validated: true,
            office,
        };
        account::create_person(&self.0, &Actor::operator(), new).await.unwrap();
    }

    /// An organisation entitled to the platform `app`.
    pub(crate) async fn organisation(&self, slug: &str) {
        let (actor, slug) = (Actor::operator(), slug.parse().unwrap());
        organisation::create(&self.0, &actor, slug, "Name".parse().unwrap()).await.unwrap();
    }

    /// Lets an organisation use the platform `app`.
    pub(crate) async fn entitle(&self, slug: &str) {
        let (slug, platform) = (slug.parse().unwrap(), "app".parse().unwrap());
        entitlement::add(&self.0, &Actor::operator(), &slug, &platform).await.unwrap();
    }

    /// Gives somebody a role in the whole of an organisation.
    pub(crate) async fn grant(&self, name: &str, home: &str, role: &str) -> String {
        let new = NewGrant {
            account: name.parse().unwrap(),
            organisation: home.parse().unwrap(),
            role: role.parse().unwrap(),
            space: None,
            platform: None,
            starts_at: None,
            ends_at: None,
        };
        grant::add(&self.0, &Actor::operator(), new).await.unwrap().id.to_string()
    }

    /// An invitation to an organisation, as viewer.
    pub(crate) async fn invitation(&self, address: &str, home: &str) -> String {
        let promise = NewPromise {
            role: "viewer".parse().unwrap(),
            space: None,
            platform: None,
            starts_at: None,
            ends_at: None,
        };
        let (organisation, addresses) = (home.parse().unwrap(), vec![address.to_owned()]);
        let new = NewInvitations { organisation, addresses, promises: vec![promise] };
        let mut invited = invitation::invite(&self.0, &Actor::operator(), new).await.unwrap();
        invited.remove(0).outcome.unwrap().id.to_string()
    }

    /// A service account of an organisation.
    pub(crate) async fn service(&self, name: &str, home: &str) {
        let (name, home) = (name.parse::<UserName>().unwrap(), home.parse().unwrap());
        let shown = name.as_str().parse().unwrap();
        account::create_service(&self.0, &Actor::operator(), name, shown, &home).await.unwrap();
    }

    /// A key of somebody's that carries these credentials.
    pub(crate) async fn key(&self, name: &str, audience: KeyAudience, credentials: &str) -> String {
        let owner = account::by_name(&self.0, &name.parse().unwrap()).await.unwrap();
        let wish = Wish {
            name: format!("key {}", uuid::Uuid::now_v7()).parse().unwrap(),
            audience,
            credentials: vec![credentials.parse().unwrap()],
            rights: None,
            life: Life::Usual,
            networks: Vec::new(),
        };
        let made = api_key::create(&self.0, &Actor::operator(), owner.id, wish).await.unwrap();
        made.text.expose().clone()
    }

    /// A webhook of the platform `app` at this address, and a test on its way there.
    pub(crate) async fn webhook(&self, url: &str) -> (String, String) {
        let (actor, platform) = (Actor::operator(), "app".parse().unwrap());
        let new = NewWebhook { platform, url: url.parse().unwrap(), kinds: Vec::new() };
        let id = webhook::create(&self.0, &actor, new).await.unwrap().webhook.id;
        webhook::test(&self.0, &actor, id).await.unwrap();
        let sent = webhook::deliveries(&self.0, &actor, id, None, 1).await.unwrap();
        (id.to_string(), sent[0].id.to_string())
    }

    /// The cookie of a new session on the public host, of somebody who signed in just now.
    pub(crate) async fn session(&self, name: &str) -> (String, String) {
        let owner = account::by_name(&self.0, &name.parse().unwrap()).await.unwrap();
        let new = NewSession {
            account: owner.id,
            hosts: vec![GATE.into()],
            methods: vec!["pwd".into()],
            stay: Stay::Usual,
            chosen: Vec::new(),
            device: "test".to_owned(),
        };
        let begun = session::create(&self.0, &Actor::operator(), new).await.unwrap();
        (begun.tokens[0].1.expose().clone(), begun.session.id.to_string())
    }
}

/// A request to the API.
pub(crate) fn api(method: &str, path: &str) -> Ask {
    Ask::new(method, &format!("/.portcullis/api/v1{path}")).host(GATE)
}

/// The same with a body in JSON.
pub(crate) fn send(method: &str, path: &str, body: &serde_json::Value) -> Ask {
    let ask = api(method, path).header("content-type", "application/json");
    Ask { body: body.to_string().into_bytes(), ..ask }
}

impl Ask {
    /// As a browser with this session, from a page of the gate.
    pub(crate) fn signed_in(self, cookie: &str) -> Self {
        self.header("cookie", &format!("__Host-portcullis={cookie}")).header("sec-fetch-site", "same-origin")
    }
}

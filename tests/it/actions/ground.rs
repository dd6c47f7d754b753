//! An app without sockets whose clock is turned by hand, with two organisations and some people in it.

use std::sync::Arc;
use std::time::Duration;

use portcullis::actions::account::{self, NewPerson};
use portcullis::actions::api_key::{self, KeyName, Life, Made, Wish};
use portcullis::actions::grant::{self, NewGrant};
use portcullis::actions::{ActionError, Actor, Denied, Noun, Origin, Rule, Who, entitlement, organisation};
use portcullis::app::App;
use portcullis::config::Config;
use portcullis::model::account::{Account, Office};
use portcullis::model::api_key::{ApiKey, KeyAudience};
use portcullis::model::grant::Grant;
use portcullis::model::id::SessionId;
use portcullis::model::identity::Presented;
use portcullis::outbound::{Outbound, Patience};
use portcullis::store::{api_keys, standing};
use portcullis::time::ManualClock;

use crate::store::ground::{Ground, NOON};

/// The app and what it stands on.
pub(crate) struct House {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<ManualClock>,
    _ground: Ground,
}

impl House {
    /// One house on each database, with organisations `acme` and `globex`, entitled to `echo`.
    pub(crate) async fn all() -> Vec<Self> {
        let mut houses = Vec::new();
        for ground in Ground::all().await {
            let config = Config::default_for(&ground.folder, None).unwrap();
            let config = Config { store: ground.config.clone(), ..config };
            let clock = Arc::new(ManualClock::at(NOON));
            let mut app = App::open(config, clock.clone()).await.unwrap();
            let short = Duration::from_millis(500);
            app.outbound = Outbound::with(Patience { connect: short, handshake: short, whole: short });
            let house = Self { app: Arc::new(app), clock, _ground: ground };
            for slug in ["acme", "globex"] {
                let (slug, name) = (slug.parse().unwrap(), slug.parse().unwrap());
                organisation::create(&house.app, &Actor::operator(), slug, name).await.unwrap();
            }
            for slug in ["acme", "globex"] {
                let (slug, echo) = (slug.parse().unwrap(), "echo".parse().unwrap());
                entitlement::add(&house.app, &Actor::operator(), &slug, &echo).await.unwrap();
            }
            houses.push(house);
        }
        houses
    }

    /// A person with an office, or none.
    pub(crate) async fn person(&self, name: &str, office: Option<Office>) -> Account {
        let new = NewPerson {
            user_name: name.parse().unwrap(),
            email: Some(format!("{name}@example.org").parse().unwrap()),
            shown_name: name.parse().unwrap(),
            validated: true,
            office,
        };
        account::create_person(&self.app, &Actor::operator(), new).await.unwrap()
    }

    /// Tries to make a person of this name and address.
    pub(crate) async fn try_person(&self, name: &str, email: &str) -> Result<(), ActionError> {
        let new = NewPerson {
            user_name: name.parse().unwrap(),
            email: Some(email.parse().unwrap()),
            shown_name: name.parse().unwrap(),
            validated: true,
            office: None,
        };
        account::create_person(&self.app, &Actor::operator(), new).await.map(drop)
    }

    /// A person with a role in an organisation, given by the operator.
    pub(crate) async fn member(&self, name: &str, organisation: &str, role: &str) -> Account {
        let account = self.person(name, None).await;
        self.give(&Actor::operator(), &wanted(name, organisation, role)).await.unwrap();
        account
    }

    pub(crate) async fn give(&self, actor: &Actor, new: &NewGrant) -> Result<Grant, ActionError> {
        grant::add(&self.app, actor, new.clone()).await
    }

    /// The account as it acts from a session, with its standing as of now.
    pub(crate) async fn acting(&self, account: &Account) -> Actor {
        let standing = standing::load(&self.app.store, account.id).await.unwrap().unwrap();
        let presented = Presented::Session(SessionId::mint());
        Actor { who: Who::Account { standing: Arc::new(standing), presented }, origin: Origin::default() }
    }

    /// A key of an account, made by the operator.
    pub(crate) async fn key(&self, owner: &Account, credentials: &[&str]) -> ApiKey {
        let wish = Wish {
            name: format!("key {}", SessionId::mint()).parse::<KeyName>().unwrap(),
            audience: KeyAudience::Upstream,
            credentials: credentials.iter().map(|one| one.parse().unwrap()).collect(),
            rights: None,
            life: Life::Usual,
            networks: Vec::new(),
        };
        let made: Made = api_key::create(&self.app, &Actor::operator(), owner.id, wish).await.unwrap();
        made.key
    }

    /// The credentials that a key still carries; none when it is revoked.
    pub(crate) async fn carried(&self, key: &ApiKey) -> Vec<String> {
        let key = api_keys::by_id(&self.app.store, key.id).await.unwrap().unwrap();
        if key.revoked_at.is_some() {
            return Vec::new();
        }
        key.credentials.iter().map(ToString::to_string).collect()
    }
}

/// A grant without limits.
pub(crate) fn wanted(name: &str, organisation: &str, role: &str) -> NewGrant {
    NewGrant {
        account: name.parse().unwrap(),
        organisation: organisation.parse().unwrap(),
        role: role.parse().unwrap(),
        space: None,
        platform: None,
        starts_at: None,
        ends_at: None,
    }
}

#[track_caller]
pub(crate) fn denied<T: std::fmt::Debug>(outcome: Result<T, ActionError>, why: Denied) {
    assert!(matches!(&outcome, Err(ActionError::Denied(found)) if *found == why), "{outcome:?}");
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(outcome: Result<T, ActionError>, why: Rule) {
    assert!(matches!(&outcome, Err(ActionError::Refused(found)) if *found == why), "{outcome:?}");
}

#[track_caller]
pub(crate) fn missing<T: std::fmt::Debug>(outcome: Result<T, ActionError>, what: Noun) {
    assert!(matches!(&outcome, Err(ActionError::Missing(found)) if *found == what), "{outcome:?}");
}

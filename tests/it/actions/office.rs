//! A place to act in: an app on a database of its own with a clock turned by hand, one organisation with
//! two spaces, and people in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use portcullis::actions::account::{self, NewPerson};
use portcullis::actions::api_key::{self, Life, Made, Wish};
use portcullis::actions::grant::{self, NewGrant};
use portcullis::actions::password::Password;
use portcullis::actions::sign_in::{Attempt, SignInError, SignedIn, Visit, sign_in};
use portcullis::actions::{ActionError, Actor, Origin, Who, entitlement, organisation, space};
use portcullis::app::App;
use portcullis::config::{Config, Hashing};
use portcullis::model::account::Account;
use portcullis::model::api_key::KeyAudience;
use portcullis::model::id::{AccountId, SessionId};
use portcullis::model::identity::Presented;
use portcullis::model::session::Session;
use portcullis::secret::{Secret, token};
use portcullis::store::audit::{self, Recorded, Wanted};
use portcullis::store::{sessions, standing};
use portcullis::time::ManualClock;

use crate::store::ground::{Ground, NOON};

/// An app, its clock and its database.
pub(super) struct Office {
    pub(super) app: App,
    pub(super) clock: Arc<ManualClock>,
    #[expect(dead_code, reason = "the database goes when this is dropped")]
    ground: Ground,
}

impl Office {
    /// One on every kind of database, with organisations `acme` and `other` entitled to `echo`.
    pub(super) async fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for ground in Ground::all().await {
            let office = Self::bare(ground, |_| {}).await;
            for slug in ["acme", "other"] {
                let actor = Actor::operator();
                let organisation = slug.parse().unwrap();
                organisation::create(&office.app, &actor, organisation, slug.parse().unwrap()).await.unwrap();
                let (slug, echo) = (slug.parse().unwrap(), "echo".parse().unwrap());
                entitlement::add(&office.app, &actor, &slug, &echo).await.unwrap();
            }
            let (acme, lab) = ("acme".parse().unwrap(), "lab".parse().unwrap());
            let shown = "Lab".parse().unwrap();
            space::create(&office.app, &Actor::operator(), &acme, lab, shown).await.unwrap();
            all.push(office);
        }
        all
    }

    /// One without anything in it.
    pub(super) async fn bare(ground: Ground, change: impl FnOnce(&mut Config)) -> Self {
        let clock = Arc::new(ManualClock::at(NOON));
        let mut config = Config::default_for(&ground.folder, None).unwrap();
        config.store = ground.config.clone();
        config.hashing = Hashing { memory_kib: 12_288, passes: 3, ..config.hashing };
        change(&mut config);
        let app = App::open(config, clock.clone()).await.unwrap();
        Self { app, clock, ground }
    }

    /// The same data opened anew, as another process would.
    pub(super) async fn again(&self) -> App {
        App::open((**self.app.config.load()).clone(), self.clock.clone()).await.unwrap()
    }

    pub(super) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// A person without grants.
    pub(super) async fn person(&self, name: &str) -> Account {
        account::create_person(&self.app, &Actor::operator(), newcomer(name)).await.unwrap()
    }

    /// A person with [`PASSWORD`].
    pub(super) async fn guarded(&self, name: &str) -> Account {
        let account = self.person(name).await;
        let new = password(PASSWORD);
        portcullis::actions::password::set(&self.app, &Actor::operator(), &account.user_name, new)
            .await
            .unwrap();
        account
    }

    /// Tries to sign in from an address of its own, so that no source runs out of its budget.
    pub(super) async fn try_in(
        &self,
        name: &str,
        password: &str,
        browser: Option<&Secret<String>>,
    ) -> Result<SignedIn, SignInError> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let address = std::net::Ipv4Addr::from_bits(0x0a00_0000 + COUNT.fetch_add(1, Ordering::SeqCst));
        let origin = Origin { address: Some(address.into()), request: None, language: None };
        sign_in(&self.app, origin, attempt(name, password, browser)).await
    }

    /// Signs a guarded person in.
    pub(super) async fn sign_in(&self, name: &str, browser: Option<&Secret<String>>) -> SignedIn {
        self.try_in(name, PASSWORD, browser).await.unwrap()
    }

    /// A person with a role in the whole of an organisation.
    pub(super) async fn member(&self, name: &str, organisation: &str, role: &str) -> Account {
        let account = self.person(name).await;
        self.grant(name, organisation, role, None).await;
        account
    }

    pub(super) async fn service(&self, name: &str, organisation: &str) -> Account {
        let (name, shown) = (name.parse().unwrap(), name.parse().unwrap());
        let organisation = organisation.parse().unwrap();
        account::create_service(&self.app, &Actor::operator(), name, shown, &organisation).await.unwrap()
    }

    pub(super) async fn grant(&self, name: &str, organisation: &str, role: &str, space: Option<&str>) {
        let new = NewGrant {
            account: name.parse().unwrap(),
            organisation: organisation.parse().unwrap(),
            role: role.parse().unwrap(),
            space: space.map(|space| space.parse().unwrap()),
            platform: None,
            starts_at: None,
            ends_at: None,
        };
        grant::add(&self.app, &Actor::operator(), new).await.unwrap();
    }

    /// The account as somebody who is signed in.
    pub(super) async fn signed_in(&self, account: &Account) -> Actor {
        self.presenting(account, Presented::Session(SessionId::mint())).await
    }

    pub(super) async fn presenting(&self, account: &Account, presented: Presented) -> Actor {
        let standing = Arc::new(standing::load(&self.app.store, account.id).await.unwrap().unwrap());
        Actor { who: Who::Account { standing, presented }, origin: Origin::default() }
    }

    /// A key of the operator's making.
    pub(super) async fn key(&self, owner: AccountId, name: &str, credentials: &[&str]) -> Made {
        let wish = wish(name, credentials);
        api_key::create(&self.app, &Actor::operator(), owner, wish).await.unwrap()
    }

    /// The newest entries of the audit trail, newest first.
    pub(super) async fn trail(&self, limit: u32) -> Vec<Recorded> {
        audit::list(&self.app.store, Wanted { limit, ..Wanted::default() }).await.unwrap()
    }
}

pub(super) fn newcomer(name: &str) -> NewPerson {
    NewPerson {
        user_name: name.parse().unwrap(),
        email: Some(format!("{name}@example.org").parse().unwrap()),
        shown_name: name.parse().unwrap(),
        validated: true,
        office: None,
    }
}

/// A password of the right length.
pub(super) fn password(text: &str) -> Password {
    Password::parse(&Secret::new(text.to_owned())).unwrap()
}

/// The password of guarded people.
pub(super) const PASSWORD: &str = "four tepid gondolas argue";

/// What is typed in a browser.
pub(super) fn attempt(name: &str, password: &str, browser: Option<&Secret<String>>) -> Attempt {
    Attempt {
        name: name.to_owned(),
        password: Secret::new(password.to_owned()),
        remember: false,
        browser: browser.map(same),
        device: "test".to_owned(),
    }
}

/// The same secret once more.
pub(super) fn same(text: &Secret<String>) -> Secret<String> {
    Secret::new(text.expose().clone())
}

/// The session of a token on the public host, if it has one.
pub(super) async fn found(office: &Office, text: &Secret<String>) -> Option<Session> {
    let digest = token::session_digest(text.expose().as_bytes());
    sessions::by_token(&office.app.store, &digest).await.unwrap()
}

/// A browser that was never here.
pub(super) fn visit() -> Visit {
    Visit { browser: None, device: "test".to_owned(), remember: false }
}

/// A wish for upstreams of the usual life.
pub(super) fn wish(name: &str, credentials: &[&str]) -> Wish {
    Wish {
        name: name.parse().unwrap(),
        audience: KeyAudience::Upstream,
        credentials: credentials.iter().map(|one| one.parse().unwrap()).collect(),
        rights: None,
        life: Life::Usual,
        networks: Vec::new(),
    }
}

/// Why an act was refused.
pub(super) fn refusal<T>(done: Result<T, ActionError>) -> ActionError {
    done.err().expect("the act is refused")
}

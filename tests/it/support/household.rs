//! Who lives behind the gate in tests: the organisation `home`, entitled to the platform `app`; Ada, who
//! may view it; and as many keys and sessions as a test asks for. Written straight into the store, with
//! the consequences that actions note.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use portcullis::actions::Actor;
use portcullis::actions::api_key::import::{Batch, import};
use portcullis::actions::api_key::{Life, Wish};
use portcullis::actions::keyring::rotate;
use portcullis::actions::password::{self, Password};
use portcullis::app::App;
use portcullis::model::account::{Account, AccountKind, AccountStatus};
use portcullis::model::api_key::{ApiKey, KeyAudience, KeyId, KeyKind, KeyLocator};
use portcullis::model::change::Change;
use portcullis::model::grant::Grant;
use portcullis::model::id::{AccountId, GrantId, OrganisationId, SessionId, SpaceId};
use portcullis::model::key_text::{self, KeyShape};
use portcullis::model::organisation::{Organisation, OrganisationStatus, Space};
use portcullis::model::session::Session;
use portcullis::secret::keyring::{Haste, Part};
use portcullis::secret::{Secret, token};
use portcullis::store::sessions::HostToken;
use portcullis::store::{
    Tx, accounts, api_keys, entitlements, grants, imported_keys, memberships, organisations, sessions, spaces,
};

static COUNT: AtomicU32 = AtomicU32::new(1);

/// The people of one gateway.
pub(crate) struct Household {
    app: Arc<App>,
    organisation: OrganisationId,
}

impl Household {
    /// Moves in: the organisation, its space, its entitlement and Ada.
    pub(crate) async fn of(app: Arc<App>) -> Self {
        let now = app.clock.now();
        let home = Organisation {
            id: OrganisationId::mint(),
            slug: "home".parse().unwrap(),
            name: "Home".into(),
            status: OrganisationStatus::Open,
            created_at: now,
        };
        let general = Space {
            id: SpaceId::mint(),
            organisation: home.id,
            slug: "general".parse().unwrap(),
            name: "General".into(),
            created_at: now,
        };
        let mut tx = app.store.begin().await.unwrap();
        organisations::insert(&mut tx, &home).await.unwrap();
        spaces::insert(&mut tx, &general).await.unwrap();
        entitlements::insert(&mut tx, home.id, &"app".parse().unwrap(), now).await.unwrap();
        tx.change(Change::Organisation(home.id));
        app.commit(tx).await.unwrap();
        let household = Self { app, organisation: home.id };
        household.resident("ada", "viewer").await;
        household
    }

    /// What the gateway stands on, for acts that no page does.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// Gives somebody a password, as the operator does.
    pub(crate) async fn password(&self, name: &str, text: &str) {
        let new = Password::parse(&Secret::new(text.to_owned())).unwrap();
        password::set(&self.app, &Actor::operator(), &name.parse().unwrap(), new).await.unwrap();
    }

    /// Keys of Ada's that other programs made, or hashes of them, one a line.
    pub(crate) async fn import(&self, lines: &[&str]) {
        let ada = accounts::by_user_name(&self.app.store, &"ada".parse().unwrap()).await.unwrap().unwrap();
        let wish = Wish {
            name: "imported".parse().unwrap(),
            audience: KeyAudience::Upstream,
            credentials: vec!["app/home/general/viewer".parse().unwrap()],
            rights: None,
            life: Life::Longest,
            networks: Vec::new(),
        };
        let lines = lines.iter().map(|line| Secret::new((*line).to_owned())).collect();
        let batch = Batch { owner: ada.id, wish, lines };
        import(&self.app, &Actor::operator(), &batch, &|_| {}).await.unwrap();
    }

    /// Renews the pepper.
    pub(crate) async fn rotate_pepper(&self) {
        rotate(&self.app, &Actor::operator(), Part::Pepper, Haste::Orderly).await.unwrap();
    }

    /// Whether any key is still known by a foreign hash only.
    pub(crate) async fn any_hashed(&self) -> bool {
        imported_keys::any_hashed(&self.app.store).await.unwrap()
    }

    /// A person of this name with a grant of this role in the whole organisation.
    pub(crate) async fn resident(&self, name: &str, role: &str) -> AccountId {
        let now = self.app.clock.now();
        let account = Account {
            id: AccountId::mint(),
            user_name: name.parse().unwrap(),
            email: Some(format!("{name}@example.org").into()),
            display_name: name.into(),
            validated: true,
            kind: AccountKind::Person,
            status: AccountStatus::Active,
            office: None,
            created_at: now,
        };
        let grant = Grant {
            id: GrantId::mint(),
            account: account.id,
            organisation: self.organisation,
            space: None,
            role: role.parse().unwrap(),
            platform: None,
            starts_at: None,
            ends_at: None,
            granted_by: None,
            created_at: now,
        };
        let mut tx = self.begin().await;
        accounts::insert(&mut tx, &account).await.unwrap();
        memberships::ensure(&mut tx, account.id, self.organisation, now).await.unwrap();
        grants::insert(&mut tx, &grant).await.unwrap();
        tx.change(Change::Account(account.id));
        self.app.commit(tx).await.unwrap();
        account.id
    }

    /// Another space, in which everybody with a grant in the whole organisation may work too.
    pub(crate) async fn space(&self, slug: &str) {
        let space = Space {
            id: SpaceId::mint(),
            organisation: self.organisation,
            slug: slug.parse().unwrap(),
            name: slug.into(),
            created_at: self.app.clock.now(),
        };
        let mut tx = self.begin().await;
        spaces::insert(&mut tx, &space).await.unwrap();
        tx.change(Change::Organisation(self.organisation));
        self.app.commit(tx).await.unwrap();
    }

    async fn begin(&self) -> Tx {
        self.app.store.begin().await.unwrap()
    }

    async fn account(&self, name: &str) -> AccountId {
        accounts::by_user_name(&self.app.store, &name.parse().unwrap()).await.unwrap().unwrap().id
    }

    /// A key of somebody's for the platform `app` in this role.
    pub(crate) async fn key(&self, name: &str, role: &str, lifetime: Option<Duration>) -> String {
        let now = self.app.clock.now();
        let (id, text) = key_text::compose(KeyKind::Personal, &token::random_secret());
        let (digest, pepper) = self.app.keyring.load().digest(text.expose().as_bytes());
        let key = ApiKey {
            id,
            kind: KeyKind::Personal,
            account: self.account(name).await,
            name: format!("key {}", COUNT.fetch_add(1, Ordering::SeqCst)).into(),
            digest,
            pepper,
            audience: KeyAudience::Upstream,
            credentials: vec![format!("app/home/general/{role}").parse().unwrap()],
            rights: None,
            networks: Vec::new(),
            created_at: now,
            expires_at: lifetime.map(|lifetime| now.plus(lifetime)),
            revoked_at: None,
            last_used_at: None,
            replaces: None,
        };
        let mut tx = self.begin().await;
        api_keys::insert(&mut tx, &key).await.unwrap();
        tx.change(Change::Key(KeyLocator::Native(id)));
        self.app.commit(tx).await.unwrap();
        text.expose().clone()
    }

    /// Makes a key of Ada's as one for the gate's own API, which no person's ever is.
    pub(crate) async fn key_for_api(&self) -> String {
        let text = self.key("ada", "viewer", None).await;
        let found = api_keys::by_id(&self.app.store, id_of(&text)).await.unwrap().unwrap();
        let (id, other) = key_text::compose(KeyKind::Service, &token::random_secret());
        let (digest, pepper) = self.app.keyring.load().digest(other.expose().as_bytes());
        let (kind, audience) = (KeyKind::Service, KeyAudience::Api);
        let key = ApiKey { id, kind, audience, digest, pepper, name: "for the API".into(), ..found };
        let mut tx = self.begin().await;
        api_keys::insert(&mut tx, &key).await.unwrap();
        tx.change(Change::Key(KeyLocator::Native(id)));
        self.app.commit(tx).await.unwrap();
        other.expose().clone()
    }

    pub(crate) async fn revoke(&self, text: &str) {
        let id = id_of(text);
        let mut tx = self.begin().await;
        api_keys::revoke(&mut tx, id, self.app.clock.now()).await.unwrap();
        tx.change(Change::Key(KeyLocator::Native(id)));
        self.app.commit(tx).await.unwrap();
    }

    pub(crate) async fn suspend(&self, name: &str) {
        let account = self.account(name).await;
        let mut tx = self.begin().await;
        let now = self.app.clock.now();
        accounts::set_status(&mut tx, account, AccountStatus::Suspended, now).await.unwrap();
        tx.change(Change::Account(account));
        self.app.commit(tx).await.unwrap();
    }

    pub(crate) async fn take_grants(&self, name: &str) {
        let account = self.account(name).await;
        let held = grants::of_account(&self.app.store, account).await.unwrap();
        let mut tx = self.begin().await;
        for grant in held {
            grants::remove(&mut tx, self.organisation, grant.id).await.unwrap();
        }
        tx.change(Change::Account(account));
        self.app.commit(tx).await.unwrap();
    }

    /// The cookie of a new session of Ada's on this host.
    pub(crate) async fn session(&self, host: &str) -> String {
        let now = self.app.clock.now();
        let config = self.app.config.load();
        let session = Session {
            id: SessionId::mint(),
            account: self.account("ada").await,
            created_at: now,
            authenticated_at: now,
            methods: vec!["pwd".into()],
            last_seen_at: now,
            idle: config.sessions.idle,
            ends_at: now.plus(config.sessions.absolute),
            ended_at: None,
            chosen: Vec::new(),
            host: host.into(),
            device: "test".into(),
            address: None,
        };
        let text = token::mint_session_token();
        let digest = token::session_digest(text.expose().as_bytes());
        let mut tx = self.begin().await;
        sessions::insert(&mut tx, &session).await.unwrap();
        sessions::add_host(&mut tx, &HostToken { session: session.id, host, digest }, now).await.unwrap();
        tx.change(Change::Session(session.id));
        self.app.commit(tx).await.unwrap();
        text.expose().clone()
    }

    pub(crate) async fn end_sessions(&self, name: &str) {
        let account = self.account(name).await;
        let mut tx = self.begin().await;
        let ended = sessions::end_all_of(&mut tx, account, None, self.app.clock.now()).await.unwrap();
        ended.into_iter().for_each(|id| tx.change(Change::Session(id)));
        self.app.commit(tx).await.unwrap();
    }
}

fn id_of(text: &str) -> KeyId {
    match key_text::parse(text.as_bytes()) {
        KeyShape::Native { id, .. } => id,
        _ => panic!("{text} is no key of ours"),
    }
}

/// A key of the same public id with another secret, well formed.
pub(crate) fn with_another_secret(text: &str) -> String {
    let (_, other) = key_text::compose(KeyKind::Personal, &token::random_secret());
    let mut forged = text[..16].to_owned() + &other.expose()[16..48];
    let mut rest = u64::from(crc32fast::hash(forged.as_bytes()));
    let mut check = Vec::new();
    for _ in 0..6 {
        let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        check.push(char::from(digits[(rest % 62) as usize]));
        rest /= 62;
    }
    forged.extend(check.iter().rev());
    assert_eq!(id_of(&forged), id_of(text));
    forged
}

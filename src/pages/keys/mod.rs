//! A person's own keys: the list of them, making one, and each of them to be rotated or revoked. Nobody
//! makes a key for anybody but themselves (K13).

pub mod list;
pub mod made;
pub mod new;
pub mod one;

use super::frame::{Frame, When};
use super::profile::shown;
use super::used::Used;
use super::visit::{SignedIn, Stop};
use crate::actions::{ActionError, Noun, api_key as act};
use crate::config::Config;
use crate::model::api_key::{ApiKey, KeyId, KeyKind};
use crate::model::role::{Permission, Permissions};
use crate::time::Timestamp;
use crate::web::problem_of;

/// The list of keys.
pub const PATH: &str = "/.portcullis/keys";

/// A key that ends within so many seconds is marked.
const SOON: u64 = 14 * 86_400;

/// A key as pages show it.
pub struct Shown {
    id: String,
    name: String,
    /// What the key begins with; nothing for one that was made elsewhere.
    start: String,
    credentials: Vec<String>,
    /// `None` is all of the role.
    rights: Option<Vec<&'static str>>,
    networks: Vec<String>,
    created: When,
    used: Used,
    ends: Option<When>,
    ends_soon: bool,
    state: State,
    /// The name of the key that takes its place.
    successor: Option<String>,
    /// Whether it was used since there is a successor.
    still_used: bool,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Works,
    BeingReplaced,
    Revoked,
    Expired,
}

impl State {
    fn of(key: &ApiKey, now: Timestamp) -> Self {
        match (key.is_live(now), key.revoked_at) {
            (true, None) => Self::Works,
            (true, Some(_)) => Self::BeingReplaced,
            (false, Some(at)) if at <= now => Self::Revoked,
            (false, _) => Self::Expired,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Works => "key-works",
            Self::BeingReplaced => "key-being-replaced",
            Self::Revoked => "key-revoked",
            Self::Expired => "key-expired",
        }
    }

    const fn colour(self) -> &'static str {
        match self {
            Self::Works => "good",
            Self::BeingReplaced => "warn",
            Self::Revoked | Self::Expired => "bad",
        }
    }

    const fn may_be_replaced(self) -> bool {
        matches!(self, Self::Works)
    }

    const fn is_live(self) -> bool {
        matches!(self, Self::Works | Self::BeingReplaced)
    }
}

/// The words for a right.
const fn right(permission: Permission) -> &'static str {
    match permission {
        Permission::View => "right-view",
        Permission::Simulate => "right-simulate",
        Permission::Manage => "right-manage",
        Permission::Feed => "right-feed",
    }
}

fn rights(permissions: Permissions) -> Vec<&'static str> {
    let held = Permission::ALL.into_iter().filter(|(permission, _)| permissions.has(*permission));
    held.map(|(permission, _)| right(permission)).collect()
}

/// Shows a key, among all keys of its owner.
fn show(key: &ApiKey, all: &[ApiKey], signed_in: &SignedIn, config: &Config) -> Shown {
    let (app, now) = (&signed_in.visit.app, signed_in.visit.app.clock.now());
    let used = app.last_used.keys.unwritten(&key.id).max(key.last_used_at);
    let successor = all.iter().find(|other| other.replaces == Some(key.id));
    let state = State::of(key, now);
    Shown {
        id: key.id.to_string(),
        name: key.name.to_string(),
        start: match key.kind {
            KeyKind::Personal => format!("pck_{}…", key.id),
            KeyKind::Service => format!("pcs_{}…", key.id),
            KeyKind::Imported => String::new(),
        },
        credentials: key.credentials.iter().map(|one| shown(one, config)).collect(),
        rights: key.rights.map(rights),
        networks: key.networks.iter().map(ToString::to_string).collect(),
        created: When(key.created_at),
        used: Used::of(used, now),
        ends: key.ends_at().map(When),
        ends_soon: state.is_live() && key.ends_at().is_some_and(|end| end.since(now).as_secs() < SOON),
        state,
        successor: successor.map(|key| key.name.to_string()),
        still_used: state.is_live()
            && successor.is_some_and(|new| used.is_some_and(|at| at > new.created_at)),
    }
}

/// All keys of the person.
async fn own(signed_in: &SignedIn) -> Result<Vec<ApiKey>, Stop> {
    let visit = &signed_in.visit;
    let own = signed_in.person.session.account;
    visit.or_say(act::list(&visit.app, &signed_in.actor(), own).await)
}

/// The key of an id among those of the person.
fn among<'k>(keys: &'k [ApiKey], id: &str, signed_in: &SignedIn) -> Result<&'k ApiKey, Stop> {
    let id = KeyId::from_ascii(id.as_bytes());
    let missing = || signed_in.visit.say(&problem_of::action(&ActionError::Missing(Noun::Key))).into();
    keys.iter().find(|key| Some(key.id) == id).ok_or_else(missing)
}

impl Frame {
    /// Several messages of the catalogue, one after the other.
    pub(super) fn list(&self, ids: &[&str]) -> String {
        ids.iter().map(|id| self.t(id)).collect::<Vec<_>>().join(", ")
    }
}

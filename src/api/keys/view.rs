//! A key as it is shown: everything but the key.

use serde::Serialize;
use utoipa::ToSchema;

use super::super::call::Outcome;
use super::super::texts::{CredentialsText, KeyIdText, MomentText, NetworkText, UserNameText};
use super::AudienceWord;
use crate::actions::account;
use crate::app::App;
use crate::model::api_key::{ApiKey, KeyAudience, KeyKind};
use crate::time::Timestamp;

/// Who a key stands for.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKindWord {
    /// A person's.
    Personal,
    /// A service account's.
    Service,
    /// Made elsewhere and imported.
    Imported,
}

/// How a key is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// It works.
    Live,
    /// It works until its successor takes over.
    Ending,
    /// It was revoked.
    Revoked,
    /// Its time is over.
    Expired,
}

/// A key.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyView {
    /// Its public id.
    pub id: KeyIdText,
    /// Whose it is.
    pub account: UserNameText,
    /// Its name.
    pub name: String,
    /// Who it stands for.
    pub kind: KeyKindWord,
    /// What it is for.
    pub audience: AudienceWord,
    /// How it is.
    pub state: KeyState,
    /// What it carries.
    pub credentials: Vec<CredentialsText>,
    /// Rights within the role; `null` is all of it.
    pub rights: Option<Vec<String>>,
    /// Where it works from; nothing is anywhere.
    pub networks: Vec<NetworkText>,
    /// When it was made.
    pub created_at: MomentText,
    /// When it ceases to work, as far as that is known.
    pub ends_at: Option<MomentText>,
    /// When it was last used, at minute precision.
    pub last_used_at: Option<MomentText>,
    /// The key that it replaces.
    pub replaces: Option<KeyIdText>,
}

impl KeyView {
    /// A key, with its owner's name.
    pub async fn of(app: &App, key: &ApiKey) -> Outcome<Self> {
        let owner = account::by_id(app, key.account).await?;
        Ok(Self {
            id: KeyIdText(key.id),
            account: UserNameText(owner.user_name),
            name: key.name.to_string(),
            kind: match key.kind {
                KeyKind::Personal => KeyKindWord::Personal,
                KeyKind::Service => KeyKindWord::Service,
                KeyKind::Imported => KeyKindWord::Imported,
            },
            audience: match key.audience {
                KeyAudience::Upstream => AudienceWord::Upstream,
                KeyAudience::Api => AudienceWord::Api,
            },
            state: state(key, app.clock.now()),
            credentials: key.credentials.iter().cloned().map(CredentialsText).collect(),
            rights: key.rights.map(|rights| rights.words().map(ToOwned::to_owned).collect()),
            networks: key.networks.iter().copied().map(NetworkText).collect(),
            created_at: MomentText(key.created_at),
            ends_at: key.ends_at().map(MomentText),
            last_used_at: key.last_used_at.map(MomentText),
            replaces: key.replaces.map(KeyIdText),
        })
    }
}

fn state(key: &ApiKey, now: Timestamp) -> KeyState {
    match (key.is_live(now), key.revoked_at) {
        (true, None) => KeyState::Live,
        (true, Some(_)) => KeyState::Ending,
        (false, Some(at)) if at <= now => KeyState::Revoked,
        (false, _) => KeyState::Expired,
    }
}

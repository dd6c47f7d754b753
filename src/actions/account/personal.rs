//! Everything that is kept about one account, for the person it belongs to: facts, never a secret.

use serde::Serialize;

use super::super::actor::Actor;
use super::super::audit::Line;
use super::super::error::ActionError;
use super::{by_name, subject};
use crate::app::App;
use crate::model::account::{Account, AccountKind, Office, UserName};
use crate::model::api_key::ApiKey;
use crate::model::session::Session;
use crate::store::audit::{self, Filter};
use crate::store::{api_keys, grants, memberships, organisations, sessions};

/// Entries read at once.
const PAGE: u32 = 500;

/// Everything that is kept about one account. Times are RFC 3339 in UTC.
#[derive(Debug, Serialize)]
pub struct PersonalData {
    /// When this was put together.
    pub made_at: String,
    /// The account.
    pub account: AccountFacts,
    /// Organisations it belongs to, by slug.
    pub organisations: Vec<String>,
    /// What it was given.
    pub grants: Vec<GrantFacts>,
    /// Its keys; the keys themselves are kept nowhere.
    pub keys: Vec<KeyFacts>,
    /// Its sessions, ended ones too as long as they are kept.
    pub sessions: Vec<SessionFacts>,
    /// What it did and what was done to it.
    pub audit: Vec<Line>,
}

/// The row of an account.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "each name says what it is")]
pub struct AccountFacts {
    pub id: String,
    pub user_name: String,
    pub display_name: String,
    pub email: Option<String>,
    pub validated: bool,
    pub kind: &'static str,
    pub status: &'static str,
    pub office: Option<&'static str>,
    pub created_at: String,
}

/// A grant.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "each name says what it is")]
pub struct GrantFacts {
    pub organisation: String,
    pub space: Option<String>,
    pub role: String,
    pub platform: Option<String>,
    pub starts_at: Option<String>,
    pub ends_at: Option<String>,
}

/// A key.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "each name says what it is")]
pub struct KeyFacts {
    pub id: String,
    pub kind: &'static str,
    pub name: String,
    pub credentials: Vec<String>,
    pub networks: Vec<String>,
    pub created_at: String,
    pub expires_at: Option<String>,
    pub revoked_at: Option<String>,
    pub last_used_at: Option<String>,
}

/// A session.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "each name says what it is")]
pub struct SessionFacts {
    pub id: String,
    pub device: String,
    pub address: Option<String>,
    pub methods: Vec<String>,
    pub chosen: Vec<String>,
    pub created_at: String,
    pub last_seen_at: String,
    pub ends_at: String,
    pub ended_at: Option<String>,
}

/// Puts together what is kept about an account: for the person itself, and for administrators.
///
/// # Errors
/// `Denied` for everybody else, `Missing`.
pub async fn personal_data(app: &App, actor: &Actor, name: &UserName) -> Result<PersonalData, ActionError> {
    actor.needs_person()?;
    let account = by_name(app, name).await;
    let own = account.as_ref().is_ok_and(|account| actor.account() == Some(account.id));
    let mut tx = app.store.begin().await?;
    if !own {
        actor.administers(&mut tx).await?;
    }
    let account = account?;
    tx.audit(actor.entry("account.exported", subject(&account)));
    app.commit(tx).await?;
    gathered(app, &account).await
}

async fn gathered(app: &App, account: &Account) -> Result<PersonalData, ActionError> {
    let wanted = grants::Wanted { account: Some(account.id), organisation: None };
    let mut homes = Vec::new();
    for home in memberships::of_account(&app.store, account.id).await? {
        let home = organisations::by_id(&app.store, home).await?;
        homes.extend(home.map(|home| home.slug.to_string()));
    }
    let filter = Filter { about: Some(account.id), ..Filter::default() };
    let (mut lines, mut after) = (Vec::new(), 0);
    loop {
        let page = audit::after(&app.store, after, &filter, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        lines.extend(page.into_iter().map(Line::from));
    }
    Ok(PersonalData {
        made_at: app.clock.now().to_string(),
        account: AccountFacts::from(account),
        organisations: homes,
        grants: grants::named(&app.store, wanted).await?.iter().map(GrantFacts::from).collect(),
        keys: api_keys::of_account(&app.store, account.id).await?.iter().map(KeyFacts::from).collect(),
        sessions: sessions::all_of(&app.store, account.id).await?.iter().map(SessionFacts::from).collect(),
        audit: lines,
    })
}

impl From<&Account> for AccountFacts {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.to_string(),
            user_name: account.user_name.to_string(),
            display_name: account.display_name.to_string(),
            email: account.email.as_deref().map(ToOwned::to_owned),
            validated: account.validated,
            kind: match account.kind {
                AccountKind::Person => "person",
                AccountKind::Service(_) => "service",
            },
            status: account.status.as_str(),
            office: account.office.map(Office::as_str),
            created_at: account.created_at.to_string(),
        }
    }
}

impl From<&grants::Named> for GrantFacts {
    fn from(grant: &grants::Named) -> Self {
        Self {
            organisation: grant.organisation.to_string(),
            space: grant.space.as_ref().map(ToString::to_string),
            role: grant.role.to_string(),
            platform: grant.platform.as_ref().map(ToString::to_string),
            starts_at: grant.starts_at.map(|at| at.to_string()),
            ends_at: grant.ends_at.map(|at| at.to_string()),
        }
    }
}

impl From<&ApiKey> for KeyFacts {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            kind: key.kind.as_str(),
            name: key.name.to_string(),
            credentials: key.credentials.iter().map(ToString::to_string).collect(),
            networks: key.networks.iter().map(ToString::to_string).collect(),
            created_at: key.created_at.to_string(),
            expires_at: key.expires_at.map(|at| at.to_string()),
            revoked_at: key.revoked_at.map(|at| at.to_string()),
            last_used_at: key.last_used_at.map(|at| at.to_string()),
        }
    }
}

impl From<&Session> for SessionFacts {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id.to_string(),
            device: session.device.to_string(),
            address: session.address.map(|address| address.to_string()),
            methods: session.methods.iter().map(ToString::to_string).collect(),
            chosen: session.chosen.iter().map(ToString::to_string).collect(),
            created_at: session.created_at.to_string(),
            last_seen_at: session.last_seen_at.to_string(),
            ends_at: session.ends_at.to_string(),
            ended_at: session.ended_at.map(|at| at.to_string()),
        }
    }
}

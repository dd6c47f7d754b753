//! Acts on keys: made by their owner, shown once, rotated with an overlap, revoked for good. `import`
//! takes in keys made elsewhere, `report` takes back keys that leaked.

pub mod import;
mod notices;
pub mod report;
mod view;
mod wish;

use std::time::Duration;

pub use notices::tell_of_expiry;
pub use view::{choices, list, page, show};
pub use wish::{KeyName, KeyRule, Life, Wish};

use super::actor::{Actor, Place, Who};
use super::error::{ActionError, Denied, Noun};
use super::events::{self, Event};
use crate::app::App;
use crate::model::account::{Account, AccountKind};
use crate::model::api_key::{ApiKey, KeyAudience, KeyId};
use crate::model::change::Change;
use crate::model::grant::Standing;
use crate::model::id::AccountId;
use crate::model::key_text;
use crate::secret::{Secret, token};
use crate::store::{Tx, accounts, api_keys, organisations, standing};
use crate::time::Timestamp;

/// A key that was just made: the only moment its text is known.
pub struct Made {
    /// As stored.
    pub key: ApiKey,
    /// What its owner keeps.
    pub text: Secret<String>,
    /// When the key it replaces stops working.
    pub previous_ends: Option<Timestamp>,
}

/// How long a replaced key goes on working beside its successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// Not at all: it leaked.
    None,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// Seven days.
    Week,
}

impl Overlap {
    /// As a length of time.
    pub const fn length(self) -> Duration {
        const HOUR: u64 = 3600;
        Duration::from_secs(match self {
            Self::None => 0,
            Self::Hour => HOUR,
            Self::Day => 24 * HOUR,
            Self::Week => 7 * 24 * HOUR,
        })
    }
}

/// Makes a key. People make their own; managers and administrators make those of service accounts; the
/// operator makes anybody's (K13: an account never gets a key because a request named it).
///
/// # Errors
/// When the actor may not, the wish breaks a rule, or the store does not answer.
pub async fn create(app: &App, actor: &Actor, owner: AccountId, wish: Wish) -> Result<Made, ActionError> {
    let mut tx = app.store.begin().await?;
    let made = create_in(app, actor, &mut tx, (owner, wish)).await?;
    app.commit(tx).await?;
    Ok(made)
}

/// [`create`] inside a transaction that holds more.
pub(super) async fn create_in(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    (owner, wish): (AccountId, Wish),
) -> Result<Made, ActionError> {
    let owner = held_owner(app, actor, tx, owner).await?;
    let made = compose(app, &owner, &wish, None)?;
    insert(app, tx, &made.key).await?;
    note(actor, tx, "key.created", (&made.key, &wish, &owner));
    Ok(made)
}

/// Makes a successor with the same settings; the old key ends after the overlap. Credentials that the
/// owner no longer holds are not carried over.
///
/// # Errors
/// As [`create`]; [`KeyRule::Ended`] or [`KeyRule::Replaced`] for a key that is past that.
pub async fn rotate(app: &App, actor: &Actor, id: KeyId, overlap: Overlap) -> Result<Made, ActionError> {
    let missing = || ActionError::Missing(Noun::Key);
    let now = app.clock.now();
    let found = api_keys::by_id(&app.store, id).await?.ok_or_else(missing)?;
    let mut tx = app.store.begin().await?;
    // The owner's row comes before the key's, as wherever both are taken.
    let owner = held_owner(app, actor, &mut tx, found.account).await.map_err(|error| match error {
        ActionError::Denied(Denied::NotOwner | Denied::NotManager) => missing(),
        other => other,
    })?;
    let old = api_keys::hold(&mut tx, id).await?.ok_or_else(missing)?;
    if !old.is_live(now) {
        return Err(KeyRule::Ended.into());
    }
    if old.revoked_at.is_some() {
        return Err(KeyRule::Replaced.into());
    }
    let wish = successor(&old, &owner, app);
    let ends = old.ends_at().map_or(now.plus(overlap.length()), |end| end.min(now.plus(overlap.length())));
    api_keys::revoke(&mut tx, old.id, ends).await?;
    tx.change(Change::Key(old.locator()));
    events::note(app, &mut tx, Event::KeysRevoked(old.account, &[old.id], ends)).await?;
    let made = compose(app, &owner, &wish, Some((old.id, ends)))?;
    insert(app, &mut tx, &made.key).await?;
    note(actor, &mut tx, "key.rotated", (&made.key, &wish, &owner));
    app.commit(tx).await?;
    Ok(made)
}

/// Ends a key at once. Whether it was still working. Owners end their own keys, managers those that carry
/// nothing but credentials of their organisations, administrators any.
///
/// # Errors
/// [`ActionError::Missing`] also for keys that the actor may not end.
pub async fn revoke(app: &App, actor: &Actor, id: KeyId) -> Result<bool, ActionError> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let key = api_keys::hold(&mut tx, id).await?.ok_or(ActionError::Missing(Noun::Key))?;
    may_end(app, actor, &mut tx, &key).await?;
    if !key.is_live(now) || !api_keys::revoke(&mut tx, id, now).await? {
        return Ok(false);
    }
    tx.change(Change::Key(key.locator()));
    events::note(app, &mut tx, Event::KeysRevoked(key.account, &[id], now)).await?;
    let mut entry = actor.entry("key.revoked", format!("key {id}"));
    entry.detail = format!("account={}", key.account);
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(true)
}

/// Takes the owner's row, so that rights cannot change until the transaction ends, and lets only those
/// pass who may make keys for this owner.
async fn held_owner(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    owner: AccountId,
) -> Result<Standing, ActionError> {
    actor.needs_person()?;
    let account = accounts::hold(tx, owner).await?.ok_or(ActionError::Missing(Noun::Account))?;
    match (&actor.who, account.kind) {
        (Who::Operator | Who::Gate, _) => {}
        (Who::Account { .. }, _) if actor.account() == Some(account.id) => {}
        (Who::Account { .. }, AccountKind::Service(organisation)) => {
            actor.manages(app, tx, Place::whole(organisation)).await?;
        }
        (Who::Account { .. }, AccountKind::Person) => return Err(Denied::NotOwner.into()),
    }
    standing::load_in(tx, owner).await?.ok_or(ActionError::Missing(Noun::Account))
}

async fn may_end(app: &App, actor: &Actor, tx: &mut Tx, key: &ApiKey) -> Result<(), ActionError> {
    actor.needs_person()?;
    if actor.account() == Some(key.account) {
        return Ok(());
    }
    if actor.administers(tx).await.is_ok() {
        return Ok(());
    }
    let hidden = || ActionError::Missing(Noun::Key);
    let owner = accounts::by_id(&app.store, key.account).await?.ok_or_else(hidden)?;
    if let Account { kind: AccountKind::Service(organisation), .. } = owner {
        return actor.manages(app, tx, Place::whole(organisation)).await.map(drop).map_err(|_| hidden());
    }
    for carried in &key.credentials {
        let home = organisations::by_slug(&app.store, &carried.organisation).await?.ok_or_else(hidden)?;
        actor.manages(app, tx, Place::whole(home.id)).await.map_err(|_| hidden())?;
    }
    if key.credentials.is_empty() { Err(hidden()) } else { Ok(()) }
}

/// Writes the key's text and row, not yet stored.
fn compose(
    app: &App,
    owner: &Standing,
    wish: &Wish,
    replaces: Option<(KeyId, Timestamp)>,
) -> Result<Made, ActionError> {
    let (now, config) = (app.clock.now(), app.config.load());
    let kind = wish.allowed_for(owner, &config, now)?;
    let (id, text) = key_text::compose(kind, &token::random_secret());
    let (digest, pepper) = app.keyring.load().digest(text.expose().as_bytes());
    let key = ApiKey {
        id,
        kind,
        account: owner.account.id,
        name: wish.name.shared(),
        digest,
        pepper,
        audience: wish.audience,
        credentials: wish.credentials.clone(),
        rights: wish.rights,
        networks: wish.networks.clone(),
        created_at: now,
        expires_at: wish.life.end(&config.keys, now)?,
        revoked_at: None,
        last_used_at: None,
        replaces: replaces.map(|(id, _)| id),
    };
    Ok(Made { key, text, previous_ends: replaces.map(|(_, ends)| ends) })
}

async fn insert(app: &App, tx: &mut Tx, key: &ApiKey) -> Result<(), ActionError> {
    api_keys::free_name(tx, key.account, &key.name, app.clock.now()).await?;
    api_keys::insert(tx, key).await?;
    tx.change(Change::Key(key.locator()));
    Ok(())
}

/// The wish behind an existing key, as far as its owner still holds what it carries.
fn successor(old: &ApiKey, owner: &Standing, app: &App) -> Wish {
    let (now, config) = (app.clock.now(), app.config.load());
    let held = |carried: &&_| owner.covers(carried, &config.roles, now).is_some();
    let life = match (old.expires_at, config.keys.longest_lifetime) {
        (None, None) => Life::Endless,
        (None, Some(_)) => Life::Longest,
        (Some(end), longest) => {
            let life = end.since(old.created_at);
            Life::For(longest.map_or(life, |longest| longest.min(life)))
        }
    };
    Wish {
        name: KeyName::of(old),
        audience: old.audience,
        credentials: old.credentials.iter().filter(held).cloned().collect(),
        rights: old.rights,
        life,
        networks: old.networks.clone(),
    }
}

fn note(actor: &Actor, tx: &mut Tx, act: &'static str, (key, wish, owner): (&ApiKey, &Wish, &Standing)) {
    let carried: Vec<_> = key.credentials.iter().map(ToString::to_string).collect();
    let mut entry = actor.entry(act, format!("key {}", key.id));
    entry.organisation = wish.organisation(owner);
    entry.detail = format!("account={} credentials={}", key.account, carried.join(","));
    if let Some(old) = key.replaces {
        entry.detail.push_str(&format!(" replaces={old}"));
    }
    if let Some(end) = key.expires_at {
        entry.detail.push_str(&format!(" expires={end}"));
    }
    if key.audience == KeyAudience::Api {
        entry.detail.push_str(" audience=api");
    }
    entry.personal = Some(format!("name={}", key.name));
    tx.audit(entry);
}

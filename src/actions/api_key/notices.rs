//! Letters about keys: one ends soon, or one ended because somebody reported it. The holder of a personal key is
//! told; of a service's key, those who manage its organisation.

use super::super::actor::Actor;
use super::super::error::ActionError;
use super::super::post::{self, Cause, Envelope};
use crate::app::App;
use crate::mail::Letter;
use crate::model::account::{Account, AccountKind, AccountStatus};
use crate::model::api_key::{ApiKey, KeyId};
use crate::model::role::Permission;
use crate::secret::Secret;
use crate::store::key_notices::{self, Span};
use crate::store::{Tx, accounts, api_keys, grants};
use crate::time::Timestamp;

/// How long before its end the owner of a key is told, shortest first: whoever was told of a day need not be
/// told of a week any more.
const SPANS: [Span; 3] = [Span { days: 1 }, Span { days: 7 }, Span { days: 30 }];

/// Keys looked at in one go.
const AT_ONCE: u32 = 200;

/// Tells the owners of keys that end soon.
///
/// # Errors
/// The store's.
pub async fn tell_of_expiry(app: &App) -> Result<(), ActionError> {
    for span in SPANS {
        loop {
            let due = key_notices::due(&app.store, span, app.clock.now(), AT_ONCE).await?;
            if due.is_empty() {
                break;
            }
            for id in due {
                tell(app, id, span).await?;
            }
        }
    }
    Ok(())
}

async fn tell(app: &App, id: KeyId, span: Span) -> Result<(), ActionError> {
    let actor = Actor::gate();
    let mut tx = app.store.begin().await?;
    if !key_notices::tell(&mut tx, id, span).await? {
        return Ok(());
    }
    let Some(key) = api_keys::hold(&mut tx, id).await? else { return Ok(()) };
    let end = key.ends_at().unwrap_or_else(|| app.clock.now());
    let mut told = 0;
    for reader in readers(app, &mut tx, &key).await? {
        let letter = about(app, &reader, &actor, (&key, "key-expires")).await?;
        let letter = letter.fact_at("end", end).leads("button", page(app, &key)).notes("rotate", &[]);
        told += usize::from(send(app, &mut tx, &reader, (letter, Some(end))).await?);
    }
    let mut entry = actor.entry("key.expiry-told", format!("key {id}"));
    entry.detail = format!("days={} letters={told}", span.days);
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(())
}

/// Tells the owner of a key that it was reported, and ended with it.
///
/// # Errors
/// The store's.
pub(super) async fn tell_of_report(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    key: &ApiKey,
) -> Result<(), ActionError> {
    for reader in readers(app, tx, key).await? {
        let letter = about(app, &reader, actor, (key, "key-reported")).await?;
        let letter = letter.when(app.clock.now());
        let letter = match actor.origin.address {
            Some(address) => letter.fact("where", &address.to_string()),
            None => letter,
        };
        let letter = letter.leads("button", page(app, key)).notes("look", &[]);
        send(app, tx, &reader, (letter, None)).await?;
    }
    Ok(())
}

async fn about(
    app: &App,
    reader: &Account,
    actor: &Actor,
    (key, kind): (&ApiKey, &'static str),
) -> Result<Letter, ActionError> {
    let letter = post::letter_to(app, reader, actor.origin, kind).await?;
    let letter = letter.about(&[("key", &key.name)]).says("text", &[("key", &key.name)]);
    Ok(letter.fact("key", &format!("{} (…{}…)", key.name, key.id)))
}

async fn send(
    app: &App,
    tx: &mut Tx,
    reader: &Account,
    (letter, expires_at): (Letter, Option<Timestamp>),
) -> Result<bool, ActionError> {
    let Some(Ok(to)) = reader.email.as_deref().map(str::parse) else { return Ok(false) };
    let envelope = Envelope { to, account: Some(reader.id), expires_at, cause: Cause::Notice };
    post::put(app, tx, envelope, &letter).await?;
    Ok(true)
}

/// Who reads letters about a key.
async fn readers(app: &App, tx: &mut Tx, key: &ApiKey) -> Result<Vec<Account>, ActionError> {
    let active = |found: &Account| found.status == AccountStatus::Active;
    let Some(owner) = accounts::by_id(&app.store, key.account).await?.filter(active) else {
        return Ok(Vec::new());
    };
    let AccountKind::Service(home) = owner.kind else { return Ok(vec![owner]) };
    let (now, roles) = (app.clock.now(), app.config.load().roles.clone());
    let mut ids: Vec<_> = grants::held_in(tx, home)
        .await?
        .into_iter()
        .filter(|grant| grant.space.is_none() && grant.platform.is_none())
        .filter(|grant| grant.starts_at.is_none_or(|start| start <= now))
        .filter(|grant| grant.ends_at.is_none_or(|end| now < end))
        .filter(|grant| {
            roles.by_slug(&grant.role).is_some_and(|role| role.permissions.has(Permission::Manage))
        })
        .map(|grant| grant.account)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let mut all = Vec::new();
    for id in ids {
        all.extend(accounts::by_id(&app.store, id).await?.filter(active));
    }
    Ok(all)
}

/// The page of a key, which its owner and no link opens.
fn page(app: &App, key: &ApiKey) -> Secret<String> {
    let origin = &app.config.load().public_url.origin;
    Secret::new(format!("{origin}/.portcullis/keys/{}", key.id))
}

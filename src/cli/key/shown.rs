//! Keys as they are shown: everything but the key.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::{Value, json};

use super::super::desk::{Desk, Exit};
use super::super::output::Table;
use crate::actions::{Actor, account, api_key};
use crate::app::App;
use crate::model::account::UserName;
use crate::model::api_key::ApiKey;
use crate::model::id::AccountId;
use crate::time::Timestamp;

/// Rows asked for at once.
const PAGE: u32 = 1000;

pub(super) async fn list(desk: &Desk, app: &App, of: Option<&UserName>, all: bool) -> Result<(), Exit> {
    let now = app.clock.now();
    let mut table = Table::of(&[
        "id",
        "account",
        "name",
        "kind",
        "state",
        "credentials",
        "ends_at",
        "last_used_at",
        "replaces",
    ]);
    let mut names = HashMap::new();
    let mut add = async |keys: Vec<ApiKey>| -> Result<(), Exit> {
        for key in keys.into_iter().filter(|key| all || key.is_live(now)) {
            let owner = match names.entry(key.account) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(owner_name(app, key.account).await?),
            };
            table.row(row(&key, owner.as_str(), now));
        }
        Ok(())
    };
    if let Some(name) = of {
        let owner = account::by_name(app, name).await?;
        add(api_key::list(app, &Actor::operator(), owner.id).await?).await?;
    } else {
        let mut after = None;
        loop {
            let page = api_key::page(app, &Actor::operator(), after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.created_at, last.id));
            add(page).await?;
        }
    }
    desk.output.table(table);
    Ok(())
}

pub(super) async fn owner_name(app: &App, id: AccountId) -> Result<UserName, Exit> {
    Ok(account::by_id(app, id).await?.user_name)
}

pub(super) fn fields(key: &ApiKey, owner: &str, now: Timestamp) -> Vec<(&'static str, Value)> {
    vec![
        ("id", json!(key.id.as_str())),
        ("account", json!(owner)),
        ("name", json!(&*key.name)),
        ("kind", json!(key.kind.as_str())),
        ("audience", json!(key.audience.as_str())),
        ("works", json!(key.is_live(now))),
        ("state", json!(state(key, now))),
        ("credentials", words(&key.credentials)),
        ("rights", key.rights.map_or(Value::Null, |rights| rights.words().collect())),
        ("networks", words(&key.networks)),
        ("created_at", json!(key.created_at.to_string())),
        ("ends_at", moment(key.ends_at())),
        ("last_used_at", moment(key.last_used_at)),
        ("replaces", json!(key.replaces.map(|id| id.to_string()))),
    ]
}

fn row(key: &ApiKey, owner: &str, now: Timestamp) -> Vec<Value> {
    vec![
        json!(key.id.as_str()),
        json!(owner),
        json!(&*key.name),
        json!(key.kind.as_str()),
        json!(state(key, now)),
        words(&key.credentials),
        moment(key.ends_at()),
        moment(key.last_used_at),
        json!(key.replaces.map(|id| id.to_string())),
    ]
}

/// In one word; a key that is being replaced still works.
fn state(key: &ApiKey, now: Timestamp) -> &'static str {
    match (key.is_live(now), key.revoked_at) {
        (true, None) => "live",
        (true, Some(_)) => "ending",
        (false, Some(at)) if at <= now => "revoked",
        (false, _) => "expired",
    }
}

fn words<T: ToString>(items: &[T]) -> Value {
    items.iter().map(ToString::to_string).collect()
}

fn moment(at: Option<Timestamp>) -> Value {
    json!(at.map(|at| at.to_string()))
}

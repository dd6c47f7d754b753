//! Keys: people make their own, managers those of services; everybody sees everything of them but the key.

mod made;
mod view;

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

pub use self::made::{create_for, create_own, import, inspect, rotate};
pub use self::view::KeyView;

use super::answer::{Done, One};
use super::call::{Call, Outcome};
use super::endpoint::Nothing;
use super::listing::{Cursor, Limit, Page, Paging};
use super::texts::{KeyIdText, UserNameText};
use crate::actions::{account, api_key};
use crate::model::api_key::{ApiKey, KeyId};
use crate::model::id::AccountId;
use crate::time::Timestamp;

/// Which keys are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KeysWanted {
    /// Also those that work no more.
    #[serde(default)]
    all: bool,
    /// How many items at most; 50 if left out.
    #[param(inline)]
    limit: Option<Limit>,
    /// `next` of the page before.
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// Whether a key is for the apps behind the gate, or for the API.
#[derive(Debug, Clone, Copy, Default, serde::Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AudienceWord {
    /// The apps behind the gate.
    #[default]
    Upstream,
    /// The gate's own API; for service accounts only.
    Api,
}

/// A page of the caller's own keys.
pub async fn own(call: Call, wanted: KeysWanted) -> Outcome<Page<KeyView>> {
    let own = call.standing()?.account.id;
    page(&call, own, wanted).await
}

/// A page of the keys of an account.
pub async fn of_account(call: Call, wanted: KeysWanted) -> Outcome<Page<KeyView>> {
    let owner = owner(&call).await?;
    page(&call, owner, wanted).await
}

/// A page of all keys, in the order they were made.
pub async fn list(call: Call, wanted: KeysWanted) -> Outcome<Page<KeyView>> {
    let paging = Paging::of(wanted.limit, wanted.cursor);
    let after = paging.after().and_then(place_of);
    let found = api_key::page(&call.app, &call.actor()?, after, paging.to_read()).await?;
    let Page { items, next } = paging.cut(found, place);
    let now = call.now();
    let mut views = Vec::with_capacity(items.len());
    for key in items.iter().filter(|key| wanted.all || key.is_live(now)) {
        views.push(KeyView::of(&call.app, key).await?);
    }
    Ok(Page { items: views, next })
}

/// One key.
pub async fn show(call: Call, _: Nothing) -> Outcome<One<KeyView>> {
    let id: KeyIdText = call.named("key")?;
    let found = api_key::show(&call.app, &call.actor()?, id.0).await?;
    Ok(One(KeyView::of(&call.app, &found).await?))
}

/// Ends a key at once.
pub async fn revoke(call: Call) -> Outcome<Done> {
    let id: KeyIdText = call.named("key")?;
    api_key::revoke(&call.app, &call.actor()?, id.0).await?;
    Ok(Done)
}

async fn page(call: &Call, owner: AccountId, wanted: KeysWanted) -> Outcome<Page<KeyView>> {
    let now = call.now();
    let mut found = api_key::list(&call.app, &call.actor()?, owner).await?;
    found.retain(|key| wanted.all || key.is_live(now));
    let Page { items, next } = Paging::of(wanted.limit, wanted.cursor).slice(found, place);
    let mut views = Vec::with_capacity(items.len());
    for key in &items {
        views.push(KeyView::of(&call.app, key).await?);
    }
    Ok(Page { items: views, next })
}

/// The place of a key in the order they were made, as a cursor names it.
fn place(key: &ApiKey) -> String {
    format!("{:015} {}", key.created_at.millis(), key.id)
}

fn place_of(cursor: &str) -> Option<(Timestamp, KeyId)> {
    let (at, id) = cursor.split_once(' ')?;
    Some((Timestamp::from_millis(at.parse().ok()?), KeyId::from_ascii(id.as_bytes())?))
}

async fn owner(call: &Call) -> Outcome<AccountId> {
    let name: UserNameText = call.named("account")?;
    Ok(account::by_name(&call.app, &name.0).await?.id)
}

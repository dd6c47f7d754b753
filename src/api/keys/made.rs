//! Keys that begin: made, rotated, imported. The text of a new key is in the answer, this once.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::super::answer::{Made, Told};
use super::super::call::{Call, Outcome, Stop};
use super::super::texts::{CredentialsText, KeyIdText, KeyNameText, MomentText, NetworkText};
use super::{AudienceWord, KeyView};
use crate::actions::api_key::import::{Batch, ImportError, LineFault};
use crate::actions::api_key::report::{self, Inspected};
use crate::actions::api_key::{self, Life, Overlap, Wish};
use crate::model::api_key::KeyAudience;
use crate::model::id::AccountId;
use crate::model::role::Permission;
use crate::secret::Secret;
use crate::web::problem::Problem;

/// A right within a role.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum RightWord {
    /// See what the platform shows.
    View,
    /// Run simulations.
    Simulate,
    /// Manage people, spaces and grants.
    Manage,
    /// Read the account event feed of a platform.
    Feed,
}

/// A key to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKeyBody {
    /// Its name, unique among the owner's keys that work.
    name: KeyNameText,
    /// What it carries: one set, or a list among which each request picks.
    #[schema(min_items = 1, max_items = 100)]
    credentials: Vec<CredentialsText>,
    /// What it is for; the apps if left out.
    #[serde(default)]
    audience: AudienceWord,
    /// Rights within the role; all of it if left out.
    rights: Option<Vec<RightWord>>,
    /// When it ceases to work; the policy's usual time if left out.
    expires_at: Option<MomentText>,
    /// Whether it works until it is revoked, where the policy allows that.
    #[serde(default)]
    endless: bool,
    /// Where it works from; anywhere if left out.
    #[serde(default)]
    networks: Vec<NetworkText>,
}

/// How long a replaced key goes on working.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
enum OverlapWord {
    /// Not at all: it leaked.
    #[serde(rename = "now")]
    Now,
    /// An hour.
    #[serde(rename = "1h")]
    Hour,
    /// A day.
    #[serde(rename = "24h")]
    Day,
    /// Seven days.
    #[serde(rename = "7d")]
    Week,
}

/// How a key is replaced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateBody {
    /// How long the old key goes on working.
    overlap: OverlapWord,
}

/// A new key.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewKeyView {
    /// The key itself; shown this once.
    pub secret: String,
    /// Everything else of it.
    pub key: KeyView,
    /// When the key that it replaces ceases to work.
    pub previous_ends_at: Option<MomentText>,
}

/// Keys made elsewhere.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportBody {
    /// What their names begin with; each key's own id follows.
    name: KeyNameText,
    /// What they carry.
    #[schema(min_items = 1, max_items = 100)]
    credentials: Vec<CredentialsText>,
    /// The keys: as their programs hold them, or `prefix.hash`.
    #[schema(min_items = 1, max_items = 2000)]
    keys: Vec<String>,
    /// When they cease to work; as late as the policy allows if left out.
    expires_at: Option<MomentText>,
}

/// Keys that were imported.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportedView {
    /// Their public ids.
    pub ids: Vec<KeyIdText>,
}

/// The text of a key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectBody {
    /// The whole key.
    secret: String,
}

/// What a text is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum ShapeWord {
    /// It begins like a key and cannot be one.
    Malformed,
    /// It could be a key, but nobody's.
    Unknown,
    /// It is a key.
    Known,
}

/// What a text turned out to be.
#[derive(Debug, Serialize, ToSchema)]
pub struct InspectedView {
    /// What it is.
    shape: ShapeWord,
    /// The key that it is.
    key: Option<KeyView>,
}

/// Makes a key of the caller's own.
pub async fn create_own(call: Call, body: NewKeyBody) -> Outcome<Made<NewKeyView>> {
    let own = call.standing()?.account.id;
    create(&call, own, body).await
}

/// Makes a key of a service account.
pub async fn create_for(call: Call, body: NewKeyBody) -> Outcome<Made<NewKeyView>> {
    let owner = super::owner(&call).await?;
    create(&call, owner, body).await
}

async fn create(call: &Call, owner: AccountId, body: NewKeyBody) -> Outcome<Made<NewKeyView>> {
    let permission = |right: &RightWord| match right {
        RightWord::View => Permission::View,
        RightWord::Simulate => Permission::Simulate,
        RightWord::Manage => Permission::Manage,
        RightWord::Feed => Permission::Feed,
    };
    let life = match (body.expires_at, body.endless) {
        (Some(_), true) => return Err(super::super::call::invalid("/endless")),
        (Some(at), false) => Life::Until(at.0),
        (None, true) => Life::Endless,
        (None, false) => Life::Usual,
    };
    let wish = Wish {
        name: body.name.0,
        audience: match body.audience {
            AudienceWord::Upstream => KeyAudience::Upstream,
            AudienceWord::Api => KeyAudience::Api,
        },
        credentials: body.credentials.into_iter().map(|one| one.0).collect(),
        rights: body.rights.map(|rights| rights.iter().map(permission).collect()),
        life,
        networks: body.networks.into_iter().map(|one| one.0).collect(),
    };
    let made = api_key::create(&call.app, &call.actor()?, owner, wish).await?;
    handed_out(call, made).await
}

/// Makes a successor with the same settings.
pub async fn rotate(call: Call, body: RotateBody) -> Outcome<Made<NewKeyView>> {
    let id: KeyIdText = call.named("key")?;
    let overlap = match body.overlap {
        OverlapWord::Now => Overlap::None,
        OverlapWord::Hour => Overlap::Hour,
        OverlapWord::Day => Overlap::Day,
        OverlapWord::Week => Overlap::Week,
    };
    let made = api_key::rotate(&call.app, &call.actor()?, id.0, overlap).await?;
    handed_out(&call, made).await
}

async fn handed_out(call: &Call, made: api_key::Made) -> Outcome<Made<NewKeyView>> {
    let what = NewKeyView {
        secret: made.text.expose().clone(),
        key: KeyView::of(&call.app, &made.key).await?,
        previous_ends_at: made.previous_ends.map(MomentText),
    };
    Ok(Made { what, at: Some(format!("/keys/{}", made.key.id)) })
}

/// Takes in keys that were made elsewhere: all of them or none.
pub async fn import(call: Call, body: ImportBody) -> Outcome<Made<ImportedView>> {
    let owner = super::owner(&call).await?;
    let wish = Wish {
        name: body.name.0,
        audience: KeyAudience::Upstream,
        credentials: body.credentials.into_iter().map(|one| one.0).collect(),
        rights: None,
        life: body.expires_at.map_or(Life::Longest, |at| Life::Until(at.0)),
        networks: Vec::new(),
    };
    let batch = Batch { owner, wish, lines: body.keys.into_iter().map(Secret::new).collect() };
    let actor = call.actor()?;
    let ids = api_key::import::import(&call.app, &actor, &batch, &|_| {}).await.map_err(refused)?;
    Ok(Made { what: ImportedView { ids: ids.into_iter().map(KeyIdText).collect() }, at: None })
}

/// Says what is wrong with each key, by its place; the keys themselves are secrets.
fn refused(error: ImportError) -> Stop {
    let problem = || Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields");
    let errors = match error {
        ImportError::Action(error) => return error.into(),
        ImportError::Empty => vec![json!({ "pointer": "/keys", "detail": error.to_string() })],
        ImportError::Lines(faults) => {
            let place = |number: usize| format!("/keys/{}", number.saturating_sub(1));
            let fault = |(number, fault): &(usize, LineFault)| json!({ "pointer": place(*number), "detail": fault.to_string() });
            faults.iter().map(fault).collect()
        }
    };
    Problem { members: vec![("errors", errors.into())], ..problem() }.into()
}

/// Tells what a text is, to holders of an office. Changes nothing.
pub async fn inspect(call: Call, body: InspectBody) -> Outcome<Told<InspectedView>> {
    let found = report::inspect(&call.app, &call.actor()?, &Secret::new(body.secret)).await?;
    Ok(Told(match found {
        Inspected::Malformed => InspectedView { shape: ShapeWord::Malformed, key: None },
        Inspected::Unknown => InspectedView { shape: ShapeWord::Unknown, key: None },
        Inspected::Known(key) => {
            InspectedView { shape: ShapeWord::Known, key: Some(KeyView::of(&call.app, &key).await?) }
        }
    }))
}

//! The feed of a platform: what it was told, read in order.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::answer::Told;
use super::call::{Call, Outcome};
use super::listing::Limit;
use super::texts::{CursorText, SlugText};
use crate::actions::feed;
use crate::auth::at_home::Visitor;
use crate::model::event::EventSeq;
use crate::store::events::Kept;

/// An event, as it is sent to webhooks, with its id.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// Its id, as `webhook-id` has it.
    #[schema(format = "uuid")]
    id: String,
    /// What happened.
    #[serde(rename = "type")]
    kind: &'static str,
    /// When.
    #[schema(format = "date-time")]
    timestamp: Value,
    /// To whom: the shape that `webhooks` in this document gives for this type.
    #[schema(value_type = Object)]
    data: Value,
}

/// A part of a feed.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeedView {
    /// Events in the order in which they were committed.
    items: Vec<EventView>,
    /// `after` of the next question; the same again where nothing happened.
    next: CursorText,
}

/// Which part is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FeedWanted {
    /// `next` of the part before; from the oldest event that is kept if left out.
    after: Option<CursorText>,
    /// How many events at most; 50 if left out.
    #[param(inline)]
    limit: Option<Limit>,
}

impl EventView {
    fn of(kept: &Kept) -> Self {
        let mut body: Value = serde_json::from_str(&kept.body).unwrap_or_default();
        let mut take = |name: &str| body.get_mut(name).map(Value::take).unwrap_or_default();
        Self {
            id: kept.id.to_string(),
            kind: kept.kind.as_str(),
            timestamp: take("timestamp"),
            data: take("data"),
        }
    }
}

/// A part of the feed of a platform.
pub async fn read(call: Call, wanted: FeedWanted) -> Outcome<Told<FeedView>> {
    let platform: SlugText = call.named("platform")?;
    let key = match &call.visitor {
        Visitor::Program(program) => Some(&program.key),
        Visitor::Person(_) | Visitor::Nobody => None,
    };
    let after = wanted.after.map(|after| EventSeq(after.0));
    let limit = u32::from(wanted.limit.map_or(Limit::USUAL, Limit::number));
    let part = feed::read(&call.app, (&call.actor()?, key), &platform.0, after, limit).await?;
    let items = part.events.iter().map(EventView::of).collect();
    Ok(Told(FeedView { items, next: CursorText(part.next.0) }))
}

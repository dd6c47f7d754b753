//! Letters: what became of them, another attempt, and one that only shows that letters arrive.

use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Done, Told};
use super::call::{Call, Outcome};
use super::endpoint::Nothing;
use super::listing::{Page, Paging};
use super::texts::{EmailText, LetterIdText, MomentText};
use crate::actions::post;
use crate::model::outbox::OutboxEntry;

/// A letter on its way. What it says is not told.
#[derive(Debug, Serialize, ToSchema)]
pub struct LetterView {
    /// The letter.
    pub id: LetterIdText,
    /// The kind of letter.
    pub kind: String,
    /// The address.
    pub to: String,
    /// `waiting`, `sent` or `failed`.
    pub state: &'static str,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was written.
    pub created_at: MomentText,
    /// When it is tried next, or was tried last.
    pub not_before: MomentText,
    /// When it was taken.
    pub sent_at: Option<MomentText>,
    /// What the last attempt ended with.
    pub error: Option<String>,
}

/// Where a letter went.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceView {
    /// The mail server, or the directory.
    pub place: String,
}

/// Whom a letter is for.
#[derive(Debug, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestBody {
    /// The address.
    to: EmailText,
}

fn view(entry: &OutboxEntry) -> LetterView {
    LetterView {
        id: LetterIdText(entry.id),
        kind: entry.kind.clone(),
        to: entry.recipient.clone(),
        state: entry.state().as_str(),
        attempts: entry.attempts,
        created_at: MomentText(entry.created_at),
        not_before: MomentText(entry.not_before),
        sent_at: entry.sent_at.map(MomentText),
        error: entry.last_error.clone(),
    }
}

/// A page of letters, newest first.
pub async fn list(call: Call, paging: Paging) -> Outcome<Page<LetterView>> {
    let before = paging.after().and_then(|id| id.parse().ok());
    let found = post::list(&call.app, &call.actor()?, before, paging.to_read()).await?;
    let views = found.iter().map(view).collect();
    Ok(paging.cut(views, |one: &LetterView| one.id.0.to_string()))
}

/// One letter.
pub async fn show(call: Call, _: Nothing) -> Outcome<Told<LetterView>> {
    let id: LetterIdText = call.named("letter")?;
    Ok(Told(view(&post::read(&call.app, &call.actor()?, id.0).await?.entry)))
}

/// Tries a letter again now that waits or was given up.
pub async fn again(call: Call) -> Outcome<Done> {
    let id: LetterIdText = call.named("letter")?;
    post::again(&call.app, &call.actor()?, id.0).await?;
    Ok(Done)
}

/// Sends a letter at once that shows that letters arrive.
pub async fn test(call: Call, body: TestBody) -> Outcome<Told<PlaceView>> {
    let place = post::test(&call.app, &call.actor()?, body.to.0).await?;
    Ok(Told(PlaceView { place }))
}

//! Sessions of people: listed and ended, by their owner and by administrators.

use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Done, Told};
use super::call::{Call, Outcome};
use super::listing::{Page, Paging};
use super::texts::{CredentialsText, MomentText, SessionIdText, UserNameText};
use crate::actions::{account, session};
use crate::auth::at_home::Visitor;
use crate::model::id::{AccountId, SessionId};
use crate::model::session::Session;

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// Its id.
    pub id: SessionIdText,
    /// Whether it is the one that asks.
    pub current: bool,
    /// What the browser called itself.
    pub device: String,
    /// How the person proved who they are (RFC 8176 words).
    pub methods: Vec<String>,
    /// When it began.
    pub created_at: MomentText,
    /// When the person last proved who they are.
    pub authenticated_at: MomentText,
    /// When it was last used, at minute precision.
    pub last_seen_at: MomentText,
    /// When it is over whatever happens.
    pub ends_at: MomentText,
    /// The credentials that it works under, at most one per platform.
    pub credentials: Vec<CredentialsText>,
}

/// How many sessions were ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndedView {
    /// How many.
    pub ended: usize,
}

fn current(call: &Call) -> Option<SessionId> {
    match &call.visitor {
        Visitor::Person(person) => Some(person.session.id),
        Visitor::Program(_) | Visitor::Nobody => None,
    }
}

fn view(session: &Session, current: Option<SessionId>) -> SessionView {
    SessionView {
        id: SessionIdText(session.id),
        current: current == Some(session.id),
        device: session.device.to_string(),
        methods: session.methods.iter().map(ToString::to_string).collect(),
        created_at: MomentText(session.created_at),
        authenticated_at: MomentText(session.authenticated_at),
        last_seen_at: MomentText(session.last_seen_at),
        ends_at: MomentText(session.ends_at),
        credentials: session.chosen.iter().cloned().map(CredentialsText).collect(),
    }
}

async fn page(call: &Call, of: AccountId, paging: &Paging) -> Outcome<Page<SessionView>> {
    let found = session::list(&call.app, &call.actor()?, of).await?;
    let current = current(call);
    let views = found.iter().map(|session| view(session, current)).collect();
    Ok(paging.slice(views, |one: &SessionView| one.id.0.to_string()))
}

/// A page of the caller's own open sessions.
pub async fn own(call: Call, paging: Paging) -> Outcome<Page<SessionView>> {
    let own = call.standing()?.account.id;
    page(&call, own, &paging).await
}

/// A page of the open sessions of an account.
pub async fn of_account(call: Call, paging: Paging) -> Outcome<Page<SessionView>> {
    let owner = owner(&call).await?;
    page(&call, owner, &paging).await
}

/// Ends one session.
pub async fn end(call: Call) -> Outcome<Done> {
    let id: SessionIdText = call.named("session")?;
    session::end(&call.app, &call.actor()?, id.0).await?;
    Ok(Done)
}

/// Ends all of the caller's sessions but the one that asks.
pub async fn end_others(call: Call) -> Outcome<Told<EndedView>> {
    let own = call.standing()?.account.id;
    let ended = session::end_all(&call.app, &call.actor()?, own, current(&call)).await?;
    Ok(Told(EndedView { ended }))
}

/// Ends all of the caller's sessions.
pub async fn end_all(call: Call) -> Outcome<Told<EndedView>> {
    let own = call.standing()?.account.id;
    let ended = session::end_all(&call.app, &call.actor()?, own, None).await?;
    Ok(Told(EndedView { ended }))
}

/// Ends all sessions of an account.
pub async fn end_of_account(call: Call) -> Outcome<Told<EndedView>> {
    let owner = owner(&call).await?;
    let ended = session::end_all(&call.app, &call.actor()?, owner, None).await?;
    Ok(Told(EndedView { ended }))
}

async fn owner(call: &Call) -> Outcome<AccountId> {
    let name: UserNameText = call.named("account")?;
    Ok(account::by_name(&call.app, &name.0).await?.id)
}

//! Who calls: their account, how they came in, and what they may work under.

use serde::Serialize;
use utoipa::ToSchema;

use super::accounts::AccountView;
use super::answer::One;
use super::call::{Call, Outcome};
use super::endpoint::Nothing;
use super::texts::{CredentialsText, MomentText, SlugText};
use crate::auth::at_home::Visitor;

/// How somebody came in.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum MethodWord {
    /// By a session cookie.
    Session,
    /// By a key.
    Key,
}

/// What somebody came in by.
#[derive(Debug, Serialize, ToSchema)]
pub struct PresentedView {
    /// How.
    method: MethodWord,
    /// The id of the session or the key.
    id: String,
    /// When the person last proved who they are; keys prove nobody.
    authenticated_at: Option<MomentText>,
}

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeView {
    /// The account.
    account: AccountView,
    /// What it came in by.
    presented: PresentedView,
    /// The open organisations that it holds something in.
    organisations: Vec<SlugText>,
    /// What it may work under.
    credentials: Vec<CredentialsText>,
}

/// The caller.
pub async fn show(call: Call, _: Nothing) -> Outcome<One<MeView>> {
    let standing = call.standing()?;
    let (config, now) = (call.app.config.load_full(), call.now());
    let mut platforms: Vec<_> = config.routing.platforms.keys().collect();
    platforms.sort();
    let usable = platforms.into_iter().flat_map(|platform| standing.usable_on(platform, &config.roles, now));
    let (method, id, authenticated_at) = match &call.visitor {
        Visitor::Person(person) => {
            let at = MomentText(person.session.authenticated_at);
            (MethodWord::Session, person.session.id.to_string(), Some(at))
        }
        Visitor::Program(program) => (MethodWord::Key, program.key.id.to_string(), None),
        Visitor::Nobody => return Err(crate::auth::error::AuthError::Nobody.into()),
    };
    Ok(One(MeView {
        account: (&standing.account).into(),
        presented: PresentedView { method, id, authenticated_at },
        organisations: standing.organisations.iter().map(|home| SlugText(home.slug.clone())).collect(),
        credentials: usable.map(CredentialsText).collect(),
    }))
}

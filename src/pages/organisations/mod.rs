//! Organisations, for those who hold an office and for their own managers: what they are, who belongs to
//! them, their spaces, the platforms they may use, and their grants. The acts decide who may do what.

pub mod deed;
pub mod grants;
pub mod invitations;
pub mod list;
pub mod show;
pub mod spaces;

use http::StatusCode;

use super::visit::{SignedIn, Stop};
use crate::actions::{ActionError, Noun, Rule, organisation};
use crate::model::account::Office;
use crate::model::organisation::{Organisation, OrganisationStatus};
use crate::model::slug::Slug;
use crate::web::problem::Problem;

/// The list.
pub const PATH: &str = "/.portcullis/organisations";

/// The organisation that a path names, if whoever visits may look into it; for others there is none.
async fn home(signed_in: &SignedIn, slug: &str) -> Result<Organisation, Stop> {
    let visit = &signed_in.visit;
    let slug: Slug = visit.or_say(slug.parse().map_err(|_| ActionError::Missing(Noun::Organisation)))?;
    visit.or_say(organisation::show(&visit.app, &signed_in.actor(), &slug).await)
}

/// The same, for those who may change things in it.
async fn managed(signed_in: &SignedIn, slug: &str) -> Result<Organisation, Stop> {
    let held = home(signed_in, slug).await?;
    match signed_in.manages(held.id) {
        true => Ok(held),
        false => Err(signed_in.visit.say(&Problem::new(StatusCode::FORBIDDEN, "not-manager")).into()),
    }
}

/// Whether somebody is shown ways to invite: who manages the organisation, and support. The acts decide.
fn may_invite(signed_in: &SignedIn, held: &Organisation) -> bool {
    held.status == OrganisationStatus::Open
        && (signed_in.manages(held.id) || signed_in.person.account().office == Some(Office::Support))
}

/// The organisation that a path names, for those who may invite to it.
async fn inviting(signed_in: &SignedIn, slug: &str) -> Result<Organisation, Stop> {
    let held = home(signed_in, slug).await?;
    let closed = ActionError::Refused(Rule::OrganisationClosed);
    match (held.status, may_invite(signed_in, &held)) {
        (OrganisationStatus::Closed, _) => signed_in.visit.or_say(Err(closed)),
        (OrganisationStatus::Open, true) => Ok(held),
        (OrganisationStatus::Open, false) => {
            Err(signed_in.visit.say(&Problem::new(StatusCode::FORBIDDEN, "not-manager")).into())
        }
    }
}

/// The page of an organisation.
fn path_of(organisation: &Organisation) -> String {
    format!("{PATH}/{}", organisation.slug)
}

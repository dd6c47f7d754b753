//! One organisation: its facts, members, spaces, platforms and grants.

use askama::Template;
use axum::extract::{Path, Query};
use serde::Deserialize;

use super::{home, may_invite, path_of};
use crate::actions::{account, entitlement, grant, space};
use crate::model::account::AccountKind;
use crate::model::organisation::{OrganisationStatus, Space};
use crate::pages::accounts::parts::{GrantRow, grant_row};
use crate::pages::accounts::{Badge, badges};
use crate::pages::frame::{Frame, When};
use crate::pages::visit::{Outcome, SignedIn};

/// Members on one page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "pages/organisations/show.html")]
struct Page {
    frame: Frame,
    slug: String,
    id: String,
    created: When,
    members: Vec<Member>,
    next: Option<String>,
    spaces: Vec<SpaceRow>,
    platforms: Vec<(String, String)>,
    grants: Vec<GrantRow>,
    open: bool,
    may: May,
}

/// What whoever visits is shown ways to. The acts decide.
struct May {
    administer: bool,
    manage: bool,
    invite: bool,
    see_accounts: bool,
}

struct Member {
    name: String,
    shown_name: String,
    badges: Vec<Badge>,
    person: bool,
}

struct SpaceRow {
    slug: String,
    name: String,
    removable: bool,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// The last member of the page before.
    #[serde(default)]
    after: String,
}

/// Shows an organisation.
pub async fn show(Path(slug): Path<String>, Query(asked): Query<Asked>, signed_in: SignedIn) -> Outcome {
    let held = home(&signed_in, &slug).await?;
    let (visit, actor) = (&signed_in.visit, signed_in.actor());
    let (app, slug, now) = (&visit.app, &held.slug, visit.app.clock.now());
    let limit = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    let mut members = visit.or_say(account::list(app, &actor, Some(slug), &asked.after, limit).await)?;
    let more = members.len() > ROWS;
    members.truncate(ROWS);
    let next = members.last().filter(|_| more);
    let next = next.map(|last| format!("{}?after={}", path_of(&held), last.user_name));
    let spaces = visit.or_say(space::list(app, &actor, slug).await)?;
    let platforms = visit.or_say(entitlement::list(app, &actor, slug).await)?;
    let grants = visit.or_say(grant::list(app, &actor, Some(slug), None).await)?;
    let config = app.config.load();
    let title = |slug: &_| config.routing.platforms.get(slug).map(ToString::to_string).unwrap_or_default();
    let office = signed_in.person.account().office;
    let page = Page {
        frame: signed_in.frame_called(&held.name),
        slug: slug.to_string(),
        id: held.id.to_string(),
        created: When(held.created_at),
        members: members
            .iter()
            .map(|member| Member {
                name: member.user_name.to_string(),
                shown_name: member.display_name.to_string(),
                badges: badges(member),
                person: member.kind == AccountKind::Person,
            })
            .collect(),
        next,
        spaces: spaces
            .iter()
            .map(|space| SpaceRow {
                slug: space.slug.to_string(),
                name: space.name.to_string(),
                removable: space.slug.as_str() != Space::GENERAL,
            })
            .collect(),
        platforms: platforms.iter().map(|slug| (slug.to_string(), title(slug))).collect(),
        grants: grants.iter().map(|grant| grant_row(grant, now)).collect(),
        open: held.status == OrganisationStatus::Open,
        may: May {
            administer: signed_in.administers(),
            manage: signed_in.manages(held.id),
            invite: may_invite(&signed_in, &held),
            see_accounts: office.is_some(),
        },
    };
    Ok(visit.show(&page))
}

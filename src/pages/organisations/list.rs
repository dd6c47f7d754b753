//! All organisations for those who hold an office; for managers, those they manage.

use askama::Template;
use axum::extract::Query;
use http::StatusCode;
use serde::Deserialize;

use super::PATH;
use crate::actions::organisation;
use crate::model::organisation::OrganisationStatus;
use crate::pages::frame::{Frame, When};
use crate::pages::visit::{Outcome, SignedIn};
use crate::web::problem::Problem;

/// Rows on one page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "pages/organisations/list.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    next: Option<String>,
    may_make: bool,
}

struct Row {
    slug: String,
    name: String,
    closed: bool,
    created: When,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// The last slug of the page before.
    #[serde(default)]
    after: String,
}

/// Shows one page of the list.
pub async fn show(Query(asked): Query<Asked>, signed_in: SignedIn) -> Outcome {
    let (visit, actor) = (&signed_in.visit, signed_in.actor());
    let limit = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    let mut found = visit.or_say(organisation::list(&visit.app, &actor, &asked.after, limit).await)?;
    found.retain(|one| actor.oversees(&visit.app, one.id).is_ok());
    let office = signed_in.person.account().office;
    if found.is_empty() && office.is_none() {
        return Ok(visit.say(&Problem::new(StatusCode::FORBIDDEN, "not-manager")));
    }
    let more = office.is_some() && found.len() > ROWS;
    if more {
        found.truncate(ROWS);
    }
    let next = found.last().filter(|_| more).map(|last| format!("{PATH}?after={}", last.slug));
    let rows = found.iter().map(|one| Row {
        slug: one.slug.to_string(),
        name: one.name.to_string(),
        closed: one.status == OrganisationStatus::Closed,
        created: When(one.created_at),
    });
    let (frame, rows) = (signed_in.frame("nav-organisations"), rows.collect());
    Ok(visit.show(&Page { frame, rows, next, may_make: signed_in.administers() }))
}

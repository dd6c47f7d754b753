//! All accounts in order of their names, page by page, and those whose names begin with something.

use askama::Template;
use axum::extract::Query;
use serde::Deserialize;

use super::{Badge, PATH, badges};
use crate::actions::account;
use crate::pages::frame::{Frame, When};
use crate::pages::sheet::{Form, Kind};
use crate::pages::visit::{Outcome, Overseer};

/// Rows on one page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "pages/accounts/list.html")]
struct Page {
    frame: Frame,
    search: Form,
    searched: bool,
    rows: Vec<Row>,
    next: Option<String>,
    may_make: bool,
}

struct Row {
    name: String,
    shown_name: String,
    email: String,
    badges: Vec<Badge>,
    created: When,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// The beginning of the names.
    #[serde(default)]
    name: String,
    /// The last name of the page before.
    #[serde(default)]
    after: String,
}

/// Shows one page of the list.
pub async fn show(Query(asked): Query<Asked>, Overseer(signed_in): Overseer) -> Outcome {
    let visit = &signed_in.visit;
    let prefix = asked.name.trim().to_lowercase();
    let limit = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    let found = account::search(&visit.app, &signed_in.actor(), &prefix, &asked.after, limit).await;
    let mut found = visit.or_say(found)?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let last = found.last().filter(|_| more).map(|last| last.user_name.to_string());
    let next = last.map(|last| {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("name", &prefix)
            .append_pair("after", &last)
            .finish();
        format!("{PATH}?{query}")
    });
    let rows = found.iter().map(|account| Row {
        name: account.user_name.to_string(),
        shown_name: account.display_name.to_string(),
        email: account.email.as_deref().unwrap_or_default().to_owned(),
        badges: badges(account),
        created: When(account.created_at),
    });
    let search = Form::get(visit.language, "search", PATH.to_owned(), "accounts-search-button");
    let search = search.may("name", "accounts-search", Kind::Line(63)).holding(&prefix);
    let frame = signed_in.frame("nav-accounts");
    let (rows, searched) = (rows.collect(), !prefix.is_empty());
    Ok(visit.show(&Page { frame, search, searched, rows, next, may_make: signed_in.administers() }))
}

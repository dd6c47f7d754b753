//! All letters, newest first, page by page; and one that only shows that letters arrive.

use askama::Template;
use axum::extract::Query;
use serde::Deserialize;

use super::{PATH, about, badge};
use crate::actions::{ActionError, post};
use crate::model::outbox::OutboxEntry;
use crate::pages::frame::{Frame, When};
use crate::pages::sheet::{Form, Kind};
use crate::pages::step_up;
use crate::pages::visit::{Outcome, Overseer, SignedIn};
use crate::web::fields::Fields;

/// Rows on one page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "pages/letters/list.html")]
struct Page {
    frame: Frame,
    /// Where letters go, for administrators.
    place: Option<String>,
    leaves: bool,
    test: Option<Form>,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    id: String,
    subject: String,
    to: String,
    badge: (&'static str, &'static str),
    created: When,
    error: Option<String>,
}

/// What the address may carry.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// The last letter of the page before.
    #[serde(default)]
    before: String,
}

/// Shows one page of the list.
pub async fn show(Query(asked): Query<Asked>, Overseer(signed_in): Overseer) -> Outcome {
    let form = form(&signed_in);
    page(&signed_in, &asked.before, form).await
}

/// Sends a letter that shows that letters arrive.
pub async fn test(Overseer(signed_in): Overseer, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let mut form = form(&signed_in).filled(&fields);
    let Some(to) = form.read(&fields, "address", "field-email-error") else {
        return page(&signed_in, "", form).await;
    };
    step_up::fresh(&mut signed_in, &fields).await?;
    match post::test(&signed_in.visit.app, &signed_in.actor(), to).await {
        Ok(_) => Ok(signed_in.visit.go_saying(PATH, "flash-letter-sent")),
        Err(error) => {
            form.refuse(&error, &[]);
            if let ActionError::Mail(error) = &error {
                form.problem = Some(post::said(error));
            }
            page(&signed_in, "", form).await
        }
    }
}

fn form(signed_in: &SignedIn) -> Form {
    let form = Form::post(signed_in.visit.language, "test", PATH.to_owned(), "letters-test");
    form.needs("address", "letters-test-to", Kind::Email)
}

async fn page(signed_in: &SignedIn, before: &str, form: Form) -> Outcome {
    let visit = &signed_in.visit;
    let limit = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    let found = post::list(&visit.app, &signed_in.actor(), before.parse().ok(), limit).await;
    let mut found = visit.or_say(found)?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let next = found.last().filter(|_| more).map(|last| format!("{PATH}?before={}", last.id));
    let frame = signed_in.frame("nav-letters");
    let rows = found.iter().map(|entry| row(&frame, entry)).collect();
    let mailer = visit.app.mailer.load();
    let administers = signed_in.administers();
    let status = if form.is_wrong() { form.status } else { http::StatusCode::OK };
    let place = administers.then(|| mailer.place());
    let test = administers.then_some(form);
    Ok(visit.show_as(status, &Page { frame, place, leaves: mailer.leaves(), test, rows, next }))
}

fn row(frame: &Frame, entry: &OutboxEntry) -> Row {
    Row {
        id: entry.id.to_string(),
        subject: about(frame, entry),
        to: entry.recipient.clone(),
        badge: badge(entry),
        created: When(entry.created_at),
        error: entry.last_error.clone(),
    }
}

//! Who did what, newest first, page by page.

use std::collections::HashMap;

use askama::Template;
use axum::extract::Query;
use http::StatusCode;

use super::{Asked, PATH};
use crate::actions::{account, audit, organisation};
use crate::model::id::AccountId;
use crate::pages::frame::{Frame, When};
use crate::pages::sheet::Form;
use crate::pages::visit::{Outcome, SignedIn};
use crate::store::audit::Recorded;

/// Rows on one page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "pages/audit/list.html")]
struct Page {
    frame: Frame,
    filter: Form,
    rows: Vec<Row>,
    older: Option<String>,
    query: String,
    overseer: bool,
}

struct Row {
    seq: i64,
    at: When,
    act: String,
    actor: String,
    account: Option<String>,
    subject: String,
    subject_account: Option<String>,
    organisation: Option<String>,
    detail: String,
    personal: String,
    address: String,
    request: Option<String>,
}

/// Shows one page of the trail.
pub async fn show(Query(asked): Query<Asked>, signed_in: SignedIn) -> Outcome {
    let visit = &signed_in.visit;
    let (mut filter, search) = asked.search(visit.language);
    let before = asked.before.parse::<i64>().ok();
    let limit = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    let overseer = signed_in.person.account().office.is_some();
    let found = match &search {
        Some(search) => audit::list(&visit.app, &signed_in.actor(), search, before, limit).await,
        None => Ok(Vec::new()),
    };
    let mut found = match found {
        Ok(found) => found,
        Err(error) if overseer => {
            filter.refuse(&error, &[("no-account", "actor"), ("no-organisation", "organisation")]);
            Vec::new()
        }
        Err(error) => return visit.or_say(Err(error)),
    };
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let last = found.last().filter(|_| more).map(|last| last.seq.to_string());
    let older = last.map(|last| format!("{PATH}?{}", asked.query(Some(("before", &last)))));
    let mut known = Known { signed_in: &signed_in, overseer, names: HashMap::new(), homes: HashMap::new() };
    let mut rows = Vec::with_capacity(found.len());
    for entry in found {
        rows.push(known.row(entry).await);
    }
    let status = if filter.is_wrong() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (frame, query) = (signed_in.frame("nav-audit"), asked.query(None));
    Ok(visit.show_as(status, &Page { frame, filter, rows, older, query, overseer }))
}

/// Names for ids, each looked up once; only for those who may see all accounts.
struct Known<'a> {
    signed_in: &'a SignedIn,
    overseer: bool,
    names: HashMap<String, Option<String>>,
    homes: HashMap<String, Option<String>>,
}

impl Known<'_> {
    async fn row(&mut self, entry: Recorded) -> Row {
        let subject_account = match entry.subject.strip_prefix("account ") {
            Some(id) => self.name(id).await,
            None => None,
        };
        let organisation = match &entry.organisation {
            Some(id) => self.home(id).await,
            None => None,
        };
        Row {
            seq: entry.seq,
            at: When(entry.at),
            account: self.name(&entry.actor).await,
            act: entry.act,
            actor: entry.actor,
            subject: entry.subject,
            subject_account,
            organisation,
            detail: entry.detail,
            personal: entry.personal.unwrap_or_default(),
            address: entry.address.unwrap_or_default(),
            request: entry.request,
        }
    }

    async fn name(&mut self, id: &str) -> Option<String> {
        let account: AccountId = id.parse().ok().filter(|_| self.overseer)?;
        if !self.names.contains_key(id) {
            let found = account::by_id(&self.signed_in.visit.app, account).await.ok();
            self.names.insert(id.to_owned(), found.map(|account| account.user_name.to_string()));
        }
        self.names.get(id).cloned().flatten()
    }

    async fn home(&mut self, id: &str) -> Option<String> {
        if !self.homes.contains_key(id) {
            let (app, actor) = (&self.signed_in.visit.app, self.signed_in.actor());
            let found = match id.parse() {
                Ok(id) => organisation::by_id(app, &actor, id).await.ok(),
                Err(_) => None,
            };
            self.homes.insert(id.to_owned(), found.map(|home| home.slug.to_string()));
        }
        self.homes.get(id).cloned().flatten()
    }
}

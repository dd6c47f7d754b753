//! The drop-box for leaked keys, for people: whoever holds a key's whole text may end it. What is said does
//! not depend on whether there was such a key. Programs post theirs to `/.portcullis/keys/report`.

use askama::Template;
use axum::response::Response;
use http::{StatusCode, header};

use super::form::{self, Wrong};
use super::frame::Frame;
use super::visit::{Outcome, Visit};
use crate::actions::api_key::report::{Reported, report as act};
use crate::auth::credentials::LONGEST_KEY;
use crate::model::quota::Verdict;
use crate::secret::Secret;
use crate::web::fields::Fields;

/// The page.
const PATH: &str = "/.portcullis/report-key";

#[derive(Template)]
#[template(path = "pages/report_key.html")]
struct Page {
    frame: Frame,
    wrong: Wrong,
}

/// Leads people here from where programs report.
pub async fn lead(visit: Visit) -> Outcome {
    Ok(visit.go(PATH))
}

/// Shows the form.
pub async fn show(visit: Visit) -> Outcome {
    Ok(page(&visit, StatusCode::OK, Wrong::default()))
}

/// Ends the key, if it is one.
pub async fn report(visit: Visit, fields: Fields) -> Outcome {
    let mut visit = visit;
    let text = fields.text("key");
    if text.is_empty() || text.len() > LONGEST_KEY {
        let wrong = Wrong::only("key", form::detail(&visit, "no-key-in-body"));
        return Ok(page(&visit, StatusCode::UNPROCESSABLE_ENTITY, wrong));
    }
    let (now, address) = (visit.app.clock.now(), visit.caller.address);
    if let Verdict::Wait(wait) = visit.app.limits.before_unknown(address, None, now) {
        let wrong = Wrong::only("key", form::detail(&visit, "too-many-failures"));
        let mut answer = page(&visit, StatusCode::TOO_MANY_REQUESTS, wrong);
        answer.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().max(1).into());
        return Ok(answer);
    }
    let reported = act(&visit.app, visit.origin(), &Secret::new(text.to_owned())).await;
    if visit.or_say(reported)? == Reported::Nothing {
        visit.app.limits.failed(address, None, now);
    }
    Ok(visit.go_saying(PATH, "flash-key-reported"))
}

fn page(visit: &Visit, status: StatusCode, wrong: Wrong) -> Response {
    visit.show_as(status, &Page { frame: visit.frame("report-title"), wrong })
}

//! One key: what it is, a successor for it, and its end.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;

use super::super::form::Wrong;
use super::super::frame::Frame;
use super::super::step_up;
use super::super::used::Used;
use super::super::visit::{Outcome, SignedIn};
use super::{PATH, Shown, among, made, own};
use crate::actions::api_key::{self as act, Overlap};
use crate::model::api_key::ApiKey;
use crate::web::fields::Fields;
use crate::words;

#[derive(Template)]
#[template(path = "pages/keys/one.html")]
struct Page {
    frame: Frame,
    key: Shown,
    wrong: Wrong,
}

/// Shows the page.
pub async fn show(Path(id): Path<String>, signed_in: SignedIn) -> Outcome {
    let keys = own(&signed_in).await?;
    let key = among(&keys, &id, &signed_in)?;
    Ok(page(&signed_in, StatusCode::OK, (key, &keys), Wrong::default()))
}

/// Makes a successor and shows it.
pub async fn rotate(Path(id): Path<String>, signed_in: SignedIn, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let keys = own(&signed_in).await?;
    let key = among(&keys, &id, &signed_in)?;
    let overlap = match fields.text("overlap") {
        "now" => Overlap::None,
        "1h" => Overlap::Hour,
        "24h" => Overlap::Day,
        "7d" => Overlap::Week,
        _ => {
            let wrong = wrong(&signed_in, "overlap", "key-overlap-error");
            return Ok(page(&signed_in, StatusCode::UNPROCESSABLE_ENTITY, (key, &keys), wrong));
        }
    };
    step_up::fresh(&mut signed_in, &fields).await?;
    let visit = &signed_in.visit;
    let made = visit.or_say(act::rotate(&visit.app, &signed_in.actor(), key.id, overlap).await)?;
    Ok(made::show(&signed_in, &made))
}

/// Ends it, once its name was typed.
pub async fn revoke(Path(id): Path<String>, signed_in: SignedIn, fields: Fields) -> Outcome {
    let mut signed_in = signed_in;
    let keys = own(&signed_in).await?;
    let key = among(&keys, &id, &signed_in)?;
    if fields.text("name") != key.name.trim() {
        let wrong = wrong(&signed_in, "name", "key-revoke-error");
        return Ok(page(&signed_in, StatusCode::UNPROCESSABLE_ENTITY, (key, &keys), wrong));
    }
    step_up::fresh(&mut signed_in, &fields).await?;
    let visit = &signed_in.visit;
    visit.or_say(act::revoke(&visit.app, &signed_in.actor(), key.id).await)?;
    Ok(signed_in.visit.go_saying(PATH, "flash-key-revoked"))
}

fn wrong(signed_in: &SignedIn, field: &'static str, id: &str) -> Wrong {
    Wrong::only(field, words::text(signed_in.visit.language, id))
}

fn page(
    signed_in: &SignedIn,
    status: StatusCode,
    (key, all): (&ApiKey, &[ApiKey]),
    wrong: Wrong,
) -> Response {
    let config = signed_in.visit.app.config.load();
    let key = super::show(key, all, signed_in, &config);
    let frame = signed_in.frame("key-title");
    signed_in.visit.show_as(status, &Page { frame, key, wrong })
}

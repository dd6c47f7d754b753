//! The list of a person's keys. A key that is being replaced stands below its successor.

use askama::Template;

use super::super::frame::Frame;
use super::super::used::Used;
use super::super::visit::{Outcome, SignedIn};
use super::{Shown, own};
use crate::model::api_key::ApiKey;

#[derive(Template)]
#[template(path = "pages/keys/list.html")]
struct Page {
    frame: Frame,
    live: Vec<Shown>,
    ended: Vec<Shown>,
    validated: bool,
}

/// Shows the page.
pub async fn show(signed_in: SignedIn) -> Outcome {
    let keys = own(&signed_in).await?;
    let config = signed_in.visit.app.config.load();
    let shown = in_pairs(&keys).into_iter().map(|key| super::show(key, &keys, &signed_in, &config));
    let (live, ended) = shown.partition(|key: &Shown| key.state.is_live());
    let validated = signed_in.person.account().validated;
    Ok(signed_in.visit.show(&Page { frame: signed_in.frame("nav-keys"), live, ended, validated }))
}

/// Newest first, each followed by what it replaces.
fn in_pairs(keys: &[ApiKey]) -> Vec<&ApiKey> {
    let replaced = |key: &&ApiKey| keys.iter().any(|other| other.replaces == Some(key.id));
    let mut sorted = Vec::with_capacity(keys.len());
    for first in keys.iter().filter(|key| !replaced(key)) {
        let mut next = Some(first);
        while let Some(key) = next.filter(|_| sorted.len() < keys.len()) {
            sorted.push(key);
            next = keys.iter().find(|older| key.replaces == Some(older.id));
        }
    }
    sorted
}

//! Platforms: the products behind the gate, as configuration defines them.

use serde::Serialize;
use utoipa::ToSchema;

use super::call::{Call, Outcome};
use super::listing::{Page, Paging};
use super::texts::SlugText;

/// A platform.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlatformView {
    /// Its machine name.
    pub slug: SlugText,
    /// The name shown to people.
    pub title: String,
}

/// A page of the platforms.
pub async fn list(call: Call, paging: Paging) -> Outcome<Page<PlatformView>> {
    let config = call.app.config.load();
    let view = |(slug, title): (&crate::model::slug::Slug, &_)| PlatformView {
        slug: SlugText(slug.clone()),
        title: String::clone(title),
    };
    let views = config.routing.platforms.iter().map(view).collect();
    Ok(paging.slice(views, |one: &PlatformView| one.slug.0.to_string()))
}

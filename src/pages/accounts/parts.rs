//! Parts that the pages about accounts share with others: offices to choose from, grants as rows.

use crate::model::account::Office;
use crate::model::slug::Slug;
use crate::pages::frame::When;
use crate::store::grants::Named;
use crate::time::Timestamp;
use crate::words::{self, Language};

/// The offices to choose from.
pub fn offices(language: Language) -> Vec<(String, String)> {
    let choice = |office: Option<Office>| {
        (office.map_or("none", Office::as_str).to_owned(), words::text(language, office_word(office)))
    };
    [None, Some(Office::Support), Some(Office::Administrator)].into_iter().map(choice).collect()
}

/// The word of the catalogue for an office.
pub const fn office_word(office: Option<Office>) -> &'static str {
    match office {
        None => "office-none",
        Some(Office::Support) => "office-support",
        Some(Office::Administrator) => "office-administrator",
    }
}

/// A grant as a row of a table.
pub struct GrantRow {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub account: String,
    /// Slug of the organisation.
    pub organisation: String,
    /// Slug of the space; nothing for each.
    pub space: Option<String>,
    /// Slug of the role.
    pub role: String,
    /// Slug of the platform; nothing for each.
    pub platform: Option<String>,
    /// When it begins to count.
    pub starts: Option<When>,
    /// When it ceases to count.
    pub ends: Option<When>,
    /// Whether it ceased to.
    pub over: bool,
}

/// A grant as a row at this moment.
pub fn grant_row(grant: &Named, now: Timestamp) -> GrantRow {
    GrantRow {
        id: grant.id.to_string(),
        account: grant.user_name.to_string(),
        organisation: grant.organisation.to_string(),
        space: grant.space.as_ref().map(Slug::to_string),
        role: grant.role.to_string(),
        platform: grant.platform.as_ref().map(Slug::to_string),
        starts: grant.starts_at.map(When),
        ends: grant.ends_at.map(When),
        over: grant.ends_at.is_some_and(|end| end <= now),
    }
}

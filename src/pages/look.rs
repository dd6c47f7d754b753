//! Language and theme, chosen in the foot of every page.

use super::ui::Theme;
use super::visit::{Outcome, Visit};
use crate::web::fields::Fields;
use crate::words::Language;

/// Remembers the choice in this browser and goes back to the page.
pub async fn choose(visit: Visit, fields: Fields) -> Outcome {
    let mut visit = visit;
    if let Some(language) = Language::of_tag(fields.text("language")) {
        visit.ui.language = Some(language);
    }
    if !fields.text("theme").is_empty() {
        visit.ui.theme = Theme::of(fields.text("theme"));
    }
    let cookie = visit.ui.cookie();
    visit.set(cookie);
    let back = fields.text("back");
    let plain = back.bytes().all(|b| b.is_ascii_alphanumeric() || b"/.-_~".contains(&b));
    let own = back.starts_with(super::HOME) && !back.contains("//") && !back.contains("..") && plain;
    Ok(visit.go(if own { back } else { super::HOME }))
}

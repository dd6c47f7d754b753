//! Language and theme, chosen in the foot of every page. This browser remembers both; the account of whoever is
//! signed in remembers the language, for letters and for other browsers.

use super::ui::Theme;
use super::visit::{Anybody, Outcome, SignedIn};
use crate::actions::account;
use crate::web::fields::Fields;
use crate::words::Language;

/// Remembers the choice and goes back to the page.
pub async fn choose(Anybody { visit, person }: Anybody, fields: Fields) -> Outcome {
    let mut visit = visit;
    if let Some(language) = Language::of_tag(fields.text("language")) {
        visit.ui.language = Some(language);
        if let Some(person) = person {
            let signed_in = SignedIn { visit, person };
            let (app, actor) = (&signed_in.visit.app, signed_in.actor());
            signed_in.visit.or_say(account::choose_language(app, &actor, language).await)?;
            visit = signed_in.visit;
        }
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

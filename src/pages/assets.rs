//! What pages load: one style sheet, one small script that nothing depends on, the logo. Each is served under
//! a name that holds the digest of its content, so browsers may keep it for ever.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName};

use crate::config::{Brand, Config, LogoForm, Pages, Tones};
use crate::secret::token::sha256;
use crate::web::Reception;

/// Addresses of what pages load, on whatever host.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// The style sheet.
    pub style: String,
    /// The script.
    pub script: String,
    /// The logo, which is the icon too.
    pub icon: String,
    /// Its media type.
    pub icon_kind: &'static str,
}

struct Asset<'a> {
    name: &'static str,
    kind: &'static str,
    content: Cow<'a, [u8]>,
    /// SHA-256 of the content, where it is known already.
    digest: Option<[u8; 32]>,
}

const SHEET: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("page.js");
const ICON: &str = include_str!("icon.svg");

impl Asset<'_> {
    fn address(&self) -> String {
        let digest = self.digest.unwrap_or_else(|| sha256(&self.content));
        let short: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let (stem, ending) = self.name.split_once('.').unwrap_or((self.name, ""));
        format!("/.portcullis/assets/{stem}-{short}.{ending}")
    }
}

/// The sheet, and the operator's colour behind it.
fn style(pages: &Pages) -> Asset<'static> {
    let content = match &pages.brand {
        None => Cow::Borrowed(SHEET.as_bytes()),
        Some(brand) => Cow::Owned((SHEET.to_owned() + &block(brand)).into_bytes()),
    };
    Asset { name: "style.css", kind: "text/css; charset=utf-8", content, digest: None }
}

const fn script() -> Asset<'static> {
    let content = Cow::Borrowed(SCRIPT.as_bytes());
    Asset { name: "page.js", kind: "text/javascript; charset=utf-8", content, digest: None }
}

fn icon(pages: &Pages) -> Asset<'_> {
    let Some(logo) = pages.logo.as_deref() else {
        let content = Cow::Borrowed(ICON.as_bytes());
        return Asset { name: "icon.svg", kind: "image/svg+xml", content, digest: None };
    };
    let (name, kind) = match logo.form {
        LogoForm::Svg => ("logo.svg", "image/svg+xml"),
        LogoForm::Png => ("logo.png", "image/png"),
    };
    Asset { name, kind, content: Cow::Borrowed(logo.content.as_slice()), digest: Some(logo.digest) }
}

/// The operator's colour where the sheet has the gate's, in the same places.
fn block(brand: &Brand) -> String {
    let tones = |tones: &Tones| {
        format!("--brand: {}; --on-brand: {}; --soft: {};", tones.brand, tones.on_brand, tones.soft)
    };
    let (light, dark) = (tones(&brand.light), tones(&brand.dark));
    format!(
        ":root {{ {light} }}\n\
         @media (prefers-color-scheme: dark) {{ :root:not([data-theme=\"light\"]) {{ {dark} }} }}\n\
         :root[data-theme=\"dark\"] {{ {dark} }}\n"
    )
}

/// The addresses under this configuration.
pub fn addresses(config: &Config) -> Addresses {
    let icon = icon(&config.pages);
    Addresses {
        style: style(&config.pages).address(),
        script: script().address(),
        icon: icon.address(),
        icon_kind: icon.kind,
    }
}

/// Serves one of them.
pub async fn serve(State(reception): State<Arc<Reception>>, Path(name): Path<String>) -> Response {
    let config = reception.app.config.load();
    let asked = format!("/.portcullis/assets/{name}");
    let all = [style(&config.pages), script(), icon(&config.pages)];
    let found = all.into_iter().find(|asset| asset.address() == asked);
    match found {
        Some(asset) => {
            let near = (HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
            let kept = (CACHE_CONTROL, "public, max-age=31536000, immutable");
            // A picture that is opened by itself is a document: it runs nothing.
            let tame = (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox");
            ([(CONTENT_TYPE, asset.kind), kept, near, tame], asset.content.into_owned()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DARK, LIGHT};

    /// The grounds on which the operator's colour is judged are those that pages have.
    #[test]
    fn the_sheet_has_the_grounds_that_colours_are_judged_on() {
        let [light_card, light_paper] = LIGHT;
        let [dark_card, dark_paper] = DARK;
        assert!(SHEET.contains(&format!("--paper: {light_paper}; --card: {light_card};")));
        assert_eq!(SHEET.matches(&format!("--paper: {dark_paper}; --card: {dark_card};")).count(), 2);
        assert_eq!(SHEET.matches("--on-brand: #0d1726").count(), 2);
    }
}

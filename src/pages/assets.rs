//! What pages load: one style sheet, one small script that nothing depends on, the icon. Each is served under
//! a name that holds the digest of its content, so browsers may keep it for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};

use crate::config::Config;
use crate::secret::token::sha256;

/// Addresses of what pages load, on whatever host.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// The style sheet.
    pub style: &'static str,
    /// The script.
    pub script: &'static str,
    /// The icon.
    pub icon: &'static str,
}

struct Asset {
    address: String,
    kind: &'static str,
    content: &'static str,
}

impl Asset {
    fn of(name: &str, ending: &str, kind: &'static str, content: &'static str) -> Self {
        let digest = sha256(content.as_bytes());
        let short: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Self { address: format!("/.portcullis/assets/{name}-{short}.{ending}"), kind, content }
    }
}

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("style", "css", "text/css; charset=utf-8", include_str!("style.css")));
static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("page", "js", "text/javascript; charset=utf-8", include_str!("page.js")));
static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::of("icon", "svg", "image/svg+xml", include_str!("icon.svg")));

/// The addresses under this configuration.
pub fn addresses(_: &Config) -> Addresses {
    Addresses { style: &STYLE.address, script: &SCRIPT.address, icon: &ICON.address }
}

/// Serves one of them.
pub async fn serve(Path(name): Path<String>) -> Response {
    let asked = format!("/.portcullis/assets/{name}");
    let found = [&*STYLE, &*SCRIPT, &*ICON].into_iter().find(|asset| asset.address == asked);
    match found {
        Some(asset) => {
            let nosniff = (HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
            let kept = (CACHE_CONTROL, "public, max-age=31536000, immutable");
            ([(CONTENT_TYPE, asset.kind), kept, nosniff], asset.content).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

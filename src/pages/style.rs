//! The one style sheet, set into each page and named by its hash in the page's security policy, so that no
//! other style and no script can run.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use crate::secret::token::sha256;

/// The style sheet.
pub const SHEET: &str = include_str!("trouble.css");

/// The policy of every page: its own style, nothing else.
pub static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(sha256(SHEET.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

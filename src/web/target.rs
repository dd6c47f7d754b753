//! Where somebody wanted to go before they had to sign in. The gate writes it down from a request that it
//! routed, seals it and hands it to the browser; what comes back opens or counts as nothing. So a target is
//! always one of the gate's own hosts and a path that was really asked for (K12, K13).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::app::App;
use crate::model::slug::Slug;
use crate::secret::seal::Place;
use crate::time::Timestamp;

/// A page to return to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// One of the gate's hosts, in canonical form.
    pub host: String,
    /// Path and query on it, beginning with a single `/`.
    pub path: String,
    /// The platform of the route that was asked for, where it was a route.
    pub platform: Option<Slug>,
    /// What the flow cookie that the browser holds on that host says; empty where no hand-off is needed.
    pub flow: String,
    /// When it ceases to count.
    pub until: Timestamp,
}

/// The place that targets are sealed for; they are never stored.
const PLACE: Place<'static> = Place { table: "browser", column: "target", row: b"" };

/// Longest path and query that is remembered, in bytes; whoever asked for more comes out at `/`.
const LONGEST_PATH: usize = 1500;

/// How long a browser may keep a target: the tab of a working day.
pub const LIFETIME: std::time::Duration = std::time::Duration::from_secs(12 * 3600);

impl Target {
    /// A target, or the top of its host where the path cannot be one.
    pub fn at(host: &str, path: &str, now: Timestamp) -> Self {
        let path = if is_path(path) && path.len() <= LONGEST_PATH { path } else { "/" };
        let until = now.plus(LIFETIME);
        Self { host: host.to_owned(), path: path.to_owned(), platform: None, flow: String::new(), until }
    }

    /// The same for the browser that holds this flow cookie on the target's host.
    pub fn with_flow(self, flow: &str) -> Self {
        Self { flow: flow.to_owned(), ..self }
    }

    /// For a query or a hidden field; URL-safe. `None` when it cannot be sealed.
    pub fn sealed(&self, app: &App) -> Option<String> {
        let platform = self.platform.as_ref().map_or("", Slug::as_str);
        let until = self.until.millis().to_string();
        let text = [&self.host, &self.path, platform, &self.flow, &until].join("\n");
        let sealed = app.keyring.load().seal(PLACE, text.as_bytes()).ok()?;
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Reads back what [`Target::sealed`] gave; `None` for anything else, and for what is too old or leads
    /// to a host that configuration no longer knows.
    pub fn open(app: &App, text: &str) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
        let plain = app.keyring.load().unseal(PLACE, &sealed).ok()?;
        let mut lines = std::str::from_utf8(plain.expose()).ok()?.split('\n');
        let (host, path, platform) = (lines.next()?, lines.next()?, lines.next()?);
        let flow = lines.next()?.to_owned();
        let until = Timestamp::from_millis(lines.next()?.parse().ok()?);
        let known = app.config.load().serves(host);
        (known && is_path(path) && app.clock.now() < until).then(|| Self {
            host: host.to_owned(),
            path: path.to_owned(),
            platform: platform.parse().ok(),
            flow,
            until,
        })
    }

    /// The whole address. All hosts answer on the port of the public origin.
    pub fn url(&self, app: &App) -> String {
        format!("{}{}", app.config.load().origin_of(&self.host), self.path)
    }
}

/// Whether a text can only be read as a path on the host it is sent to (K12).
fn is_path(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first() == Some(&b'/')
        && !matches!(bytes.get(1), Some(b'/' | b'\\'))
        && bytes.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// K12: what a browser could take for another site is no path.
    #[test]
    fn what_could_leave_the_host_is_no_path() {
        for path in ["/", "/a?b=c%20d", "/a//b", "/a@b", "/.portcullis/keys"] {
            assert!(is_path(path), "{path}");
        }
        for path in [
            "",
            "a",
            "//evil.test",
            "/\\evil.test",
            "\\\\evil",
            "https://evil.test",
            "/a b",
            "/a\tb",
            "/a\\b",
            "/ä",
        ] {
            assert!(!is_path(path), "{path}");
        }
        let now = Timestamp::from_millis(0);
        assert_eq!(Target::at("app.test", "//evil.test", now).path, "/");
        assert_eq!(Target::at("app.test", &format!("/{}", "a".repeat(2000)), now).path, "/");
    }
}

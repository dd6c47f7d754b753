//! `[traces]`: where spans go, and how many of them.

use std::sync::Arc;

use http::{HeaderValue, Uri};

use super::file;
use super::notes::Notes;
use crate::secret::Secret;

/// Traces.
#[derive(Clone)]
pub struct Traces {
    /// Where spans go; `None` makes none.
    pub collector: Option<Arc<Collector>>,
    /// How many of all possible traces are recorded, of those begun here.
    pub sample: u64,
    /// Whether every client's trace context is believed, and not only that of trusted proxies.
    pub accept_everyone: bool,
}

/// Where spans are sent.
pub struct Collector {
    /// `http` or `https`, host, and a path.
    pub url: Uri,
    /// The value of `Authorization`.
    pub authorization: Option<Secret<String>>,
    /// Name of this service.
    pub service: String,
}

impl PartialEq for Collector {
    fn eq(&self, other: &Self) -> bool {
        let secret = |one: &Self| one.authorization.as_ref().map(|value| value.expose().clone());
        self.url == other.url && self.service == other.service && secret(self) == secret(other)
    }
}

/// Where OTLP over HTTP takes traces.
const PATH: &str = "/v1/traces";

/// Reads `[traces]`.
pub(super) fn traces(written: &file::Traces, notes: &mut Notes<'_>) -> Traces {
    let authorization = authorization(written, notes);
    let url = (written.endpoint != "none").then(|| endpoint(&written.endpoint, notes)).flatten();
    let collector = url.map(|url| Collector { url, authorization, service: written.service.clone() });
    Traces {
        collector: collector.map(Arc::new),
        sample: share(&written.sample).unwrap_or_else(|| {
            let what = format!("`traces.sample` is not a share: \"{}\"", written.sample);
            notes.error("traces.sample", what, "write a share from \"0%\" to \"100%\", such as \"2.5%\"");
            0
        }),
        accept_everyone: written.accept == file::TraceWord::Everyone,
    }
}

fn endpoint(written: &str, notes: &mut Notes<'_>) -> Option<Uri> {
    let whole = match written.parse::<Uri>() {
        Ok(url) if matches!(url.path(), "" | "/") => {
            format!("{}{PATH}", written.trim_end_matches('/')).parse()
        }
        parsed => parsed,
    };
    let usable = |url: &Uri| {
        matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty())
    };
    let url = whole.ok().filter(usable);
    if url.is_none() {
        let what = format!("`traces.endpoint` is no URL of a collector: \"{written}\"");
        notes.error("traces.endpoint", what, "write it as \"http://127.0.0.1:4318\", or \"none\"");
    }
    url
}

/// A share of all numbers of 64 bits.
fn share(written: &str) -> Option<u64> {
    let percent: f64 = written.strip_suffix('%')?.trim().parse().ok()?;
    if !(0.0..=100.0).contains(&percent) {
        return None;
    }
    if percent >= 100.0 {
        return Some(u64::MAX);
    }
    // The fraction is below one, so it fits.
    Some((percent / 100.0 * u64::MAX as f64) as u64)
}

fn authorization(written: &file::Traces, notes: &mut Notes<'_>) -> Option<Secret<String>> {
    let (key, value) = match (&written.authorization, &written.authorization_file) {
        (Some(_), Some(_)) => {
            let what = "`traces.authorization` is given twice";
            notes.error(
                "traces.authorization_file",
                what,
                "keep either `authorization` or `authorization_file`",
            );
            return None;
        }
        (Some(value), None) => ("traces.authorization", value.clone()),
        (None, Some(file)) => {
            let key = "traces.authorization_file";
            (key, notes.secret_file(key, file)?)
        }
        (None, None) => return None,
    };
    if HeaderValue::from_str(&value).is_err() {
        notes.error(
            key,
            format!("`{key}` does not hold the value of a header field"),
            "write one line of text",
        );
    }
    Some(Secret::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_part_of_all_traces() {
        assert_eq!((share("100%"), share("0%")), (Some(u64::MAX), Some(0)));
        let half = share("50%").unwrap() as f64 / u64::MAX as f64;
        assert!((half - 0.5).abs() < 1e-9, "{half}");
        for bad in ["", "50", "-1%", "101%", "%", "NaN%", "half"] {
            assert_eq!(share(bad), None, "{bad}");
        }
    }
}

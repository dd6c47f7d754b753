//! The flow cookie: binds a sign-in to the browser that began it, and counts how often that browser arrived
//! without being let in, so that a loop ends with a page instead of going round for ever.

use http::HeaderValue;

use super::cookie::{self, Kept};
use crate::secret::token;
use crate::time::Timestamp;

/// The flow of one browser on one host.
#[derive(Clone, PartialEq, Eq)]
pub struct Flow {
    token: String,
    arrivals: u8,
    last: i64,
}

/// So many arrivals in a row are a loop.
const MOST_ARRIVALS: u8 = 4;

/// Arrivals further apart than this, in seconds, are not in a row.
const IN_A_ROW: i64 = 60;

/// How long a browser keeps the cookie, in seconds; as long as a target counts.
const KEPT: u32 = 12 * 3600;

impl Flow {
    /// The flow that a cookie's value names, or a new one.
    pub fn read_or_begin(value: Option<&str>) -> Self {
        value.and_then(Self::read).unwrap_or_else(|| Self {
            token: token::mint_session_token().expose().clone(),
            arrivals: 0,
            last: 0,
        })
    }

    /// The flow that a cookie's value names.
    pub fn read(value: &str) -> Option<Self> {
        let mut parts = value.split('.');
        let token = parts.next().filter(|token| token.len() == token::SESSION_TOKEN_LEN)?;
        let (arrivals, last) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let plain = token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        (plain && parts.next().is_none()).then(|| Self { token: token.to_owned(), arrivals, last })
    }

    /// What targets and codes are bound to.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What a form of the sign-in page carries: only whoever sees the page in this browser knows it.
    pub fn form_token(&self) -> String {
        let digest = token::sha256(format!("form\n{}", self.token).as_bytes());
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a form was made for this flow.
    pub fn fits(&self, form_token: &str) -> bool {
        let same = |text: &str| token::sha256(text.as_bytes());
        token::same(&same(&self.form_token()), &same(form_token))
    }

    /// Counts an arrival.
    pub fn arrived(self, now: Timestamp) -> Self {
        let in_a_row = now.seconds() - self.last <= IN_A_ROW;
        let arrivals = if in_a_row { self.arrivals.saturating_add(1) } else { 1 };
        Self { arrivals, last: now.seconds(), ..self }
    }

    /// Whether this browser arrives again and again without being let in.
    pub fn goes_round(&self, now: Timestamp) -> bool {
        self.arrivals >= MOST_ARRIVALS && now.seconds() - self.last <= IN_A_ROW
    }

    /// The cookie that keeps it.
    pub fn cookie(&self) -> HeaderValue {
        let value = format!("{}.{}.{}", self.token, self.arrivals, self.last);
        let mut field = cookie::set(cookie::FLOW, &value, Kept::Seconds(KEPT));
        field.set_sensitive(true);
        field
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn a_browser_that_arrives_again_and_again_goes_round() {
        let mut flow = Flow::read_or_begin(None);
        for second in 0..4 {
            assert!(!flow.goes_round(at(second)));
            flow = flow.arrived(at(second));
        }
        assert!(flow.goes_round(at(4)));
        assert!(!flow.goes_round(at(100)));
        assert!(!flow.arrived(at(100)).goes_round(at(100)));
    }

    #[test]
    fn the_cookie_reads_back_and_anything_else_begins_anew() {
        let flow = Flow::read_or_begin(None).arrived(at(5));
        let cookie = flow.cookie();
        let value = cookie.to_str().unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
        assert!(Flow::read(&value) == Some(flow.clone()));
        assert!(flow.fits(&flow.form_token()) && !flow.fits("") && !flow.fits(&"0".repeat(32)));
        for nonsense in ["", "x", "x.1.2", &format!("{value}.9"), &value.replace('.', ";")] {
            assert!(Flow::read(nonsense).is_none(), "{nonsense}");
        }
    }
}

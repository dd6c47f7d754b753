//! A message as Standard Webhooks says: an id that stays the same however often it is sent, the moment of this
//! attempt, and a signature over both and the body by each secret in force.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};

use crate::model::id::EventId;
use crate::secret::{Secret, token};
use crate::time::Timestamp;

/// What every secret begins with.
const PREFIX: &str = "whsec_";

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

const SECOND: u64 = 1;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// Pauses before each further attempt, in seconds: three days in all.
const PAUSES: [u64; 9] =
    [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// The secret of a webhook, which both ends know.
pub struct WebhookSecret(Secret<Vec<u8>>);

impl WebhookSecret {
    /// A new one of 256 bits.
    pub fn mint() -> Self {
        Self(Secret::new(token::random::<32>().to_vec()))
    }

    /// One that was kept.
    pub const fn from_bytes(bytes: Secret<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// As it is kept, sealed.
    pub fn bytes(&self) -> &[u8] {
        self.0.expose()
    }

    /// As the other end keeps it.
    pub fn text(&self) -> Secret<String> {
        Secret::new(format!("{PREFIX}{}", STANDARD.encode(self.0.expose())))
    }

    fn sign(&self, content: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose());
        format!("v1,{}", STANDARD.encode(hmac::sign(&key, content)))
    }
}

/// The fields of an attempt, signed by every secret.
///
/// # Errors
/// Never: all of it is text that a field may hold.
pub fn headers(
    event: EventId,
    at: Timestamp,
    body: &str,
    secrets: &[WebhookSecret],
) -> Result<HeaderMap, InvalidHeaderValue> {
    let (id, seconds) = (event.to_string(), at.seconds().to_string());
    let content = format!("{id}.{seconds}.{body}");
    let signatures: Vec<String> = secrets.iter().map(|secret| secret.sign(content.as_bytes())).collect();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ID, HeaderValue::from_str(&id)?);
    headers.insert(TIMESTAMP, HeaderValue::from_str(&seconds)?);
    headers.insert(SIGNATURE, HeaderValue::from_str(&signatures.join(" "))?);
    Ok(headers)
}

/// How long to wait after so many attempts, a tenth more or less, so that what failed together does not come back
/// together. Nothing after the last.
pub fn pause(attempts: u32) -> Option<Duration> {
    let at = usize::try_from(attempts).ok()?.checked_sub(1)?;
    let seconds = *PAUSES.get(at)?;
    let [dice] = token::random::<1>();
    let thousandths = seconds * (900 + u64::from(dice) * 200 / 255);
    Some(Duration::from_millis(thousandths))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-71: the example that the reference implementations test themselves with.
    #[test]
    fn a_message_is_signed_as_the_standard_says() {
        let kept = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let secret = WebhookSecret::from_bytes(Secret::new(kept));
        assert_eq!(secret.text().expose(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let content = br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#;
        assert_eq!(secret.sign(content), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn both_secrets_sign_while_one_takes_over_from_the_other() {
        let id: EventId = "0192d3a0-0000-7000-8000-000000000001".parse().unwrap();
        let both = [WebhookSecret::mint(), WebhookSecret::mint()];
        let headers = headers(id, Timestamp::from_millis(1_700_000_000_999), "{}", &both).unwrap();
        assert_eq!(headers["webhook-id"], "0192d3a0-0000-7000-8000-000000000001");
        assert_eq!(headers["webhook-timestamp"], "1700000000");
        let content = format!("{id}.1700000000.{{}}");
        let expected: Vec<_> = both.iter().map(|one| one.sign(content.as_bytes())).collect();
        assert_eq!(headers["webhook-signature"], expected.join(" ").as_str());
        assert_ne!(expected[0], expected[1]);
    }

    /// R-71: retries over at least 24 hours.
    #[test]
    fn attempts_are_spread_over_three_days() {
        let all: Vec<Duration> = (1..).map_while(pause).collect();
        assert_eq!(all.len(), PAUSES.len());
        let sum: Duration = all.iter().sum();
        assert!((Duration::from_secs(60 * HOUR)..Duration::from_secs(90 * HOUR)).contains(&sum), "{sum:?}");
        for (pause, seconds) in all.iter().zip(PAUSES) {
            let whole = Duration::from_secs(seconds);
            assert!((whole * 9 / 10..=whole * 11 / 10).contains(pause), "{pause:?}");
        }
        assert_eq!(pause(0), None);
    }
}

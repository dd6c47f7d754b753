//! How an app is told who is calling. Rendered once per identity and profile, then only cloned; what the
//! client sent under these names was removed before.

use std::fmt::Write;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::model::identity::Identity;
use crate::model::route::HeaderProfile;

/// The field of the signed assertion.
pub const ASSERTION: HeaderName = HeaderName::from_static("x-portcullis-jwt-assertion");

const ACCOUNT_ID: HeaderName = HeaderName::from_static("x-portcullis-account-id");
const ORGANISATION: HeaderName = HeaderName::from_static("x-portcullis-organisation");
const PLATFORM: HeaderName = HeaderName::from_static("x-portcullis-platform");
const SPACE: HeaderName = HeaderName::from_static("x-portcullis-space");
const ROLE: HeaderName = HeaderName::from_static("x-portcullis-role");
const AUTH_METHOD: HeaderName = HeaderName::from_static("x-portcullis-auth-method");
const KEY_ID: HeaderName = HeaderName::from_static("x-portcullis-key-id");
const EMAIL_VALIDATED: HeaderName = HeaderName::from_static("x-portcullis-email-validated");

/// Names of the four fields that other gates know too: user, e-mail, groups, and the name people go by.
const fn names(profile: HeaderProfile) -> [HeaderName; 4] {
    match profile {
        HeaderProfile::Forwarded => [
            HeaderName::from_static("x-forwarded-user"),
            HeaderName::from_static("x-forwarded-email"),
            HeaderName::from_static("x-forwarded-groups"),
            HeaderName::from_static("x-forwarded-preferred-username"),
        ],
        HeaderProfile::Remote => [
            HeaderName::from_static("remote-user"),
            HeaderName::from_static("remote-email"),
            HeaderName::from_static("remote-groups"),
            HeaderName::from_static("remote-name"),
        ],
        HeaderProfile::AuthRequest => [
            HeaderName::from_static("x-auth-request-user"),
            HeaderName::from_static("x-auth-request-email"),
            HeaderName::from_static("x-auth-request-groups"),
            HeaderName::from_static("x-auth-request-preferred-username"),
        ],
    }
}

/// Sets the identity fields of a profile.
pub fn set(headers: &mut HeaderMap, identity: &Identity, profile: HeaderProfile) {
    let slot = identity.rendered.get(profile as usize);
    let Some(fields) = slot.map(|slot| slot.get_or_init(|| render(identity, profile))) else { return };
    for (name, value) in fields {
        headers.insert(name.clone(), value.clone());
    }
}

fn render(identity: &Identity, profile: HeaderProfile) -> Vec<(HeaderName, HeaderValue)> {
    let account = &identity.standing.account;
    let [user, email, groups, name] = names(profile);
    let mut fields = Vec::with_capacity(12);
    let mut tell = |name: HeaderName, text: &str| {
        if let Ok(value) = HeaderValue::from_str(&encoded(text)) {
            fields.push((name, value));
        }
    };
    tell(user, account.user_name.as_str());
    tell(name, &account.display_name);
    if let Some(address) = &account.email {
        tell(email, address);
    }
    tell(ACCOUNT_ID, &account.id.to_string());
    tell(AUTH_METHOD, identity.presented.method().as_str());
    tell(EMAIL_VALIDATED, if account.validated { "true" } else { "false" });
    if let Some(key) = identity.key_id() {
        tell(KEY_ID, key.as_str());
    }
    if let Some(credentials) = &identity.credentials {
        let (organisation, space) = (credentials.organisation.as_str(), credentials.space.as_str());
        tell(groups, &identity.groups().join(","));
        tell(ORGANISATION, organisation);
        tell(PLATFORM, credentials.platform.as_str());
        tell(SPACE, space);
        tell(ROLE, credentials.role.as_str());
    }
    fields
}

/// Text as a field value: printable ASCII stands for itself, everything else and `%` is percent-encoded
/// UTF-8, so that no name can break a field or pass for another.
fn encoded(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for byte in text.bytes() {
        if (b' '..=b'~').contains(&byte) && byte != b'%' {
            value.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(value, "%{byte:02X}");
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::field_names::{fold, is_owned};

    /// H4: every name that is ever set is one that is always removed first.
    #[test]
    fn every_name_of_every_profile_is_owned() {
        let own = [
            ACCOUNT_ID,
            ORGANISATION,
            PLATFORM,
            SPACE,
            ROLE,
            AUTH_METHOD,
            KEY_ID,
            EMAIL_VALIDATED,
            ASSERTION,
        ];
        for profile in [HeaderProfile::Forwarded, HeaderProfile::Remote, HeaderProfile::AuthRequest] {
            for name in names(profile).iter().chain(&own) {
                assert!(is_owned(&fold(name.as_str())), "{name}");
            }
        }
    }

    #[test]
    fn values_cannot_break_out_of_their_field() {
        assert_eq!(encoded("Ada Lovelace"), "Ada Lovelace");
        assert_eq!(encoded("Zo\u{eb}\r\nX: 1%"), "Zo%C3%AB%0D%0AX: 1%25");
    }
}

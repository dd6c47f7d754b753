//! Which field names belong to the gate. Names are compared after folding, because apps fold them too:
//! `X_Forwarded.User` and `x-forwarded-user` are one name to somebody (H1–H6).

use http::HeaderName;

/// Every identity field of every profile, in folded form, beside all of `x-portcullis-*`.
const IDENTITY: [&str; 18] = [
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-forwarded-access-token",
    "x-auth-request-user",
    "x-auth-request-email",
    "x-auth-request-groups",
    "x-auth-request-preferred-username",
    "x-auth-request-access-token",
    "x-auth-request-redirect",
    "x-remote-user",
    "remote-user",
    "remote-email",
    "remote-name",
    "remote-groups",
    "x-auth-user",
    "x-webauth-user",
];

/// Fields that tell about the connection: rebuilt from the peer, never believed (H6). Trace context is
/// handed on where the peer is believed, see `trace.rs`.
const FORWARDING: [&str; 16] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "x-rewrite-url",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-request-id",
    "x-https",
    "traceparent",
    "tracestate",
];

/// Families of such fields, by the beginning of their folded name.
const FAMILIES: [&str; 5] = ["x-portcullis-", "x-forwarded", "x-original-", "x-envoy-", "x-auth-request-"];

/// Hop-by-hop fields (RFC 9110, 7.6.1) and what else speaks of one connection only.
const HOP: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
];

/// Framing, routing and credential fields that a `Connection` field must never take away (H5).
const KEPT: [&str; 10] = [
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "date",
    "origin",
];

/// What is done with a field of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Passed on.
    Pass,
    /// Removed: the gate's own, or of this connection only.
    Drop,
}

/// What becomes of a request field of this name. `allowed` lists unusual names let through as written.
pub fn fate(name: &HeaderName, allowed: &[HeaderName]) -> Fate {
    let text = name.as_str();
    if text.bytes().all(is_usual) {
        return if is_owned(text) || is_hop(text) { Fate::Drop } else { Fate::Pass };
    }
    let folded = fold(text);
    let denied = is_owned(&folded) || is_hop(&folded) || KEPT.contains(&&*folded);
    if denied || !allowed.contains(name) { Fate::Drop } else { Fate::Pass }
}

/// Whether a name, in folded form, is one that only the gate may set.
pub fn is_owned(folded: &str) -> bool {
    match folded.as_bytes().first() {
        Some(b'x') => FAMILIES.iter().any(|family| folded.starts_with(family)) || is_listed(folded),
        Some(b'r' | b'f' | b't' | b'c' | b'v') => is_listed(folded),
        _ => false,
    }
}

fn is_listed(folded: &str) -> bool {
    IDENTITY.contains(&folded) || FORWARDING.contains(&folded)
}

/// Whether a name, in folded form, is hop-by-hop.
pub fn is_hop(folded: &str) -> bool {
    HOP.contains(&folded)
}

/// Whether a `Connection` field may nominate this name for removal.
pub fn may_be_nominated(folded: &str) -> bool {
    !is_owned(folded) && !KEPT.contains(&folded)
}

/// The form in which names are compared: lower case, everything but letters and digits a hyphen.
pub fn fold(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

const fn is_usual(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dropped(name: &str, allowed: &[&str]) -> bool {
        let allowed: Vec<HeaderName> = allowed.iter().map(|name| name.parse().unwrap()).collect();
        fate(&name.parse().unwrap(), &allowed) == Fate::Drop
    }

    /// H1, H2: every separator that some app folds.
    #[test]
    fn an_owned_name_is_dropped_in_every_spelling() {
        for separator in ["-", "_", ".", "!", "~", "'", "+", "*", "|"] {
            for owned in IDENTITY.iter().chain(&["x-portcullis-role", "x-portcullis-anything-new"]) {
                assert!(dropped(&owned.replace('-', separator), &[]), "{owned} {separator}");
            }
        }
        assert!(dropped("x-forwarded_user", &["x-forwarded_user"]));
        assert!(dropped("content_length", &["content_length"]));
        assert!(dropped("transfer.encoding", &["transfer.encoding"]));
    }

    /// H6.
    #[test]
    fn forwarding_fields_are_dropped() {
        for name in
            ["x-forwarded-for", "x-forwarded-ssl", "x-forwarded-prefix", "x-original-url", "x-http-method"]
        {
            assert!(dropped(name, &[]), "{name}");
        }
    }

    #[test]
    fn unusual_names_pass_only_by_exact_name() {
        assert!(dropped("my_field", &[]));
        assert!(!dropped("my_field", &["my_field"]));
        assert!(dropped("my.field", &["my_field"]));
        for plain in ["accept", "x-csrf-token", "destination", "if", "lock-token", "x-requested-with"] {
            assert!(!dropped(plain, &[]), "{plain}");
        }
    }

    proptest! {
        /// H1–H3: whatever folds to an owned name is dropped, whatever is allowed.
        #[test]
        fn no_spelling_of_an_owned_name_passes(
            at in 0..IDENTITY.len(),
            seps in proptest::collection::vec("[-_.!~'+*|^#$%&`]", 4),
        ) {
            let mut seps = seps.iter();
            let spelt: String = IDENTITY[at]
                .chars()
                .map(|c| if c == '-' { seps.next().unwrap().chars().next().unwrap() } else { c })
                .collect();
            prop_assert!(dropped(&spelt, &[&spelt]));
        }
    }
}

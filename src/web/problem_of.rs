//! The problem that each error below is told as: one exhaustive match per kind, so that a new way to fail does
//! not compile until somebody chooses its answer.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use super::problem::{Challenge, Problem};
use crate::actions::api_key::KeyRule;
use crate::actions::password::PasswordRule;
use crate::actions::{ActionError, Denied, Noun, Rule};
use crate::auth::credentials::Unreadable;
use crate::auth::error::{AuthError, Lack};
use crate::store::Constraint;

/// Why somebody was not admitted.
pub fn auth(error: AuthError) -> Problem {
    let problem = |status, slug| Problem::new(status, slug);
    let bad_key = || Problem { challenge: Challenge::BadKey, ..problem(StatusCode::UNAUTHORIZED, "bad-key") };
    match error {
        AuthError::Unreadable(Unreadable::Several) => problem(StatusCode::BAD_REQUEST, "several-credentials"),
        AuthError::Unreadable(Unreadable::ConnectionBound) => {
            problem(StatusCode::BAD_REQUEST, "connection-bound")
        }
        AuthError::Unreadable(
            Unreadable::Scheme | Unreadable::Malformed | Unreadable::User | Unreadable::Length,
        )
        | AuthError::BadKey(_) => bad_key(),
        AuthError::Nobody => {
            Problem { challenge: Challenge::Key, ..problem(StatusCode::UNAUTHORIZED, "nobody") }
        }
        AuthError::ClearText => problem(StatusCode::FORBIDDEN, "clear-text"),
        AuthError::Exhausted(wait) => {
            Problem { retry_after: Some(wait), ..problem(StatusCode::TOO_MANY_REQUESTS, "too-many-failures") }
        }
        AuthError::Forbidden(lack) => problem(StatusCode::FORBIDDEN, of_lack(lack)),
        AuthError::Choose(list) => {
            let list = list.iter().map(|credentials| Value::from(credentials.to_string())).collect();
            let members = vec![("credentials", Value::Array(list))];
            Problem { members, ..problem(StatusCode::FORBIDDEN, "choose-credentials") }
        }
        AuthError::CrossOrigin => problem(StatusCode::FORBIDDEN, "cross-origin"),
        AuthError::Unavailable(_) => unavailable(),
    }
}

const fn of_lack(lack: Lack) -> &'static str {
    match lack {
        Lack::Method => "method-not-accepted",
        Lack::Platform => "other-platform",
        Lack::Membership => "no-credentials",
        Lack::Pick => "credentials-not-held",
        Lack::Rank => "role-too-low",
        Lack::Validation => "not-validated",
        Lack::Age => "authentication-too-old",
    }
}

/// Why an act was not done.
pub fn action(error: &ActionError) -> Problem {
    match error {
        ActionError::Denied(denied) => Problem::new(StatusCode::FORBIDDEN, of_denied(*denied)),
        ActionError::Missing(noun) => Problem::new(StatusCode::NOT_FOUND, of_noun(*noun)),
        ActionError::Refused(rule) => Problem::new(StatusCode::CONFLICT, of_rule(*rule)),
        ActionError::Key(rule) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, of_key_rule(rule)),
        ActionError::Password(rule) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, of_password_rule(*rule))
        }
        ActionError::Busy => {
            let retry_after = Some(Duration::from_secs(2));
            Problem { retry_after, ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy") }
        }
        ActionError::Wait(wait) => {
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-failures");
            Problem { retry_after: Some(*wait), ..problem }
        }
        ActionError::TooManyLetters => {
            let retry_after = Some(Duration::from_secs(60 * 60));
            Problem { retry_after, ..Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-letters") }
        }
        ActionError::Mail(error) => {
            tracing::error!(%error, "a letter was not sent");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "mail-failed")
        }
        ActionError::Taken(constraint) => Problem::new(StatusCode::CONFLICT, of_constraint(*constraint)),
        ActionError::Unavailable(error) => {
            tracing::error!(%error, "an act was not done");
            unavailable()
        }
    }
}

fn unavailable() -> Problem {
    let retry_after = Some(Duration::from_secs(5));
    Problem { retry_after, ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable") }
}

const fn of_denied(denied: Denied) -> &'static str {
    match denied {
        Denied::NotAdministrator => "not-administrator",
        Denied::NotManager => "not-manager",
        Denied::AboveOwnRank => "above-own-rank",
        Denied::Key => "needs-person",
        Denied::NotOwner => "not-owner",
        Denied::NotInvited => "not-invited",
        Denied::NeedsInvitation => "needs-invitation",
        Denied::Feed => "may-not-feed",
        Denied::Inactive => "account-inactive",
    }
}

const fn of_noun(noun: Noun) -> &'static str {
    match noun {
        Noun::Account => "no-account",
        Noun::Organisation => "no-organisation",
        Noun::Space => "no-space",
        Noun::Grant => "no-grant",
        Noun::Entitlement => "no-entitlement",
        Noun::Role => "no-role",
        Noun::Platform => "no-platform",
        Noun::Session => "no-session",
        Noun::Key => "no-key",
        Noun::Host => "no-host",
        Noun::Letter => "no-letter",
        Noun::Webhook => "no-webhook",
        Noun::Delivery => "no-delivery",
        Noun::Invitation => "no-invitation",
        Noun::SignUp => "no-sign-up",
        Noun::Link => "no-link",
        Noun::ArchivedName => "no-archived-name",
        Noun::AddressChange => "no-address-change",
    }
}

const fn of_rule(rule: Rule) -> &'static str {
    match rule {
        Rule::LastManager => "last-manager",
        Rule::LastAdministrator => "last-administrator",
        Rule::AccountClosed => "account-closed",
        Rule::OrganisationClosed => "organisation-closed",
        Rule::GeneralSpace => "general-space",
        Rule::SpaceInUse => "space-in-use",
        Rule::ServiceElsewhere => "service-elsewhere",
        Rule::ServiceAccount => "service-account",
        Rule::ServiceSession => "service-session",
        Rule::OnePerPlatform => "one-per-platform",
        Rule::Period => "bad-period",
        Rule::Validated => "validated-already",
        Rule::NoAddress => "no-address",
        Rule::InvitationOver => "invitation-over",
        Rule::TooSoon => "too-soon",
        Rule::ExtendedAlready => "extended-already",
        Rule::NoPromise => "no-promise",
        Rule::TooManyAddresses => "too-many-addresses",
        Rule::WrongCode => "wrong-code",
        Rule::CodeOver => "code-over",
        Rule::Locked => "locked-by-file",
        Rule::OtherAddress => "other-address",
        Rule::SameAddress => "same-address",
        Rule::NotEntitled => "not-entitled",
        Rule::NotHttps => "address-not-https",
        Rule::NotPublic => "address-not-public",
        Rule::WebhookDisabled => "webhook-disabled",
        Rule::FeedExpired => "feed-expired",
    }
}

/// The slug of a rule about keys; forms mark the field that it is about.
pub const fn of_key_rule(rule: &KeyRule) -> &'static str {
    match rule {
        KeyRule::Name => "key-name",
        KeyRule::NoCredentials => "key-no-credentials",
        KeyRule::NotHeld(_) => "key-not-held",
        KeyRule::Twice(_) => "key-twice",
        KeyRule::Rights(_) => "key-rights",
        KeyRule::TooLong(_) => "key-too-long",
        KeyRule::Past => "key-past",
        KeyRule::Audience => "key-audience",
        KeyRule::OwnerInactive => "key-owner-inactive",
        KeyRule::OwnerNotValidated => "key-owner-not-validated",
        KeyRule::Ended => "key-ended",
        KeyRule::Replaced => "key-replaced",
    }
}

/// The slug of a rule about passwords.
pub const fn of_password_rule(rule: PasswordRule) -> &'static str {
    match rule {
        PasswordRule::TooShort => "password-too-short",
        PasswordRule::TooLong => "password-too-long",
        PasswordRule::Guessable => "password-guessable",
        PasswordRule::Context => "password-context",
        PasswordRule::Breached => "password-breached",
    }
}

/// The slug of a name that is taken; forms mark the field that it is about.
pub const fn of_constraint(constraint: Constraint) -> &'static str {
    match constraint {
        Constraint::UserName => "taken-user-name",
        Constraint::Email => "taken-email",
        Constraint::OrganisationSlug => "taken-organisation",
        Constraint::SpaceSlug => "taken-space",
        Constraint::Entitlement => "taken-entitlement",
        Constraint::Membership => "taken-membership",
        Constraint::Grant => "taken-grant",
        Constraint::KeyName => "taken-key-name",
        Constraint::Key => "taken-key",
        Constraint::Webhook => "taken-webhook",
        Constraint::Reference => "in-use",
        Constraint::Other => "conflict",
    }
}

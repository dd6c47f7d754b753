//! Why an act was not done, in terms that a person can act on.

use std::time::Duration;

use super::api_key::KeyRule;
use super::password::PasswordRule;
use crate::mail::MailError;
use crate::store::{Constraint, StoreError};

/// Why an act was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// Whoever acts may not do this.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// What was named does not exist, or not for whoever asks.
    #[error("there is no such {0}")]
    Missing(Noun),
    /// A rule of the house forbids it as things stand.
    #[error(transparent)]
    Refused(#[from] Rule),
    /// A rule about keys forbids it.
    #[error(transparent)]
    Key(#[from] KeyRule),
    /// A rule about passwords forbids it.
    #[error(transparent)]
    Password(#[from] PasswordRule),
    /// Too many passwords are being hashed; ask again in a moment.
    #[error("too many passwords are being checked at the moment")]
    Busy,
    /// Too many failed attempts from this source: ask again after this long.
    #[error("too many failed attempts; wait before the next one")]
    Wait(Duration),
    /// Too many letters were asked for from this source; ask again in an hour.
    #[error("too many letters were asked for from here; ask again in an hour")]
    TooManyLetters,
    /// A letter could not be sent.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// Something of that name exists already.
    #[error("{0}")]
    Taken(Constraint),
    /// The store does not answer.
    #[error(transparent)]
    Unavailable(StoreError),
}

impl From<StoreError> for ActionError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(constraint) => Self::Taken(constraint),
            other => Self::Unavailable(other),
        }
    }
}

/// What the actor lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Only administrators do this.
    #[error("only an administrator may do this")]
    NotAdministrator,
    /// Only managers of this organisation do this, in the spaces and on the platforms they manage.
    #[error("only a manager of this organisation, or an administrator, may do this")]
    NotManager,
    /// A role above the actor's own.
    #[error("nobody can give or take a role above their own")]
    AboveOwnRank,
    /// Keys may not do this.
    #[error("this needs a person who is signed in; a key is not enough")]
    Key,
    /// Nobody makes keys for another person.
    #[error("people make their own keys")]
    NotOwner,
    /// The invitation is for somebody else.
    #[error("the invitation is for the holder of another address")]
    NotInvited,
    /// Nobody signs up here without an invitation.
    #[error("an account needs an invitation here")]
    NeedsInvitation,
    /// Reading a feed takes a role that may, in the operator's own organisation.
    #[error("this needs a key with the permission `feed` on this platform, in the organisation `home`")]
    Feed,
    /// The acting account is suspended or closed.
    #[error("the account is not active")]
    Inactive,
}

/// What was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each word says what it is")]
pub enum Noun {
    #[error("account")]
    Account,
    #[error("organisation")]
    Organisation,
    #[error("space")]
    Space,
    #[error("grant")]
    Grant,
    #[error("entitlement")]
    Entitlement,
    #[error("role")]
    Role,
    #[error("platform")]
    Platform,
    #[error("session")]
    Session,
    #[error("key")]
    Key,
    #[error("host")]
    Host,
    #[error("letter")]
    Letter,
    #[error("webhook")]
    Webhook,
    #[error("delivery")]
    Delivery,
    #[error("invitation; it may have expired, or been revoked, or been sent anew")]
    Invitation,
    #[error("sign-up under way; begin again")]
    SignUp,
    #[error("archived name or address")]
    ArchivedName,
    #[error("change of address that waits for its proof")]
    AddressChange,
    #[error("link; it may have been used, or replaced by a newer one")]
    Link,
}

/// A rule that forbids an act as things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// an organisation that has a manager keeps one.
    #[error("this would leave the organisation without a manager; make another one first")]
    LastManager,
    /// The deployment keeps an administrator.
    #[error("this would leave the installation without an administrator; make another one first")]
    LastAdministrator,
    /// A closed account stays closed.
    #[error("the account is closed")]
    AccountClosed,
    /// A closed organisation stays closed.
    #[error("the organisation is closed")]
    OrganisationClosed,
    /// Every organisation keeps its first space.
    #[error("the space 'general' belongs to its organisation from birth and stays")]
    GeneralSpace,
    /// Grants lie in the space.
    #[error("grants lie in this space; revoke them first, or have them removed with it")]
    SpaceInUse,
    /// A service works for its own organisation only.
    #[error("a service account holds grants in its own organisation only")]
    ServiceElsewhere,
    /// A service has no factors and so no links, and holds no office.
    #[error("a service account has no password and no office")]
    ServiceAccount,
    /// A service has no browser.
    #[error("a service account does not sign in; make it a key")]
    ServiceSession,
    /// A session works under one set of credentials on each platform.
    #[error("choose one set of credentials for each platform")]
    OnePerPlatform,
    /// The grant would be over before it begins.
    #[error("the end must lie after the beginning and in the future")]
    Period,
    /// There is nothing left to prove.
    #[error("the address of this account is validated already")]
    Validated,
    /// There is nowhere to write to.
    #[error("the account has no e-mail address")]
    NoAddress,
    /// what people enter is called over TLS only.
    #[error("the address must begin with https://, unless `egress.allow` names it")]
    NotHttps,
    /// what people enter leads to the public internet only.
    #[error("the address is not public; the operator can allow it in `egress.allow`")]
    NotPublic,
    /// Events between what was read before and what is kept are gone.
    #[error("events after this one are kept no more; read the accounts afresh and begin again")]
    FeedExpired,
    /// Nothing is sent to a webhook that was stopped.
    #[error("the webhook is disabled; enable it first")]
    WebhookDisabled,
    /// It was accepted or taken back.
    #[error("the invitation was accepted or revoked")]
    InvitationOver,
    /// A letter went out a moment ago.
    #[error("a letter was sent a moment ago; wait a minute before the next one")]
    TooSoon,
    /// An old letter must not open an account.
    #[error("it works that long already, and never longer than a week after it was sent; send it anew")]
    ExtendedAlready,
    /// An invitation says what it is for.
    #[error("say which role the invitation is for; at most 20 grants")]
    NoPromise,
    /// Many people, but not all the world.
    #[error("name at least one address, and at most 200 at once")]
    TooManyAddresses,
    /// What was typed is not what was mailed.
    #[error("this is not the code that was mailed")]
    WrongCode,
    /// It is too old, or was tried too often.
    #[error("the code does not work any more; ask for another one")]
    CodeOver,
    /// The file sets it.
    #[error("the configuration file sets this; change it there")]
    Locked,
    /// Whoever follows a link says which address it came to.
    #[error("this is not the address that the link was sent to")]
    OtherAddress,
    /// There is nothing to change.
    #[error("this is the address of the account already")]
    SameAddress,
    /// The organisation may not use this platform.
    #[error("the organisation is not entitled to this platform")]
    NotEntitled,
}

//! The texts that stand in requests and answers for what the model knows: each is read into its type at once, and
//! described by a pattern.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::actions::account::ArchivedName;
use crate::actions::api_key::KeyName;
use crate::model::account::UserName;
use crate::model::api_key::KeyId;
use crate::model::caller::RequestId;
use crate::model::credentials::Credentials;
use crate::model::egress::WebAddress;
use crate::model::email::Email;
use crate::model::id::{AccountId, DeliveryId, GrantId, InvitationId, OutboxId, SessionId, WebhookId};
use crate::model::quota::Party;
use crate::model::reason::Reason;
use crate::model::shown_name::ShownName;
use crate::model::slug::Slug;
use crate::time::Timestamp;

/// Schemas by name.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

macro_rules! texts {
    ($($name:ident($inner:ty): $read:path, $show:path, $longest:literal, $pattern:literal, $example:literal, $doc:literal;)*) => {
        $(
            #[doc = $doc]
            #[derive(Debug, Clone)]
            pub struct $name(pub $inner);

            impl FromStr for $name {
                type Err = String;
                fn from_str(text: &str) -> Result<Self, String> {
                    $read(text).map(Self).map_err(|wrong| wrong.to_string())
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
                }
            }

            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_str(&$show(&self.0))
                }
            }

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    described($doc.trim(), $longest, $pattern, $example)
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )*

        /// The schemas of all of them.
        pub fn schemas() -> Schemas {
            vec![$((stringify!($name).to_owned(), $name::schema()),)*]
        }
    };
}

texts! {
    UserNameText(UserName): UserName::from_str, ToString::to_string, 63, "^[a-z0-9][a-z0-9._-]{1,62}$", "ada",
        " The name of a person or a service account, for good.";
    SlugText(Slug): Slug::from_str, ToString::to_string, 63, "^[a-z0-9][a-z0-9-]{0,62}$", "acme",
        " The machine name of a platform, an organisation, a space or a role.";
    ShownNameText(ShownName): ShownName::from_str, shown_name, 200, "^[^\\x00-\\x20\\x7f-\\xa0\\u2000-\\u20ff]([^\\x00-\\x1f\\x7f-\\x9f\\u2000-\\u20ff]{0,198}[^\\x00-\\x20\\x7f-\\xa0\\u2000-\\u20ff])?$", "Acme Ltd",
        " A name shown to people, in any script, on one line.";
    EmailText(Email): Email::from_str, ToString::to_string, 254, "^[A-Za-z0-9_+-]{1,64}@[a-z0-9]{1,60}(\\.[a-z]{2,20})+$", "ada@example.org",
        " An e-mail address.";
    ArchivedNameText(ArchivedName): ArchivedName::from_str, ToString::to_string, 254, "^[a-z0-9][a-z0-9._-]{1,62}(@[a-z0-9]{1,60}(\\.[a-z]{2,20})+)?$", "ada@example.org",
        " A user name, or an e-mail address.";
    ReasonText(Reason): Reason::from_str, ToString::to_string, 200, "^[^\\x00-\\x20\\x7f-\\xa0\\u2000-\\u20ff]{3,200}$", "requested-by-its-owner",
        " Why something is done, in a line, for the audit trail.";
    KeyNameText(KeyName): KeyName::from_str, key_name, 64, "^[^\\x00-\\x20\\x7f-\\xa0]{1,64}$", "laptop",
        " The name of a key: one line.";
    CredentialsText(Credentials): Credentials::from_str, ToString::to_string, 255, "^[a-z0-9][a-z0-9-]{0,62}(/[a-z0-9][a-z0-9-]{0,62}){3}$", "echo/acme/general/viewer",
        " Credentials: platform/organisation/space/role.";
    NetworkText(IpNet): network, ToString::to_string, 49, "^[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?$", "10.0.0.0/8",
        " A network, or one address.";
    AddressText(IpAddr): IpAddr::from_str, ToString::to_string, 45, "^[0-9A-Fa-f:.]{2,45}$", "192.0.2.1",
        " An address.";
    KeyIdText(KeyId): key_id, ToString::to_string, 12, "^[0-9A-Za-z]{12}$", "3fQm0sB7xYz1",
        " The public id of a key.";
    AccountIdText(AccountId): AccountId::from_str, ToString::to_string, 36, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "0192d3a0-7b1c-7e65-8a4b-3c1d2e4f5a6b",
        " The id of an account.";
    GrantIdText(GrantId): GrantId::from_str, ToString::to_string, 36, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "0192d3a0-7b1c-7e65-8a4b-3c1d2e4f5a6b",
        " The id of a grant.";
    InvitationIdText(InvitationId): InvitationId::from_str, ToString::to_string, 36, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "0192d3a0-7b1c-7e65-8a4b-3c1d2e4f5a6b",
        " The id of an invitation.";
    SessionIdText(SessionId): SessionId::from_str, ToString::to_string, 36, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "0192d3a0-7b1c-7e65-8a4b-3c1d2e4f5a6b",
        " The id of a session.";
    LetterIdText(OutboxId): OutboxId::from_str, ToString::to_string, 36, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "0192d3a0-7b1c-7e65-8a4b-3c1d2e4f5a6b",
        " The id of a letter.";
    WebhookIdText(WebhookId): WebhookId::from_str, ToString::to_string, 36, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "0192d3a0-7b1c-7e65-8a4b-3c1d2e4f5a6b",
        " The id of a webhook.";
    DeliveryIdText(DeliveryId): DeliveryId::from_str, ToString::to_string, 36, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "0192d3a0-7b1c-7e65-8a4b-3c1d2e4f5a6b",
        " The id of a delivery.";
    WebAddressText(WebAddress): WebAddress::from_str, ToString::to_string, 1000, "^https://[a-z0-9]{1,60}(\\.[a-z]{2,20})+(/[a-z0-9]{1,100})?$", "https://app.example.com/hooks",
        " A web address.";
    CursorText(i64): cursor, ToString::to_string, 18, "^[0-9]{1,18}$", "4711",
        " A place in a feed, as it was given out.";
    RequestIdText(RequestId): RequestId::parse, ToString::to_string, 32, "^[0-9a-f]{32}$", "7f3c2a9b1e4d5f60718293a4b5c6d7e8",
        " The id of a request, as in its answer and in logs.";
    PartyText(Party): Party::from_str, ToString::to_string, 64, "^[0-9A-Za-z:./ -]{2,64}$", "192.0.2.1",
        " A source, an account id or a key id that attempts are counted on.";
    MomentText(Timestamp): moment, ToString::to_string, 40, "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)$", "2027-01-31T12:00:00.000Z",
        " A moment (RFC 3339); answers are in UTC.";
}

fn described(about: &str, longest: usize, pattern: &str, example: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about))
        .min_length(Some(1))
        .max_length(Some(longest))
        .pattern(Some(pattern))
        .examples([example]);
    RefOr::T(Schema::Object(object.build()))
}

fn shown_name(name: &ShownName) -> String {
    name.as_str().to_owned()
}

fn key_name(name: &KeyName) -> String {
    name.as_str().to_owned()
}

fn key_id(text: &str) -> Result<KeyId, &'static str> {
    KeyId::from_ascii(text.as_bytes()).ok_or("is not the id of a key: twelve letters and digits")
}

fn network(text: &str) -> Result<IpNet, &'static str> {
    let one = || text.parse::<IpAddr>().map(IpNet::from).ok();
    text.parse().ok().or_else(one).ok_or("is neither a network nor an address")
}

/// The place before the first event is none that is given out, and may be said all the same.
fn cursor(text: &str) -> Result<i64, &'static str> {
    let digits = (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or("is no place that was given out here")
}

fn moment(text: &str) -> Result<Timestamp, &'static str> {
    let at: Result<jiff::Timestamp, _> = text.parse();
    at.map(Timestamp::from).map_err(|_| "is not a moment such as 2027-01-31T12:00:00Z (RFC 3339)")
}

/// What there is to say of something that is one of a few words.
impl fmt::Display for UserNameText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

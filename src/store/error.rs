//! What can go wrong with the database, as far as callers can act on it: not there, already taken, or
//! holding something that cannot be read.

/// A failed call to the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No answer in time, no connection, no room on the disk, or a lock that did not come free.
    #[error("the store does not answer")]
    Unavailable(#[source] sqlx::Error),
    /// The write would break a rule of the data.
    #[error("{0}")]
    Conflict(Constraint),
    /// A stored value is not what it must be.
    #[error("the store holds something unreadable in {column}")]
    Corrupt {
        /// Table and column.
        column: &'static str,
    },
    /// The database file or URL cannot be used as configured.
    #[error("the store cannot be opened")]
    Unusable(#[source] sqlx::Error),
    /// The schema could not be brought up to date, or is too new for this program.
    #[error("the schema of the store does not fit this program")]
    Schema(#[source] Box<sqlx::migrate::MigrateError>),
}

/// A rule of the data that a write would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Constraint {
    /// The user name belongs to another account.
    #[error("the user name is taken")]
    UserName,
    /// The e-mail address belongs to another account.
    #[error("the e-mail address is taken")]
    Email,
    /// Another organisation has this slug.
    #[error("another organisation has this slug")]
    OrganisationSlug,
    /// The organisation has another space of this slug.
    #[error("another space of the organisation has this slug")]
    SpaceSlug,
    /// The organisation is entitled to the platform already.
    #[error("the organisation is entitled to this platform already")]
    Entitlement,
    /// The account belongs to the organisation already.
    #[error("the account is a member already")]
    Membership,
    /// The same grant exists.
    #[error("the same grant exists already")]
    Grant,
    /// The owner has a live key of this name.
    #[error("the owner has another key of this name")]
    KeyName,
    /// The same key exists.
    #[error("the same key exists already")]
    Key,
    /// The platform has another webhook at this address.
    #[error("the platform has a webhook at this address already")]
    Webhook,
    /// Something refers to what would go, or what is referred to does not exist.
    #[error("something else depends on it, or what it depends on is gone")]
    Reference,
    /// Any other rule.
    #[error("the write breaks a rule of the data")]
    Other,
}

/// Index name as PostgreSQL reports it, and the columns or index as SQLite reports them.
const NAMES: [(Constraint, &str, &str); 13] = [
    (Constraint::UserName, "account_user_name", "account.user_name"),
    (Constraint::Email, "account_email", "account.email_canonical"),
    (Constraint::OrganisationSlug, "organisation_slug", "organisation.slug"),
    (Constraint::SpaceSlug, "space_slug", "space.organisation, space.slug"),
    (Constraint::Entitlement, "entitlement_pkey", "entitlement.organisation"),
    (Constraint::Membership, "membership_pkey", "membership.account"),
    (Constraint::Grant, "role_grant_once", "'role_grant_once'"),
    (Constraint::KeyName, "api_key_name", "api_key.account, api_key.name"),
    (Constraint::Key, "api_key_pkey", "api_key.id"),
    (Constraint::Key, "api_key_digest", "api_key.digest"),
    (Constraint::Key, "api_key_import_prefix", "api_key.import_prefix"),
    (Constraint::Key, "session_host_pkey", "session_host.digest"),
    (Constraint::Webhook, "webhook_once", "webhook.platform, webhook.url"),
];

fn constraint(error: &dyn sqlx::error::DatabaseError) -> Option<Constraint> {
    if error.is_foreign_key_violation() {
        return Some(Constraint::Reference);
    }
    if error.is_unique_violation() {
        let found = NAMES.iter().find(|(_, index, columns)| match error.constraint() {
            Some(name) => name == *index,
            None => error.message().ends_with(columns) || error.message().contains(&format!(": {columns}")),
        });
        return Some(found.map_or(Constraint::Other, |(constraint, ..)| *constraint));
    }
    error.is_check_violation().then_some(Constraint::Other)
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(inner) => match constraint(inner.as_ref()) {
                Some(broken) => Self::Conflict(broken),
                None => Self::Unavailable(sqlx::Error::Database(inner)),
            },
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                Self::Corrupt { column: "a column of another type" }
            }
            other => Self::Unavailable(other),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(inner) => Self::Unavailable(inner),
            other => Self::Schema(Box::new(other)),
        }
    }
}

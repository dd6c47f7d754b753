//! Rows of grants: who holds which role where, and when. Reads by people name the organisation.

use super::{Result, Store, Tx, instant, parsed, parsed_option};
use crate::model::account::UserName;
use crate::model::grant::Grant;
use crate::model::id::{AccountId, GrantId, OrganisationId, SpaceId};
use crate::model::slug::Slug;
use crate::time::Timestamp;

row! {
    struct GrantRow {
        id: String,
        account: String,
        organisation: String,
        space: Option<String>,
        role: String,
        platform: Option<String>,
        starts_at: Option<i64>,
        ends_at: Option<i64>,
        granted_by: Option<String>,
        created_at: i64,
    }
}

macro_rules! grants {
    ($tail:literal) => {
        concat!(
            "SELECT id, account, organisation, space, role, platform, starts_at, ends_at, granted_by,
             created_at FROM role_grant ",
            $tail
        )
    };
}

impl GrantRow {
    fn read(self) -> Result<Grant> {
        Ok(Grant {
            id: parsed("role_grant.id", &self.id)?,
            account: parsed("role_grant.account", &self.account)?,
            organisation: parsed("role_grant.organisation", &self.organisation)?,
            space: parsed_option("role_grant.space", self.space.as_deref())?,
            role: parsed("role_grant.role", &self.role)?,
            platform: parsed_option("role_grant.platform", self.platform.as_deref())?,
            starts_at: instant(self.starts_at),
            ends_at: instant(self.ends_at),
            granted_by: parsed_option("role_grant.granted_by", self.granted_by.as_deref())?,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}

/// The grant of this id in an organisation.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn by_id(store: &Store, organisation: OrganisationId, id: GrantId) -> Result<Option<Grant>> {
    const SQL: &str = grants!("WHERE organisation = $1 AND id = $2");
    let row: Option<GrantRow> = on!(read store, db => sqlx::query_as(SQL)
        .bind(organisation.to_string())
        .bind(id.to_string())
        .fetch_optional(db))?;
    row.map(GrantRow::read).transpose()
}

/// The organisation that a grant lies in, for the operator, who names grants by id alone.
///
/// # Errors
/// As [`by_id`].
pub async fn home_of(store: &Store, id: GrantId) -> Result<Option<OrganisationId>> {
    const SQL: &str = "SELECT organisation FROM role_grant WHERE id = $1";
    let found: Option<String> =
        on!(read store, db => sqlx::query_scalar(SQL).bind(id.to_string()).fetch_optional(db))?;
    parsed_option("role_grant.organisation", found.as_deref())
}

/// All grants in an organisation, oldest first.
///
/// # Errors
/// As [`by_id`].
pub async fn of_organisation(store: &Store, organisation: OrganisationId) -> Result<Vec<Grant>> {
    const SQL: &str = grants!("WHERE organisation = $1 ORDER BY created_at, id");
    let rows: Vec<GrantRow> =
        on!(read store, db => sqlx::query_as(SQL).bind(organisation.to_string()).fetch_all(db))?;
    rows.into_iter().map(GrantRow::read).collect()
}

/// All grants of an account, oldest first.
///
/// # Errors
/// As [`by_id`].
pub async fn of_account(store: &Store, account: AccountId) -> Result<Vec<Grant>> {
    const SQL: &str = grants!("WHERE account = $1 ORDER BY created_at, id");
    let rows: Vec<GrantRow> =
        on!(read store, db => sqlx::query_as(SQL).bind(account.to_string()).fetch_all(db))?;
    rows.into_iter().map(GrantRow::read).collect()
}

/// Adds a grant; the account must be a member of the organisation already.
///
/// # Errors
/// [`Conflict`](super::StoreError::Conflict) when the same grant exists, or the space is another's.
pub async fn insert(tx: &mut Tx, grant: &Grant) -> Result<()> {
    const SQL: &str = "INSERT INTO role_grant
        (id, account, organisation, space, role, platform, starts_at, ends_at, granted_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    put(tx, grant, SQL).await.map(drop)
}

/// The same, where it does not exist yet; whether it was added now.
///
/// # Errors
/// [`Conflict`](super::StoreError::Conflict) when the space is another's.
pub async fn insert_new(tx: &mut Tx, grant: &Grant) -> Result<bool> {
    const SQL: &str = "INSERT INTO role_grant
        (id, account, organisation, space, role, platform, starts_at, ends_at, granted_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
    put(tx, grant, SQL).await
}

async fn put(tx: &mut Tx, grant: &Grant, sql: &'static str) -> Result<bool> {
    run!(
        tx,
        sql,
        grant.id.to_string(),
        grant.account.to_string(),
        grant.organisation.to_string(),
        grant.space.map(|id| id.to_string()),
        grant.role.as_str(),
        grant.platform.as_ref().map(|slug| slug.as_str()),
        grant.starts_at.map(Timestamp::millis),
        grant.ends_at.map(Timestamp::millis),
        grant.granted_by.map(|id| id.to_string()),
        grant.created_at.millis()
    )
    .map(|rows| rows == 1)
}

/// Removes a grant; whether it was there.
///
/// # Errors
/// As [`by_id`].
pub async fn remove(tx: &mut Tx, organisation: OrganisationId, id: GrantId) -> Result<bool> {
    const SQL: &str = "DELETE FROM role_grant WHERE organisation = $1 AND id = $2";
    run!(tx, SQL, organisation.to_string(), id.to_string()).map(|rows| rows == 1)
}

/// Removes every grant that lies in one space and returns whose they were.
///
/// # Errors
/// As [`by_id`].
pub async fn remove_in_space(
    tx: &mut Tx,
    organisation: OrganisationId,
    space: SpaceId,
) -> Result<Vec<AccountId>> {
    const SQL: &str = "DELETE FROM role_grant WHERE organisation = $1 AND space = $2 RETURNING account";
    tx.touch();
    let accounts: Vec<String> = on!(tx tx, db => sqlx::query_scalar(SQL)
        .bind(organisation.to_string())
        .bind(space.to_string())
        .fetch_all(db))?;
    accounts.iter().map(|id| parsed("role_grant.account", id)).collect()
}

/// The grants of active accounts in an organisation, as this transaction sees them.
///
/// # Errors
/// As [`by_id`].
pub async fn held_in(tx: &mut Tx, organisation: OrganisationId) -> Result<Vec<Grant>> {
    const SQL: &str =
        grants!("WHERE organisation = $1 AND account IN (SELECT id FROM account WHERE status = 'active')");
    let rows: Vec<GrantRow> =
        on!(tx tx, db => sqlx::query_as(SQL).bind(organisation.to_string()).fetch_all(db))?;
    rows.into_iter().map(GrantRow::read).collect()
}

/// One grant as this transaction sees it.
///
/// # Errors
/// As [`by_id`].
pub async fn held(tx: &mut Tx, organisation: OrganisationId, id: GrantId) -> Result<Option<Grant>> {
    const SQL: &str = grants!("WHERE organisation = $1 AND id = $2");
    let row: Option<GrantRow> = on!(tx tx, db => sqlx::query_as(SQL)
        .bind(organisation.to_string())
        .bind(id.to_string())
        .fetch_optional(db))?;
    row.map(GrantRow::read).transpose()
}

/// The grants that lie in one space, as this transaction sees them.
///
/// # Errors
/// As [`by_id`].
pub async fn in_space(tx: &mut Tx, organisation: OrganisationId, space: SpaceId) -> Result<Vec<Grant>> {
    const SQL: &str = grants!("WHERE organisation = $1 AND space = $2");
    let rows: Vec<GrantRow> = on!(tx tx, db => sqlx::query_as(SQL)
        .bind(organisation.to_string())
        .bind(space.to_string())
        .fetch_all(db))?;
    rows.into_iter().map(GrantRow::read).collect()
}

row! {
    struct NamedRow {
        id: String,
        user_name: String,
        organisation: String,
        space: Option<String>,
        role: String,
        platform: Option<String>,
        starts_at: Option<i64>,
        ends_at: Option<i64>,
    }
}

/// A grant with the names that people know.
#[derive(Debug, Clone)]
pub struct Named {
    /// Immutable identifier.
    pub id: GrantId,
    /// Whose it is.
    pub user_name: UserName,
    /// Slug of the organisation.
    pub organisation: Slug,
    /// Slug of the space; `None` is each.
    pub space: Option<Slug>,
    /// Slug of the role.
    pub role: Slug,
    /// Slug of the platform; `None` is each entitled one.
    pub platform: Option<Slug>,
    /// When it begins to count.
    pub starts_at: Option<Timestamp>,
    /// When it ceases to count.
    pub ends_at: Option<Timestamp>,
}

/// Which grants are wanted; `None` is any.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Of this account.
    pub account: Option<AccountId>,
    /// In this organisation.
    pub organisation: Option<OrganisationId>,
}

/// Grants with their names, by organisation and user name.
///
/// # Errors
/// As [`by_id`].
pub async fn named(store: &Store, wanted: Wanted) -> Result<Vec<Named>> {
    const SQL: &str = "SELECT role_grant.id AS id, user_name, organisation.slug AS organisation,
        space.slug AS space, role, platform, starts_at, ends_at
        FROM role_grant JOIN account ON account.id = role_grant.account
        JOIN organisation ON organisation.id = role_grant.organisation
        LEFT JOIN space ON space.id = role_grant.space
        WHERE ($1 IS NULL OR role_grant.account = $1) AND ($2 IS NULL OR role_grant.organisation = $2)
        ORDER BY organisation.slug, user_name, role_grant.created_at, role_grant.id";
    let rows: Vec<NamedRow> = on!(read store, db => sqlx::query_as(SQL)
        .bind(wanted.account.map(|id| id.to_string()))
        .bind(wanted.organisation.map(|id| id.to_string()))
        .fetch_all(db))?;
    rows.into_iter().map(NamedRow::read).collect()
}

impl NamedRow {
    fn read(self) -> Result<Named> {
        Ok(Named {
            id: parsed("role_grant.id", &self.id)?,
            user_name: parsed("account.user_name", &self.user_name)?,
            organisation: parsed("organisation.slug", &self.organisation)?,
            space: parsed_option("space.slug", self.space.as_deref())?,
            role: parsed("role_grant.role", &self.role)?,
            platform: parsed_option("role_grant.platform", self.platform.as_deref())?,
            starts_at: instant(self.starts_at),
            ends_at: instant(self.ends_at),
        })
    }
}

//! Rows of organisations.

use super::{Result, Store, Tx, parsed, word};
use crate::model::id::OrganisationId;
use crate::model::organisation::{Organisation, OrganisationStatus};
use crate::model::slug::Slug;
use crate::time::Timestamp;

row! {
    struct OrganisationRow { id: String, slug: String, name: String, status: String, created_at: i64 }
}

impl OrganisationRow {
    fn read(self) -> Result<Organisation> {
        Ok(Organisation {
            id: parsed("organisation.id", &self.id)?,
            slug: parsed("organisation.slug", &self.slug)?,
            name: self.name.into(),
            status: word("organisation.status", OrganisationStatus::from_word(&self.status))?,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}

/// The organisation of this id.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn by_id(store: &Store, id: OrganisationId) -> Result<Option<Organisation>> {
    const SQL: &str = "SELECT id, slug, name, status, created_at FROM organisation WHERE id = $1";
    let row: Option<OrganisationRow> =
        on!(read store, db => sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(db))?;
    row.map(OrganisationRow::read).transpose()
}

/// The organisation of this slug, closed ones too: their slugs are not given away again.
///
/// # Errors
/// As [`by_id`].
pub async fn by_slug(store: &Store, slug: &Slug) -> Result<Option<Organisation>> {
    const SQL: &str = "SELECT id, slug, name, status, created_at FROM organisation WHERE slug = $1";
    let row: Option<OrganisationRow> =
        on!(read store, db => sqlx::query_as(SQL).bind(slug.as_str()).fetch_optional(db))?;
    row.map(OrganisationRow::read).transpose()
}

/// Organisations in order of their slugs, from the one behind `after` on; at most `limit`.
///
/// # Errors
/// As [`by_id`].
pub async fn list(store: &Store, after: &str, limit: u32) -> Result<Vec<Organisation>> {
    const SQL: &str = "SELECT id, slug, name, status, created_at FROM organisation
        WHERE slug > $1 ORDER BY slug LIMIT $2";
    let rows: Vec<OrganisationRow> = on!(read store, db => sqlx::query_as(SQL)
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(db))?;
    rows.into_iter().map(OrganisationRow::read).collect()
}

/// Adds an organisation; its spaces are added apart.
///
/// # Errors
/// [`Conflict`](super::StoreError::Conflict) when the slug is taken.
pub async fn insert(tx: &mut Tx, organisation: &Organisation) -> Result<()> {
    const SQL: &str =
        "INSERT INTO organisation (id, slug, name, status, created_at) VALUES ($1, $2, $3, $4, $5)";
    run!(
        tx,
        SQL,
        organisation.id.to_string(),
        organisation.slug.as_str(),
        &*organisation.name,
        organisation.status.as_str(),
        organisation.created_at.millis()
    )
    .map(drop)
}

/// Takes the row for this transaction and reads it as it stands now. Whoever changes who may do what in
/// an organisation does this first, so that such changes happen one after the other.
///
/// # Errors
/// As [`by_id`].
pub async fn hold(tx: &mut Tx, id: OrganisationId) -> Result<Option<Organisation>> {
    const SQL: &str =
        "UPDATE organisation SET id = id WHERE id = $1 RETURNING id, slug, name, status, created_at";
    let row: Option<OrganisationRow> =
        on!(tx tx, db => sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(db))?;
    row.map(OrganisationRow::read).transpose()
}

/// Gives another name to show; the slug stays, because credentials are written with it.
///
/// # Errors
/// As [`by_id`].
pub async fn rename(tx: &mut Tx, id: OrganisationId, name: &str) -> Result<bool> {
    const SQL: &str = "UPDATE organisation SET name = $1 WHERE id = $2 AND status <> 'closed'";
    run!(tx, SQL, name, id.to_string()).map(|rows| rows == 1)
}

/// Ends an open organisation; whether it was open.
///
/// # Errors
/// As [`by_id`].
pub async fn close(tx: &mut Tx, id: OrganisationId, now: Timestamp) -> Result<bool> {
    const SQL: &str =
        "UPDATE organisation SET status = 'closed', closed_at = $1 WHERE id = $2 AND status = 'open'";
    run!(tx, SQL, now.millis(), id.to_string()).map(|rows| rows == 1)
}

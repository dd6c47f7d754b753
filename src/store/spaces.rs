//! Rows of spaces. Every query names the organisation.

use super::{Result, Store, Tx, parsed};
use crate::model::id::{OrganisationId, SpaceId};
use crate::model::organisation::Space;
use crate::model::slug::Slug;
use crate::time::Timestamp;

row! {
    struct SpaceRow { id: String, organisation: String, slug: String, name: String, created_at: i64 }
}

impl SpaceRow {
    fn read(self) -> Result<Space> {
        Ok(Space {
            id: parsed("space.id", &self.id)?,
            organisation: parsed("space.organisation", &self.organisation)?,
            slug: parsed("space.slug", &self.slug)?,
            name: self.name.into(),
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}

/// The space of this slug in an organisation.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn by_slug(store: &Store, organisation: OrganisationId, slug: &Slug) -> Result<Option<Space>> {
    const SQL: &str = "SELECT id, organisation, slug, name, created_at FROM space
        WHERE organisation = $1 AND slug = $2";
    let row: Option<SpaceRow> = on!(read store, db => sqlx::query_as(SQL)
        .bind(organisation.to_string())
        .bind(slug.as_str())
        .fetch_optional(db))?;
    row.map(SpaceRow::read).transpose()
}

/// All spaces of an organisation, in order of their slugs.
///
/// # Errors
/// As [`by_slug`].
pub async fn list(store: &Store, organisation: OrganisationId) -> Result<Vec<Space>> {
    const SQL: &str = "SELECT id, organisation, slug, name, created_at FROM space
        WHERE organisation = $1 ORDER BY slug";
    let rows: Vec<SpaceRow> =
        on!(read store, db => sqlx::query_as(SQL).bind(organisation.to_string()).fetch_all(db))?;
    rows.into_iter().map(SpaceRow::read).collect()
}

/// Adds a space.
///
/// # Errors
/// [`Conflict`](super::StoreError::Conflict) when the organisation has one of this slug.
pub async fn insert(tx: &mut Tx, space: &Space) -> Result<()> {
    const SQL: &str =
        "INSERT INTO space (id, organisation, slug, name, created_at) VALUES ($1, $2, $3, $4, $5)";
    run!(
        tx,
        SQL,
        space.id.to_string(),
        space.organisation.to_string(),
        space.slug.as_str(),
        &*space.name,
        space.created_at.millis()
    )
    .map(drop)
}

/// Gives a space another name to show; whether it was there.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable).
pub async fn rename(tx: &mut Tx, organisation: OrganisationId, id: SpaceId, name: &str) -> Result<bool> {
    const SQL: &str = "UPDATE space SET name = $1 WHERE organisation = $2 AND id = $3";
    run!(tx, SQL, name, organisation.to_string(), id.to_string()).map(|rows| rows == 1)
}

/// Removes a space; whether it was there.
///
/// # Errors
/// [`Conflict`](super::StoreError::Conflict) while grants lie in it.
pub async fn remove(tx: &mut Tx, organisation: OrganisationId, id: SpaceId) -> Result<bool> {
    const PROMISED: &str = "DELETE FROM invitation_grant WHERE organisation = $1 AND space = $2";
    const SQL: &str = "DELETE FROM space WHERE organisation = $1 AND id = $2";
    run!(tx, PROMISED, organisation.to_string(), id.to_string())?;
    run!(tx, SQL, organisation.to_string(), id.to_string()).map(|rows| rows == 1)
}

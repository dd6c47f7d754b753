//! Rows of entitlements: which organisation may use which platform.

use super::{Result, Store, Tx, parsed};
use crate::model::id::OrganisationId;
use crate::model::slug::Slug;
use crate::time::Timestamp;

/// Slugs of the platforms that an organisation is entitled to, in order.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn list(store: &Store, organisation: OrganisationId) -> Result<Vec<Slug>> {
    const SQL: &str = "SELECT platform FROM entitlement WHERE organisation = $1 ORDER BY platform";
    let slugs: Vec<String> =
        on!(read store, db => sqlx::query_scalar(SQL).bind(organisation.to_string()).fetch_all(db))?;
    slugs.iter().map(|slug| parsed("entitlement.platform", slug)).collect()
}

/// Adds an entitlement.
///
/// # Errors
/// [`Conflict`](super::StoreError::Conflict) when it is there already.
pub async fn insert(
    tx: &mut Tx,
    organisation: OrganisationId,
    platform: &Slug,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "INSERT INTO entitlement (organisation, platform, created_at) VALUES ($1, $2, $3)";
    run!(tx, SQL, organisation.to_string(), platform.as_str(), now.millis()).map(drop)
}

/// Removes an entitlement; whether it was there.
///
/// # Errors
/// As [`list`].
pub async fn remove(tx: &mut Tx, organisation: OrganisationId, platform: &Slug) -> Result<bool> {
    const SQL: &str = "DELETE FROM entitlement WHERE organisation = $1 AND platform = $2";
    run!(tx, SQL, organisation.to_string(), platform.as_str()).map(|rows| rows == 1)
}

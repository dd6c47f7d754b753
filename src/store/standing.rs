//! Everything that admission depends on for one account, in one statement and so in one consistent view.
//! This is what a miss of the cache costs.

use super::accounts::AccountRow;
use super::{Result, Store, StoreError, Tx, instant, parsed, parsed_option};
use crate::model::grant::{HeldGrant, HeldOrganisation, Standing};
use crate::model::id::{AccountId, OrganisationId};

row! {
    struct Part {
        part: i64,
        one: Option<String>,
        two: Option<String>,
        three: Option<String>,
        four: Option<String>,
        five: Option<String>,
        six: Option<String>,
        seven: Option<String>,
        from_at: Option<i64>,
        to_at: Option<i64>,
    }
}

/// Part 0: the account. Part 1: open organisations it holds grants in. Parts 2 and 3: their spaces and
/// platforms. Part 4: its grants in them.
const SQL: &str = "WITH home AS (
        SELECT id, slug FROM organisation WHERE status = 'open'
        AND id IN (SELECT organisation FROM role_grant WHERE account = $1)
    )
    SELECT CAST(0 AS BIGINT) AS part, id AS one, user_name AS two, email AS three, display_name AS four,
        organisation AS five, status AS six, office AS seven, created_at AS from_at,
        CASE WHEN validated THEN 1 ELSE 0 END AS to_at FROM account WHERE id = $1
    UNION ALL SELECT 1, id, slug, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM home
    UNION ALL SELECT 2, home.id, space.slug, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM home JOIN space ON space.organisation = home.id
    UNION ALL SELECT 3, home.id, entitlement.platform, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM home JOIN entitlement ON entitlement.organisation = home.id
    UNION ALL SELECT 4, home.id, space.slug, role_grant.role, role_grant.platform,
        NULL, NULL, NULL, role_grant.starts_at, role_grant.ends_at
        FROM role_grant JOIN home ON home.id = role_grant.organisation
        LEFT JOIN space ON space.id = role_grant.space WHERE role_grant.account = $1
    ORDER BY 1, 2, 3, 4, 5";

/// The account with all it holds; grants and platforms in closed organisations are left out.
///
/// # Errors
/// [`StoreError::Unavailable`]; [`StoreError::Corrupt`] for what cannot be read.
pub async fn load(store: &Store, account: AccountId) -> Result<Option<Standing>> {
    let parts: Vec<Part> =
        on!(read store, db => sqlx::query_as(SQL).bind(account.to_string()).fetch_all(db))?;
    assembled(parts)
}

/// The same as this transaction sees it, its own writes included.
///
/// # Errors
/// As [`load`].
pub async fn load_in(tx: &mut Tx, account: AccountId) -> Result<Option<Standing>> {
    let parts: Vec<Part> = on!(tx tx, db => sqlx::query_as(SQL).bind(account.to_string()).fetch_all(db))?;
    assembled(parts)
}

fn assembled(parts: Vec<Part>) -> Result<Option<Standing>> {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Ok(None) };
    let mut standing = Standing {
        account: account(first)?.read()?,
        grants: Vec::new(),
        organisations: Vec::new(),
        assertions: Default::default(),
    };
    for part in parts {
        add(&mut standing, part)?;
    }
    Ok(Some(standing))
}

fn account(part: Part) -> Result<AccountRow> {
    let unreadable = || StoreError::Corrupt { column: "account.id" };
    if part.part != 0 {
        return Err(unreadable());
    }
    Ok(AccountRow {
        id: part.one.ok_or_else(unreadable)?,
        user_name: part.two.ok_or_else(unreadable)?,
        email: part.three,
        display_name: part.four.ok_or_else(unreadable)?,
        organisation: part.five,
        status: part.six.ok_or_else(unreadable)?,
        office: part.seven,
        created_at: part.from_at.ok_or_else(unreadable)?,
        validated: part.to_at == Some(1),
    })
}

fn add(standing: &mut Standing, part: Part) -> Result<()> {
    let id: OrganisationId = parsed("organisation.id", part.one.as_deref().unwrap_or_default())?;
    let slug = |text: Option<&str>| parsed("organisation.slug", text.unwrap_or_default());
    if part.part == 1 {
        let slug = slug(part.two.as_deref())?;
        standing.organisations.push(HeldOrganisation { id, slug, spaces: Vec::new(), platforms: Vec::new() });
        return Ok(());
    }
    let at = standing.organisations.iter().position(|held| held.id == id);
    let at = at.ok_or(StoreError::Corrupt { column: "organisation.id" })?;
    if part.part == 4 {
        standing.grants.push(HeldGrant {
            organisation: at,
            space: parsed_option("space.slug", part.two.as_deref())?,
            role: parsed("role_grant.role", part.three.as_deref().unwrap_or_default())?,
            platform: parsed_option("role_grant.platform", part.four.as_deref())?,
            starts_at: instant(part.from_at),
            ends_at: instant(part.to_at),
        });
    } else if let Some(held) = standing.organisations.get_mut(at) {
        let list = if part.part == 2 { &mut held.spaces } else { &mut held.platforms };
        list.push(slug(part.two.as_deref())?);
    }
    Ok(())
}

//! Rows of accounts: people, and services of an organisation.

use super::{Result, Store, Tx, parsed, parsed_option, word};
use crate::model::account::{Account, AccountKind, AccountStatus, Office, UserName};
use crate::model::email::Email;
use crate::model::id::{AccountId, OrganisationId};
use crate::model::shown_name::ShownName;
use crate::time::Timestamp;

row! {
    pub(super) struct AccountRow {
        pub(super) id: String,
        pub(super) user_name: String,
        pub(super) email: Option<String>,
        pub(super) display_name: String,
        pub(super) validated: bool,
        pub(super) organisation: Option<String>,
        pub(super) status: String,
        pub(super) office: Option<String>,
        pub(super) created_at: i64,
    }
}

macro_rules! accounts {
    ($tail:literal) => {
        concat!(
            "SELECT id, user_name, email, display_name, validated, organisation, status, office, created_at
             FROM account ",
            $tail
        )
    };
}

impl AccountRow {
    pub(super) fn read(self) -> Result<Account> {
        let organisation = parsed_option("account.organisation", self.organisation.as_deref())?;
        let office = self.office.map(|text| word("account.office", Office::from_word(&text))).transpose()?;
        Ok(Account {
            id: parsed("account.id", &self.id)?,
            user_name: parsed("account.user_name", &self.user_name)?,
            email: self.email.map(Into::into),
            display_name: self.display_name.into(),
            validated: self.validated,
            kind: organisation.map_or(AccountKind::Person, AccountKind::Service),
            status: word("account.status", AccountStatus::from_word(&self.status))?,
            office,
            created_at: Timestamp::from_millis(self.created_at),
        })
    }
}

/// The account of this id.
///
/// # Errors
/// [`Unavailable`](super::StoreError::Unavailable), as every function here.
pub async fn by_id(store: &Store, id: AccountId) -> Result<Option<Account>> {
    const SQL: &str = accounts!("WHERE id = $1");
    let row: Option<AccountRow> =
        on!(read store, db => sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(db))?;
    row.map(AccountRow::read).transpose()
}

/// The account of this name, closed ones too: their names are not given away again.
///
/// # Errors
/// As [`by_id`].
pub async fn by_user_name(store: &Store, name: &UserName) -> Result<Option<Account>> {
    const SQL: &str = accounts!("WHERE user_name = $1");
    let row: Option<AccountRow> =
        on!(read store, db => sqlx::query_as(SQL).bind(name.as_str()).fetch_optional(db))?;
    row.map(AccountRow::read).transpose()
}

/// The account that holds this address, in whatever letter case.
///
/// # Errors
/// As [`by_id`].
pub async fn by_email(store: &Store, email: &Email) -> Result<Option<Account>> {
    const SQL: &str = accounts!("WHERE email_canonical = $1");
    let row: Option<AccountRow> =
        on!(read store, db => sqlx::query_as(SQL).bind(email.canonical()).fetch_optional(db))?;
    row.map(AccountRow::read).transpose()
}

/// Accounts in order of their names, from the one behind `after` on; at most `limit`.
///
/// # Errors
/// As [`by_id`].
pub async fn list(store: &Store, after: &str, limit: u32) -> Result<Vec<Account>> {
    const SQL: &str = accounts!("WHERE user_name > $1 ORDER BY user_name LIMIT $2");
    let rows: Vec<AccountRow> = on!(read store, db => sqlx::query_as(SQL)
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(db))?;
    rows.into_iter().map(AccountRow::read).collect()
}

/// Those of them whose names begin with this.
///
/// # Errors
/// As [`by_id`].
pub async fn beginning_with(store: &Store, prefix: &str, after: &str, limit: u32) -> Result<Vec<Account>> {
    const SQL: &str = accounts!(
        "WHERE user_name > $1 AND substr(user_name, 1, length($2)) = $2 ORDER BY user_name LIMIT $3"
    );
    let rows: Vec<AccountRow> = on!(read store, db => sqlx::query_as(SQL)
        .bind(after)
        .bind(prefix)
        .bind(i64::from(limit))
        .fetch_all(db))?;
    rows.into_iter().map(AccountRow::read).collect()
}

/// Accounts that are members or services of an organisation, in order of their names.
///
/// # Errors
/// As [`by_id`].
pub async fn of_organisation(
    store: &Store,
    organisation: OrganisationId,
    after: &str,
    limit: u32,
) -> Result<Vec<Account>> {
    const SQL: &str = accounts!(
        "WHERE (organisation = $1 OR id IN (SELECT account FROM membership WHERE organisation = $1))
         AND user_name > $2 ORDER BY user_name LIMIT $3"
    );
    let rows: Vec<AccountRow> = on!(read store, db => sqlx::query_as(SQL)
        .bind(organisation.to_string())
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(db))?;
    rows.into_iter().map(AccountRow::read).collect()
}

/// Whether there is any account at all; none means that nobody has set this installation up.
///
/// # Errors
/// As [`by_id`].
pub async fn any(store: &Store) -> Result<bool> {
    const SQL: &str = "SELECT id FROM account LIMIT 1";
    let id: Option<String> = on!(read store, db => sqlx::query_scalar(SQL).fetch_optional(db))?;
    Ok(id.is_some())
}

/// Whether a new account holds the address that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It does: no other account can.
    Held,
    /// Not yet: it was typed by somebody who may be anybody.
    Open,
}

/// Adds an account that holds its address.
///
/// # Errors
/// [`Conflict`](super::StoreError::Conflict) when name or address are taken.
pub async fn insert(tx: &mut Tx, account: &Account) -> Result<()> {
    insert_as(tx, account, Claim::Held).await
}

/// Adds an account.
///
/// # Errors
/// [`Conflict`](super::StoreError::Conflict) when the name is taken, or the address that is to be held.
pub async fn insert_as(tx: &mut Tx, account: &Account, claim: Claim) -> Result<()> {
    const SQL: &str = "INSERT INTO account (id, user_name, email, email_canonical, display_name, validated,
        organisation, status, office, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let canonical = match account.email.as_deref().filter(|_| claim == Claim::Held) {
        Some(email) => Some(parsed::<Email>("account.email", email)?.canonical()),
        None => None,
    };
    let organisation = match account.kind {
        AccountKind::Person => None,
        AccountKind::Service(organisation) => Some(organisation.to_string()),
    };
    run!(
        tx,
        SQL,
        account.id.to_string(),
        account.user_name.as_str(),
        account.email.as_deref(),
        canonical.as_deref(),
        &*account.display_name,
        account.validated,
        organisation.as_deref(),
        account.status.as_str(),
        account.office.map(Office::as_str),
        account.created_at.millis()
    )
    .map(drop)
}

/// Takes the row for this transaction and reads it as it stands now; later writers of it wait.
///
/// # Errors
/// As [`by_id`].
pub async fn hold(tx: &mut Tx, id: AccountId) -> Result<Option<Account>> {
    const SQL: &str = "UPDATE account SET id = id WHERE id = $1 RETURNING
        id, user_name, email, display_name, validated, organisation, status, office, created_at";
    let row: Option<AccountRow> =
        on!(tx tx, db => sqlx::query_as(SQL).bind(id.to_string()).fetch_optional(db))?;
    row.map(AccountRow::read).transpose()
}

/// Sets the status of an account that is not closed; whether there was such an account.
///
/// # Errors
/// As [`by_id`].
pub async fn set_status(tx: &mut Tx, id: AccountId, status: AccountStatus, now: Timestamp) -> Result<bool> {
    const SQL: &str = "UPDATE account SET status = $1, closed_at = $2 WHERE id = $3 AND status <> 'closed'";
    let closed_at = (status == AccountStatus::Closed).then_some(now.millis());
    run!(tx, SQL, status.as_str(), closed_at, id.to_string()).map(|rows| rows == 1)
}

/// Gives an office, or takes it away.
///
/// # Errors
/// As [`by_id`].
pub async fn set_office(tx: &mut Tx, id: AccountId, office: Option<Office>) -> Result<bool> {
    const SQL: &str = "UPDATE account SET office = $1 WHERE id = $2 AND status <> 'closed'";
    run!(tx, SQL, office.map(Office::as_str), id.to_string()).map(|rows| rows == 1)
}

/// Notes that the address was proved.
///
/// # Errors
/// As [`by_id`].
pub async fn set_validated(tx: &mut Tx, id: AccountId) -> Result<bool> {
    const SQL: &str = "UPDATE account SET validated = $1 WHERE id = $2 AND status <> 'closed'";
    run!(tx, SQL, true, id.to_string()).map(|rows| rows == 1)
}

/// Gives an account another address. Whether it counts as proved is set apart.
///
/// # Errors
/// As [`by_id`]; [`Conflict`](super::StoreError::Conflict) when it is somebody else's.
pub async fn set_email(tx: &mut Tx, id: AccountId, email: &Email) -> Result<bool> {
    const SQL: &str = "UPDATE account SET email = $1, email_canonical = $2 WHERE id = $3
        AND status <> 'closed'";
    run!(tx, SQL, email.as_str(), email.canonical(), id.to_string()).map(|rows| rows == 1)
}

/// Changes the name shown to people.
///
/// # Errors
/// As [`by_id`].
pub async fn rename(tx: &mut Tx, id: AccountId, name: &ShownName) -> Result<bool> {
    const SQL: &str = "UPDATE account SET display_name = $1 WHERE id = $2 AND status <> 'closed'";
    run!(tx, SQL, name.as_str(), id.to_string()).map(|rows| rows == 1)
}

/// The language that somebody chose for pages and letters, by its tag.
///
/// # Errors
/// As [`by_id`].
pub async fn language(store: &Store, id: AccountId) -> Result<Option<String>> {
    const SQL: &str = "SELECT language FROM account WHERE id = $1";
    let found: Option<Option<String>> =
        on!(read store, db => sqlx::query_scalar(SQL).bind(id.to_string()).fetch_optional(db))?;
    Ok(found.flatten())
}

/// Notes the language that somebody chose.
///
/// # Errors
/// As [`by_id`].
pub async fn set_language(tx: &mut Tx, id: AccountId, tag: &str) -> Result<bool> {
    const SQL: &str = "UPDATE account SET language = $1 WHERE id = $2 AND status <> 'closed'";
    run!(tx, SQL, tag, id.to_string()).map(|rows| rows == 1)
}

/// How many active administrators there are, as this transaction sees it. Taking an administrator's row
/// first keeps two of them from ending each other at the same moment.
///
/// # Errors
/// As [`by_id`].
pub async fn administrators(tx: &mut Tx) -> Result<Vec<AccountId>> {
    const SQL: &str =
        "UPDATE account SET id = id WHERE office = 'administrator' AND status = 'active' RETURNING id";
    let ids: Vec<String> = on!(tx tx, db => sqlx::query_scalar(SQL).fetch_all(db))?;
    ids.iter().map(|id| parsed("account.id", id)).collect()
}

//! Keys as rows. A key is found by its public id, or by the keyed digest of its text when it was made
//! elsewhere. Last uses are bookkeeping: they are written in bulk, with neither change nor audit entry.

use sqlx::{Postgres, QueryBuilder, Sqlite};

use super::{Result, Store, StoreError, Tx, instant, parsed, within, word};
use crate::model::api_key::{ApiKey, KeyAudience, KeyId, KeyKind, KeyLocator};
use crate::model::id::AccountId;
use crate::model::role::{Permission, Permissions};
use crate::time::Timestamp;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, account, name, digest, pepper, audience, credentials, rights, networks,
                created_at, expires_at, revoked_at, last_used_at, replaces FROM api_key ",
            $rest
        )
    };
}

row! {
    struct Row {
        id: String,
        kind: String,
        account: String,
        name: String,
        digest: Vec<u8>,
        pepper: i64,
        audience: String,
        credentials: String,
        rights: Option<String>,
        networks: String,
        created_at: i64,
        expires_at: Option<i64>,
        revoked_at: Option<i64>,
        last_used_at: Option<i64>,
        replaces: Option<String>,
    }
}

/// Keys in one bulk statement; well below the bound parameters either database allows.
const BULK: usize = 500;

/// The key that a presented text leads to.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
pub async fn by_locator(store: &Store, locator: KeyLocator) -> Result<Option<ApiKey>> {
    match locator {
        KeyLocator::Native(id) => {
            let key = by_id(store, id).await?;
            Ok(key.filter(|key| key.kind != KeyKind::Imported))
        }
        KeyLocator::Imported(digest) => {
            const SQL: &str = select!("WHERE digest = $1 AND kind = 'imported'");
            let row: Option<Row> =
                on!(read store, db => sqlx::query_as(SQL).bind(digest.as_slice()).fetch_optional(db))?;
            row.map(Row::into_key).transpose()
        }
    }
}

/// The key of a public id, whatever its kind.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
pub async fn by_id(store: &Store, id: KeyId) -> Result<Option<ApiKey>> {
    const SQL: &str = select!("WHERE id = $1");
    let row: Option<Row> = on!(read store, db => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(db))?;
    row.map(Row::into_key).transpose()
}

/// Takes the row of a key for this transaction and reads it as it stands now.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
pub async fn hold(tx: &mut Tx, id: KeyId) -> Result<Option<ApiKey>> {
    const SQL: &str =
        "UPDATE api_key SET id = id WHERE id = $1 RETURNING id, kind, account, name, digest, pepper,
        audience, credentials, rights, networks, created_at, expires_at, revoked_at, last_used_at, replaces";
    let row: Option<Row> = on!(tx tx, db => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(db))?;
    row.map(Row::into_key).transpose()
}

/// All keys of an account, newest first.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
pub async fn of_account(store: &Store, account: AccountId) -> Result<Vec<ApiKey>> {
    const SQL: &str = select!("WHERE account = $1 ORDER BY created_at DESC, id");
    let rows: Vec<Row> = on!(read store, db => sqlx::query_as(SQL).bind(account.to_string()).fetch_all(db))?;
    rows.into_iter().map(Row::into_key).collect()
}

/// Where a page of all keys goes on: after this one.
pub type After = (Timestamp, KeyId);

/// Keys of all accounts in the order they were made, at most `limit`.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
pub async fn page(store: &Store, after: Option<After>, limit: u32) -> Result<Vec<ApiKey>> {
    const SQL: &str = select!("WHERE (created_at, id) > ($1, $2) ORDER BY created_at, id LIMIT $3");
    let (at, id) = after.map_or((i64::MIN, String::new()), |(at, id)| (at.millis(), id.to_string()));
    let rows: Vec<Row> = on!(read store, db =>
        sqlx::query_as(SQL).bind(at).bind(id.as_str()).bind(i64::from(limit)).fetch_all(db))?;
    rows.into_iter().map(Row::into_key).collect()
}

/// Whether any key was made elsewhere. While none was, a text without our prefix need not be looked up.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn any_imported(store: &Store) -> Result<bool> {
    const SQL: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM api_key WHERE kind = 'imported' LIMIT 1) AS one";
    on!(read store, db => sqlx::query_scalar::<_, i64>(SQL).fetch_one(db)).map(|count| count > 0)
}

/// How many keys each version of the pepper made, by version.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn count_by_pepper(store: &Store) -> Result<Vec<(u32, i64)>> {
    const SQL: &str = "SELECT pepper, COUNT(*) FROM api_key GROUP BY pepper ORDER BY pepper";
    let rows: Vec<(i64, i64)> = on!(read store, db => sqlx::query_as(SQL).fetch_all(db))?;
    rows.into_iter().map(|(version, count)| Ok((version_of(version)?, count))).collect()
}

/// Adds a key.
///
/// # Errors
/// [`StoreError::Conflict`] with `KeyName` when the owner has a live key of this name, with `Key` when the
/// same key exists; [`StoreError::Unavailable`].
pub async fn insert(tx: &mut Tx, key: &ApiKey) -> Result<()> {
    const SQL: &str = "INSERT INTO api_key (id, kind, account, name, digest, pepper, audience, credentials,
        rights, networks, created_at, expires_at, revoked_at, last_used_at, replaces)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    run!(
        tx,
        SQL,
        key.id.as_str(),
        key.kind.as_str(),
        key.account.to_string(),
        &*key.name,
        key.digest.as_slice(),
        i64::from(key.pepper),
        key.audience.as_str(),
        lines(&key.credentials),
        key.rights.map(words_of),
        lines(&key.networks),
        key.created_at.millis(),
        key.expires_at.map(Timestamp::millis),
        key.revoked_at.map(Timestamp::millis),
        key.last_used_at.map(Timestamp::millis),
        key.replaces.map(|id| id.to_string()),
    )
    .map(drop)
}

/// Lets a name be used again that only a key that expired still holds.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn free_name(tx: &mut Tx, account: AccountId, name: &str, now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE api_key SET revoked_at = expires_at
        WHERE account = $1 AND name = $2 AND revoked_at IS NULL AND expires_at <= $3";
    run!(tx, SQL, account.to_string(), name, now.millis()).map(drop)
}

/// Ends a key at a moment, now or later; an earlier end stays. Whether anything changed.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn revoke(tx: &mut Tx, id: KeyId, at: Timestamp) -> Result<bool> {
    const SQL: &str =
        "UPDATE api_key SET revoked_at = $2 WHERE id = $1 AND (revoked_at IS NULL OR revoked_at > $2)";
    run!(tx, SQL, id.as_str(), at.millis()).map(|rows| rows > 0)
}

row! {
    struct Ended { id: String, kind: String, digest: Vec<u8> }
}

/// Ends all keys of an account that still work. Which ones, and how each of them is found.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
pub async fn revoke_all_of(
    tx: &mut Tx,
    account: AccountId,
    at: Timestamp,
) -> Result<Vec<(KeyId, KeyLocator)>> {
    const SQL: &str = "UPDATE api_key SET revoked_at = $2
        WHERE account = $1 AND (revoked_at IS NULL OR revoked_at > $2)
        AND (expires_at IS NULL OR expires_at > $2) RETURNING id, kind, digest";
    tx.touch();
    let rows: Vec<Ended> = on!(tx tx, db =>
        sqlx::query_as(SQL).bind(account.to_string()).bind(at.millis()).fetch_all(db))?;
    rows.into_iter().map(Ended::into_locator).collect()
}

/// Notes that keys were used in this minute; a later use that is known already stays. Keys that are gone
/// are passed over.
///
/// # Errors
/// [`StoreError::Unavailable`]; the uses of earlier bulks may be written then, which does no harm.
pub async fn touch(store: &Store, used: &[KeyId], minute: Timestamp) -> Result<()> {
    for bulk in used.chunks(BULK) {
        match store {
            Store::Sqlite { write, .. } => {
                let mut query = touching::<Sqlite>(bulk, minute);
                within(query.build().execute(write)).await.map(drop)?;
            }
            Store::Postgres { pool, .. } => {
                let mut query = touching::<Postgres>(bulk, minute);
                within(query.build().execute(pool)).await.map(drop)?;
            }
        }
    }
    Ok(())
}

fn touching<'a, D: sqlx::Database>(used: &'a [KeyId], minute: Timestamp) -> QueryBuilder<D>
where
    i64: sqlx::Encode<'a, D> + sqlx::Type<D>,
    &'a str: sqlx::Encode<'a, D> + sqlx::Type<D>,
{
    let mut query = QueryBuilder::new("UPDATE api_key SET last_used_at = ");
    query.push_bind(minute.millis());
    query.push(" WHERE (last_used_at IS NULL OR last_used_at < ");
    query.push_bind(minute.millis());
    query.push(") AND id IN (");
    let mut list = query.separated(", ");
    for id in used {
        list.push_bind(id.as_str());
    }
    query.push(")");
    query
}

impl Row {
    fn into_key(self) -> Result<ApiKey> {
        Ok(ApiKey {
            id: key_id("api_key.id", &self.id)?,
            kind: word("api_key.kind", KeyKind::from_word(&self.kind))?,
            account: parsed("api_key.account", &self.account)?,
            name: self.name.into(),
            digest: digest_of(&self.digest)?,
            pepper: version_of(self.pepper)?,
            audience: word("api_key.audience", KeyAudience::from_word(&self.audience))?,
            credentials: each_line("api_key.credentials", &self.credentials)?,
            rights: self.rights.as_deref().map(rights).transpose()?,
            networks: each_line("api_key.networks", &self.networks)?,
            created_at: Timestamp::from_millis(self.created_at),
            expires_at: instant(self.expires_at),
            revoked_at: instant(self.revoked_at),
            last_used_at: instant(self.last_used_at),
            replaces: self.replaces.as_deref().map(|id| key_id("api_key.replaces", id)).transpose()?,
        })
    }
}

impl Ended {
    fn into_locator(self) -> Result<(KeyId, KeyLocator)> {
        let id = key_id("api_key.id", &self.id)?;
        let locator = match word("api_key.kind", KeyKind::from_word(&self.kind))? {
            KeyKind::Imported => KeyLocator::Imported(digest_of(&self.digest)?),
            KeyKind::Personal | KeyKind::Service => KeyLocator::Native(id),
        };
        Ok((id, locator))
    }
}

/// One item per line.
pub(super) fn lines<T: std::fmt::Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join("\n")
}

/// Reads [`lines`] back.
pub(super) fn each_line<T: std::str::FromStr>(column: &'static str, text: &str) -> Result<Vec<T>> {
    text.lines().map(|line| parsed(column, line)).collect()
}

fn key_id(column: &'static str, text: &str) -> Result<KeyId> {
    word(column, KeyId::from_ascii(text.as_bytes()))
}

fn digest_of(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| StoreError::Corrupt { column: "api_key.digest" })
}

fn version_of(version: i64) -> Result<u32> {
    version.try_into().map_err(|_| StoreError::Corrupt { column: "api_key.pepper" })
}

/// The words of a set of rights.
pub(super) fn words_of(rights: Permissions) -> String {
    rights.words().collect::<Vec<_>>().join(" ")
}

fn rights(words: &str) -> Result<Permissions> {
    let each = |word| super::word("api_key.rights", Permission::from_word(word));
    words.split_whitespace().map(each).collect()
}

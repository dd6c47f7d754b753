//! Keys that were made elsewhere, as rows. Of some only a prefix and a foreign hash are known until they are
//! first used; then they get a digest of ours and the foreign hash is forgotten.

use super::api_keys::{lines, words_of};
use super::{Result, Store, Tx, api_keys, word};
use crate::model::api_key::{ApiKey, KeyId};
use crate::time::Timestamp;

/// Adds a key that was made elsewhere, with its prefix and foreign hash where only these are known. Whether
/// it was added: a key of the same digest or prefix stays as it is.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable).
pub async fn insert(tx: &mut Tx, key: &ApiKey, hashed: Option<(&str, &str)>) -> Result<bool> {
    const SQL: &str = "INSERT INTO api_key (id, kind, account, name, digest, pepper, audience, credentials,
        rights, networks, created_at, expires_at, import_prefix, import_hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING";
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
        hashed.map(|(prefix, _)| prefix),
        hashed.map(|(_, hash)| hash),
    )
    .map(|rows| rows > 0)
}

row! {
    struct Hashed { id: String, import_hash: String }
}

/// The key that only a prefix and a foreign hash are known of, by its prefix, with that hash.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable), [`StoreError::Corrupt`](super::StoreError::Corrupt).
pub async fn by_prefix(store: &Store, prefix: &str) -> Result<Option<(ApiKey, String)>> {
    const SQL: &str =
        "SELECT id, import_hash FROM api_key WHERE import_prefix = $1 AND import_hash IS NOT NULL";
    let found: Option<Hashed> = on!(read store, db => sqlx::query_as(SQL).bind(prefix).fetch_optional(db))?;
    let Some(Hashed { id, import_hash }) = found else { return Ok(None) };
    let id = word("api_key.id", KeyId::from_ascii(id.as_bytes()))?;
    Ok(api_keys::by_id(store, id).await?.map(|key| (key, import_hash)))
}

/// Whether there is any key of which only a foreign hash is known.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable).
pub async fn any_hashed(store: &Store) -> Result<bool> {
    const SQL: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM api_key WHERE kind = 'imported'
        AND import_hash IS NOT NULL LIMIT 1) AS one";
    on!(read store, db => sqlx::query_scalar::<_, i64>(SQL).fetch_one(db)).map(|count| count > 0)
}

/// Gives a key its digest and forgets the foreign hash. Whether that was still to be done.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable).
pub async fn adopt(tx: &mut Tx, id: KeyId, (digest, pepper): (&[u8; 32], u32)) -> Result<bool> {
    const SQL: &str = "UPDATE api_key SET digest = $2, pepper = $3, import_hash = NULL
        WHERE id = $1 AND import_hash IS NOT NULL";
    run!(tx, SQL, id.as_str(), digest.as_slice(), i64::from(pepper)).map(|rows| rows > 0)
}

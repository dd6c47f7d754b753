//! Fingerprints of the keyring that the store was filled with. They tell a lost or foreign keyring file
//! from a first start; the keys themselves are never here.

use super::{Result, Store, Tx, word};
use crate::secret::keyring::{Fingerprint, PEPPER, SEALING, SIGNING};
use crate::time::Timestamp;

row! {
    struct Row { fingerprint: String, purpose: String, version: i64, created_at: i64 }
}

/// The fingerprints of keys in use.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable), [`StoreError::Corrupt`](super::StoreError::Corrupt).
pub async fn known(store: &Store) -> Result<Vec<Fingerprint>> {
    const SQL: &str = "SELECT fingerprint, purpose, version, created_at FROM keyring
        WHERE retired_at IS NULL ORDER BY purpose, version";
    let rows: Vec<Row> = on!(read store, db => sqlx::query_as(SQL).fetch_all(db))?;
    rows.into_iter().map(Row::into_print).collect()
}

/// Notes fingerprints; those known already stay as they are. How many were new.
///
/// # Errors
/// [`StoreError::Unavailable`](super::StoreError::Unavailable).
pub async fn note(tx: &mut Tx, prints: &[Fingerprint]) -> Result<u64> {
    const SQL: &str =
        "INSERT INTO keyring (fingerprint, purpose, version, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (fingerprint) DO NOTHING";
    let mut added = 0;
    for print in prints {
        let made_at = Timestamp::from(print.made_at).millis();
        added += run!(tx, SQL, print.print.as_str(), print.part, i64::from(print.version), made_at)?;
    }
    Ok(added)
}

impl Row {
    fn into_print(self) -> Result<Fingerprint> {
        let part = [PEPPER, SEALING, SIGNING].into_iter().find(|part| *part == self.purpose);
        Ok(Fingerprint {
            part: word("keyring.purpose", part)?,
            version: word("keyring.version", u32::try_from(self.version).ok())?,
            print: self.fingerprint,
            made_at: Timestamp::from_millis(self.created_at).into(),
        })
    }
}

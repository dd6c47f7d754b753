//! A password as it is kept: hashed slowly, and the hash sealed under the keyring for its very row. Whoever
//! takes the table alone has nothing to guess at, and no hash works in another row.

use std::sync::Arc;

use super::super::error::ActionError;
use crate::app::App;
use crate::model::email_link::Purpose;
use crate::model::id::{AccountId, FactorId};
use crate::secret::Secret;
use crate::secret::foreign::ForeignHash;
use crate::secret::password::{HashingError, Verdict};
use crate::secret::seal::{Place, SealError};
use crate::store::{StoreError, Tx, email_links, factors};

/// A password ready to be stored.
pub(in crate::actions) struct Hashed(factors::Password);

impl Hashed {
    /// As it is to be stored, for a row that waits for its account.
    pub(in crate::actions) fn into_row(self) -> factors::Password {
        self.0
    }

    /// What such a row held.
    pub(in crate::actions) const fn from_row(row: factors::Password) -> Self {
        Self(row)
    }
}

/// Hashes a password that suits.
///
/// # Errors
/// [`ActionError::Busy`].
pub(in crate::actions) async fn hashed(app: &App, text: Secret<String>) -> Result<Hashed, ActionError> {
    let hash = app.hashing.hash(text).await.map_err(busy)?;
    let id = FactorId::mint();
    let secret = sealed(app, id, &hash).map_err(|_| unreadable())?;
    Ok(Hashed(factors::Password { id, secret }))
}

/// A password of which only the hash of another program is known, ready to be stored.
///
/// # Errors
/// When it cannot be sealed.
pub(in crate::actions) fn of_another(app: &App, hash: &ForeignHash) -> Result<Hashed, ActionError> {
    let id = FactorId::mint();
    let secret = sealed(app, id, &hash.written()).map_err(|_| unreadable())?;
    Ok(Hashed(factors::Password { id, secret }))
}

/// Stores it in place of the one before, whose reset links go with it. Whoever calls holds the account's
/// row and notes why.
///
/// # Errors
/// The store's.
pub(in crate::actions) async fn put(
    app: &App,
    tx: &mut Tx,
    account: AccountId,
    new: &Hashed,
) -> Result<(), ActionError> {
    let now = app.clock.now();
    email_links::end_of(tx, account, Purpose::Reset, now).await?;
    Ok(factors::set_password(tx, account, &new.0, now).await?)
}

/// A password that belongs to nobody, kept as all others are: with it the same is done for a name that nobody
/// has.
///
/// # Errors
/// When it cannot be sealed.
pub(in crate::actions) fn nobodys(app: &App) -> Result<Arc<factors::Password>, ActionError> {
    let known = app.nobodys.load_full();
    if let Some(known) = known.filter(|known| app.keyring.load().sealed_it(&known.secret)) {
        return Ok(known);
    }
    let id = FactorId::mint();
    let secret = sealed(app, id, &app.hashing.nobodys()).map_err(|_| unreadable())?;
    let made = Arc::new(factors::Password { id, secret });
    app.nobodys.store(Some(made.clone()));
    Ok(made)
}

/// The stored hash. One that does not open is an error of the data: nobody signs in with it.
pub(in crate::actions) fn opened(app: &App, stored: &factors::Password) -> Option<Secret<String>> {
    let opened = app.keyring.load().unseal(place(&stored.id), &stored.secret);
    let text = opened.map(|bytes| String::from_utf8(bytes.expose().clone()).map(Secret::new));
    match text {
        Ok(Ok(text)) => Some(text),
        Ok(Err(_)) => None,
        Err(error) => {
            tracing::error!(%error, factor = %stored.id, "a stored password cannot be read: it");
            None
        }
    }
}

/// What to store instead, where cost or sealing key have changed since. Not worth waiting for.
pub(in crate::actions) async fn renewed(
    app: &App,
    stored: &factors::Password,
    verdict: Verdict,
    text: Secret<String>,
) -> Option<Vec<u8>> {
    if verdict == Verdict::RightButStale {
        let hash = app.hashing.hash(text).await.ok()?;
        return sealed(app, stored.id, &hash).ok();
    }
    if app.keyring.load().sealed_it(&stored.secret) {
        return None;
    }
    sealed(app, stored.id, opened(app, stored)?.expose()).ok()
}

fn sealed(app: &App, id: FactorId, hash: &str) -> Result<Vec<u8>, SealError> {
    app.keyring.load().seal(place(&id), hash.as_bytes())
}

const fn place(id: &FactorId) -> Place<'_> {
    Place { table: "factor", column: "secret", row: id.bytes() }
}

fn busy(error: HashingError) -> ActionError {
    match error {
        HashingError::Overflow | HashingError::Stopped => ActionError::Busy,
        other => {
            tracing::error!(error = %other, "a password cannot be hashed");
            unreadable()
        }
    }
}

const fn unreadable() -> ActionError {
    ActionError::Unavailable(StoreError::Corrupt { column: "factor.secret" })
}

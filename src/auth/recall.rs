//! What the walk remembers, asked without waiting. Where memory lacks something, the decision halts, the
//! store is asked for that one thing, and the decision is made anew; so the usual request never waits.

use std::sync::Arc;

use super::error::AuthError;
use crate::app::App;
use crate::app::cache::{Entry, Moment};
use crate::app::changes;
use crate::app::memories::Held;
use crate::model::api_key::{ApiKey, KeyLocator};
use crate::model::grant::Standing;
use crate::model::id::AccountId;
use crate::model::session::Session;
use crate::store::{StoreError, api_keys, sessions, standing};
use crate::telemetry::labels::CacheResult;

/// A key as remembered.
pub type HeldKey = Arc<Entry<Option<Held<ApiKey>>>>;

/// A session as remembered.
pub type HeldSession = Arc<Entry<Option<Held<Session>>>>;

/// Something that memory lacks.
#[derive(Debug, Clone, Copy)]
pub enum Missing {
    /// The change log was not read for so long that nothing remembered counts.
    Log,
    /// A key.
    Key(KeyLocator),
    /// A session, by the digest of its cookie's token.
    Session([u8; 32]),
    /// An account's standing.
    Standing(AccountId),
    /// Whether the presented text is an imported key that waits for its first use. Only whoever holds the
    /// text can find out.
    Adoption,
}

/// Why a decision was not made.
#[derive(Debug)]
pub enum Halt {
    /// It was: no.
    Refused(AuthError),
    /// Something must be read first.
    Missing(Missing),
}

impl From<AuthError> for Halt {
    fn from(error: AuthError) -> Self {
        Self::Refused(error)
    }
}

/// How often one decision may halt. Each halt brings what was missing, so three are usual at most; more
/// means that changes come faster than they can be read.
pub const MOST_HALTS: usize = 8;

/// Makes a decision, fetching what it lacks.
///
/// # Errors
/// What the decision says, or [`AuthError::Unavailable`] where something cannot be fetched.
pub async fn settled<T>(app: &App, decide: impl Fn(Moment<'_>) -> Result<T, Halt>) -> Result<T, AuthError> {
    for _ in 0..MOST_HALTS {
        let moment = app.moment();
        match decide(moment) {
            Ok(decided) => return Ok(decided),
            Err(Halt::Refused(error)) => return Err(error),
            Err(Halt::Missing(missing)) => Box::pin(fetch(app, missing, moment)).await?,
        }
    }
    Err(AuthError::Unavailable(None))
}

/// The key of a locator.
///
/// # Errors
/// [`Halt::Missing`], when memory does not know whether there is one.
pub fn key(app: &App, locator: KeyLocator, moment: Moment<'_>) -> Result<HeldKey, Halt> {
    let found = app.memories.keys.peek(&locator, moment);
    let found = found.ok_or(Halt::Missing(Missing::Key(locator)))?;
    app.metrics.looked_up(match &found.value {
        Some(_) if app.follower.store_is_away() => CacheResult::Stale,
        Some(_) => CacheResult::Hit,
        None => CacheResult::NegativeHit,
    });
    Ok(found)
}

/// The session of a token's digest.
///
/// # Errors
/// [`Halt::Missing`], when memory does not know whether there is one.
pub fn session(app: &App, digest: [u8; 32], moment: Moment<'_>) -> Result<HeldSession, Halt> {
    app.memories.sessions.peek(&digest, moment).ok_or(Halt::Missing(Missing::Session(digest)))
}

/// An account's standing.
///
/// # Errors
/// [`Halt::Missing`], when memory does not know it.
pub fn standing_of(app: &App, account: AccountId, moment: Moment<'_>) -> Result<Option<Arc<Standing>>, Halt> {
    let found = app.memories.standings.peek(&account, moment);
    found.map(|found| found.value.clone()).ok_or(Halt::Missing(Missing::Standing(account)))
}

/// Whether what is remembered may be acted on at all.
///
/// # Errors
/// [`Halt::Missing`], when the change log was last read too long ago.
pub fn knows_enough(app: &App, moment: Moment<'_>) -> Result<(), Halt> {
    if app.knows_enough(moment.now) { Ok(()) } else { Err(Halt::Missing(Missing::Log)) }
}

/// Reads what is missing; of several who lack the same, one asks the store.
///
/// # Errors
/// [`AuthError::Unavailable`], when the store is away.
pub async fn fetch(app: &App, missing: Missing, moment: Moment<'_>) -> Result<(), AuthError> {
    let away = || AuthError::Unavailable(None);
    if let Missing::Log = missing {
        return changes::follow(app).await.map_err(|error| AuthError::Unavailable(Some(error)));
    }
    if app.follower.store_is_away() {
        return Err(away());
    }
    let (store, memories) = (&app.store, &app.memories);
    let _turn = app.turns.acquire().await;
    match missing {
        Missing::Log | Missing::Adoption => {}
        Missing::Key(locator) => {
            app.metrics.looked_up(CacheResult::Miss);
            let read = || async {
                Ok::<_, StoreError>(api_keys::by_locator(store, locator).await?.map(Held::fresh))
            };
            memories.keys.read(locator, moment, read).await.map_err(|_| away())?;
        }
        Missing::Session(digest) => {
            let read =
                || async { Ok::<_, StoreError>(sessions::by_token(store, &digest).await?.map(Held::fresh)) };
            memories.sessions.read(digest, moment, read).await.map_err(|_| away())?;
        }
        Missing::Standing(account) => {
            let read = || async { Ok::<_, StoreError>(standing::load(store, account).await?.map(Arc::new)) };
            memories.standings.read(account, moment, read).await.map_err(|_| away())?;
        }
    }
    Ok(())
}

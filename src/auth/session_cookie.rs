//! Identifies by session cookie: a token of 43 characters, looked up by its digest, good on one host only.
//! A dead cookie is nobody, never an error.

use std::sync::Arc;

use super::error::AuthError;
use crate::app::App;
use crate::app::cache::{Entry, Moment};
use crate::app::memories::Held;
use crate::model::session::Session;
use crate::secret::token;
use crate::store::{self, StoreError};

/// A session as remembered.
pub type HeldSession = Arc<Entry<Option<Held<Session>>>>;

/// Finds the live session of a cookie on this host, with the digest it is found under.
///
/// # Errors
/// [`AuthError::Unavailable`], when the store must be asked and is away.
pub async fn identify(
    app: &App,
    cookie: &[u8],
    host: &str,
    moment: Moment<'_>,
) -> Result<Option<([u8; 32], HeldSession)>, AuthError> {
    if cookie.len() != token::SESSION_TOKEN_LEN {
        return Ok(None);
    }
    let digest = token::session_digest(cookie);
    let found = remembered(app, digest, moment).await?;
    let live = found.value.as_ref().is_some_and(|held| {
        let session = &held.credential;
        *session.host == *host && session.is_live(moment.now, app.last_seen(session, moment.now))
    });
    Ok(live.then_some((digest, found)))
}

/// The session of a token's digest, from memory or the store.
///
/// # Errors
/// [`AuthError::Unavailable`], when the store must be asked and is away.
pub async fn remembered(app: &App, digest: [u8; 32], moment: Moment<'_>) -> Result<HeldSession, AuthError> {
    if let Some(found) = app.memories.sessions.peek(&digest, moment).await {
        return Ok(found);
    }
    if app.follower.store_is_away() {
        return Err(AuthError::Unavailable(None));
    }
    let read = || async {
        let _turn = app.turns.acquire().await;
        Ok::<_, StoreError>(store::sessions::by_token(&app.store, &digest).await?.map(Held::fresh))
    };
    Box::pin(app.memories.sessions.get(digest, moment, read)).await.map_err(|_| AuthError::Unavailable(None))
}

//! Proving again who one is, inside a session: what is delicate asks for a proof of the last minutes
//!

use std::time::Duration;

use super::actor::Origin;
use super::sign_in::{PASSWORD, SignInError};
use super::{proof, session};
use crate::app::App;
use crate::model::audit::AuditActor;
use crate::model::session::Session;
use crate::secret::Secret;
use crate::store::sessions;
use crate::time::Timestamp;

/// How long a proof is fresh.
pub const FRESH: Duration = Duration::from_secs(600);

/// Whether the person proved who they are within the last minutes.
pub fn is_fresh(session: &Session, now: Timestamp) -> bool {
    now.since(session.authenticated_at) < FRESH
}

/// Proves it again by password. Gives the new token of the session on the public host; the earlier one
/// stops working.
///
/// # Errors
/// As [`sign_in`](super::sign_in::sign_in), from the same budgets.
pub async fn confirm(
    app: &App,
    origin: Origin,
    session: &Session,
    password: Secret<String>,
) -> Result<Secret<String>, SignInError> {
    let proof = proof::within(app, origin, session.account, session.id, &password).await?;
    let mut tx = app.store.begin().await?;
    let account = proof.settle(app, &mut tx).await?;
    let session = session::live(app, &mut tx, session.id).await?;
    if session.account != account.id {
        return Err(SignInError::Wrong);
    }
    let mut methods = session.methods;
    if !methods.iter().any(|method| **method == *PASSWORD) {
        methods.push(PASSWORD.into());
    }
    sessions::authenticated(&mut tx, session.id, &methods, app.clock.now()).await?;
    let text = session::renewed(app, &mut tx, session.id).await?;
    let by = AuditActor::Account(account.id);
    tx.audit(origin.entry(by, "auth.stepped-up", format!("session {}", session.id)));
    app.commit(tx).await?;
    Ok(text)
}

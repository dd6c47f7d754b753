//! A session goes from the public host to another protected host: by a code that is good once, for a minute,
//! on that host, and in the browser that asked for it (K13).

use std::time::Duration;

use super::actor::Origin;
use super::error::ActionError;
use super::session;
use crate::app::App;
use crate::model::account::AccountStatus;
use crate::model::audit::AuditActor;
use crate::model::id::SessionId;
use crate::model::session::Session;
use crate::secret::{Secret, token};
use crate::store::arrivals::{self, Ticket};
use crate::store::{Tx, accounts};

/// How long a code is good.
pub const LIFE: Duration = Duration::from_secs(60);

/// A session arrived on a host.
pub struct Arrived {
    /// As stored, with this host.
    pub session: Session,
    /// Value of the session cookie of this host.
    pub token: Secret<String>,
}

/// Makes the code with which a live session arrives on `host`. `flow` is the value of the flow cookie that
/// the host set in this browser; only its digest is kept.
///
/// # Errors
/// `Missing` for a host that is none of ours; the store's.
pub async fn leave(
    app: &App,
    session: &Session,
    host: &str,
    flow: &Secret<String>,
) -> Result<Secret<String>, ActionError> {
    session::protected(app, vec![host.into()])?;
    let code = token::mint_session_token();
    let (digest, flow) = (digest(&code), digest(flow));
    let ticket = Ticket { digest: &digest, host, flow: &flow };
    arrivals::insert(&app.store, ticket, session.id, app.clock.now().plus(LIFE)).await?;
    Ok(code)
}

/// Uses a code on the host where it was presented, together with the flow cookie that came along. `None`
/// is a code that does not work here: unknown, used, too old, of another host or another browser, or of a
/// session that has ended.
///
/// # Errors
/// The store's.
pub async fn arrive(
    app: &App,
    origin: Origin,
    host: &str,
    code: &Secret<String>,
    flow: &Secret<String>,
) -> Result<Option<Arrived>, ActionError> {
    let (digest, flow) = (digest(code), digest(flow));
    let mut tx = app.store.begin().await?;
    let ticket = Ticket { digest: &digest, host, flow: &flow };
    let Some(id) = arrivals::consume(&mut tx, ticket, app.clock.now()).await? else {
        note_replay(app, origin, tx, &digest).await?;
        return Ok(None);
    };
    let Some(session) = signed_in(app, &mut tx, id).await? else { return Ok(None) };
    let token = session::token_for(app, &mut tx, id, host).await?;
    let mut entry = origin.entry(AuditActor::Account(session.account), "session.arrived", subject(id));
    entry.detail = format!("host={host}");
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(Some(Arrived { session: Session { host: host.into(), ..session }, token }))
}

/// The session while it is live and its account active.
async fn signed_in(app: &App, tx: &mut Tx, id: SessionId) -> Result<Option<Session>, ActionError> {
    let session = match session::live(app, tx, id).await {
        Err(ActionError::Missing(_)) => return Ok(None),
        found => found?,
    };
    let account = accounts::by_id(&app.store, session.account).await?;
    Ok(account.filter(|account| account.status == AccountStatus::Active).map(|_| session))
}

/// A used code that comes again was seen by somebody else. Noted once, so that nobody fills the trail.
async fn note_replay(app: &App, origin: Origin, mut tx: Tx, digest: &[u8; 32]) -> Result<(), ActionError> {
    let Some(id) = arrivals::replayed(&mut tx, digest, app.clock.now()).await? else { return Ok(()) };
    let mut entry = origin.entry(AuditActor::Stranger, "session.arrival-refused", subject(id));
    entry.detail = "the code was used before".to_owned();
    tx.audit(entry);
    app.commit(tx).await?;
    Ok(())
}

fn digest(text: &Secret<String>) -> [u8; 32] {
    token::session_digest(text.expose().as_bytes())
}

fn subject(id: SessionId) -> String {
    format!("session {id}")
}

//! A session goes from the public host to another protected host: by a code that is good once, for a minute,
//! on that host, and in the browser that asked for it (K13).

use std::time::Duration;

use super::actor::Origin;
use super::error::ActionError;
use crate::app::App;
use crate::model::session::Session;
use crate::secret::Secret;

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
    let _ = (app, session, host, flow);
    Err(ActionError::Busy)
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
    let _ = (app, origin, host, code, flow);
    Err(ActionError::Busy)
}

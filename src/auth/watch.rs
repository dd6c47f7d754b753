//! Looks again at exchanges that last: whoever would not be admitted any more is cut, and so is whoever
//! stands still for too long (R-51; revocation reaches sockets, streams and bodies).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::api_key;
use super::error::{AuthError, BadKey, Lack};
use super::evaluate::{self, Claim, Terms};
use super::recall::{self, Halt};
use crate::app::App;
use crate::app::cache::Moment;
use crate::app::changes;
use crate::app::live::{Credential, Holder, Listed, Ticket};
use crate::model::account::AccountStatus;
use crate::model::identity::Presented;

/// One round over everything under way. Run a few times a second.
pub async fn round(app: &App) {
    let moment = app.moment();
    let enough = app.knows_enough(moment.now) || changes::follow(app).await.is_ok();
    let (under_way, next) = (app.live.under_way(), AtomicUsize::new(0));
    // One that waits for the store must not keep the others from being looked at.
    let lane = || async {
        while let Some(listed) = under_way.get(next.fetch_add(1, Ordering::Relaxed)) {
            let ended = listed.ticket.until.is_some_and(|until| until <= moment.now);
            let guarded = listed.ticket.holder.is_some();
            if ended
                || listed.stands_still(moment.now)
                || (guarded && !enough)
                || !still_admitted(app, listed).await
            {
                listed.cut.cancel();
            }
        }
    };
    tokio::join!(lane(), lane(), lane(), lane(), lane(), lane(), lane(), lane());
}

async fn still_admitted(app: &App, listed: &Arc<Listed>) -> bool {
    let epoch = app.recent.epoch();
    let Some(holder) = listed.ticket.holder else { return true };
    if listed.checked() == epoch {
        return true;
    }
    match recall::settled(app, |moment| readmit(app, &listed.ticket, holder, moment)).await {
        Ok(()) => {
            listed.passed(epoch);
            true
        }
        // The store is away: the grace, which the round looks at, decides how long that is borne.
        Err(AuthError::Unavailable(_)) => true,
        Err(_) => false,
    }
}

/// Asks everything about a ticket again that admission asked, but for what only the request could show.
fn readmit(app: &App, ticket: &Ticket, holder: Holder, moment: Moment<'_>) -> Result<(), Halt> {
    let standing = recall::standing_of(app, holder.account, moment)?;
    let standing = standing.filter(|standing| standing.account.status == AccountStatus::Active);
    let standing = standing.ok_or(AuthError::BadKey(BadKey::Owner))?;
    let (roles, demanded) = (app.config.load().roles.clone(), app.demanded());
    let terms = Terms { roles: &roles, demanded: &demanded, now: moment.now };
    match holder.credential {
        Credential::Key(locator) => {
            let found = recall::key(app, locator, moment)?;
            let held = found.value.as_ref().ok_or(AuthError::BadKey(BadKey::Unknown))?;
            let key = &held.credential;
            api_key::check(key, ticket.caller.address, moment).map_err(AuthError::BadKey)?;
            let picked = ticket.picked.as_ref();
            let claim = Claim { proof: Presented::Key(key.id), key: Some(key), session: None, picked };
            Ok(evaluate::identity(&claim, &standing, &ticket.route, terms).map(drop)?)
        }
        Credential::Session(digest) => {
            let found = recall::session(app, digest, moment)?;
            let session = &found.value.as_ref().ok_or(AuthError::Nobody)?.credential;
            if !session.is_live(moment.now, moment.now) {
                return Err(AuthError::Nobody.into());
            }
            let proof = Presented::Session(session.id);
            let claim = Claim { proof, key: None, session: Some(session), picked: None };
            match evaluate::identity(&claim, &standing, &ticket.route, terms) {
                // Having more to choose from than at admission takes nothing away.
                Err(AuthError::Choose(_) | AuthError::Forbidden(Lack::Age)) => Ok(()),
                evaluated => Ok(evaluated.map(drop)?),
            }
        }
    }
}

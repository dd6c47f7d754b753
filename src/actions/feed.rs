//! The feed: what a platform was told, to be read in order by itself. For administrators, and for service accounts
//! of the operator's own organisation by a key that may.

use super::actor::{Actor, Who};
use super::error::{ActionError, Denied, Noun, Rule};
use super::set_up::HOME;
use crate::app::App;
use crate::model::account::{AccountKind, Office};
use crate::model::api_key::ApiKey;
use crate::model::event::EventSeq;
use crate::model::grant::Standing;
use crate::model::role::Permission;
use crate::model::slug::Slug;
use crate::store::events::{self, Kept};

/// A part of the feed.
#[derive(Debug)]
pub struct Part {
    /// Events in the order of commits.
    pub events: Vec<Kept>,
    /// Where the next part begins.
    pub next: EventSeq,
}

/// What happened on a platform after a place, at most `limit` events. From the place given back nothing is ever
/// missed: what commits later has a higher number.
///
/// # Errors
/// `Denied`; `Missing` for platforms that configuration does not know; `Refused` when events between that place and
/// what is kept are gone.
pub async fn read(
    app: &App,
    (actor, key): (&Actor, Option<&ApiKey>),
    platform: &Slug,
    after: Option<EventSeq>,
    limit: u32,
) -> Result<Part, ActionError> {
    may_read(app, actor, key, platform)?;
    if !app.config.load().routing.platforms.contains_key(platform) {
        return Err(ActionError::Missing(Noun::Platform));
    }
    // Read before the events: whatever has a number up to this one is seen by the next question.
    let bounds = events::bounds(&app.store).await?;
    let begin = after.unwrap_or(EventSeq(bounds.oldest.0 - 1));
    if begin.0 + 1 < bounds.oldest.0 || begin > bounds.newest {
        return Err(Rule::FeedExpired.into());
    }
    let found = events::feed(&app.store, platform, begin, limit).await?;
    let full = found.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    let last = found.last().map_or(begin, |last| last.seq);
    let next = if full { last } else { last.max(bounds.newest) };
    Ok(Part { events: found, next })
}

fn may_read(app: &App, actor: &Actor, key: Option<&ApiKey>, platform: &Slug) -> Result<(), Denied> {
    match (&actor.who, key) {
        (Who::Operator | Who::Gate, _) => Ok(()),
        (Who::Account { standing, .. }, None) if standing.account.office == Some(Office::Administrator) => {
            actor.oversees_as_administrator()
        }
        (Who::Account { .. }, None) => Err(Denied::NotAdministrator),
        (Who::Account { standing, .. }, Some(key)) => keys_may(app, standing, key, platform),
    }
}

/// A key may that carries credentials of the operator's own organisation on this platform, in a role that has the
/// permission, without having given it up.
fn keys_may(app: &App, standing: &Standing, key: &ApiKey, platform: &Slug) -> Result<(), Denied> {
    let (config, now) = (app.config.load(), app.clock.now());
    let own = |home| standing.organisations.iter().any(|one| one.id == home && one.slug.as_str() == HOME);
    let at_home = matches!(standing.account.kind, AccountKind::Service(home) if own(home));
    let feeds = key.credentials.iter().any(|carried| {
        let role = config.roles.by_slug(&carried.role);
        let rights = role.map(|role| key.rights.map_or(role.permissions, |own| own.and(role.permissions)));
        carried.platform == *platform
            && carried.organisation.as_str() == HOME
            && rights.is_some_and(|rights| rights.has(Permission::Feed))
            && standing.covers(carried, &config.roles, now).is_some()
    });
    if at_home && feeds { Ok(()) } else { Err(Denied::Feed) }
}

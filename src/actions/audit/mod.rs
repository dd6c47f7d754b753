//! The audit trail, for those who may read it: searched, taken out whole, checked, and cut for its age.

mod lines;

use std::net::IpAddr;

pub use self::lines::{Form, Line, NotWritten, Writer};
use super::actor::Actor;
use super::error::{ActionError, Noun};
use super::organisation;
use crate::app::App;
use crate::model::account::UserName;
use crate::model::caller::RequestId;
use crate::model::id::AccountId;
use crate::model::slug::Slug;
use crate::store::accounts;
use crate::store::audit::{self, Filter, Recorded, Verdict, Wanted};
use crate::time::Timestamp;

/// Entries of an export read at once.
const PAGE: u32 = 500;

/// What is looked for; what is left out matches everything.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// In this organisation.
    pub organisation: Option<Slug>,
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// This act (`key.created`), or all that begin with it where it ends with a dot (`key.`).
    pub act: Option<String>,
    /// By `operator`, `gate`, `stranger`, or the account of this name or id.
    pub actor: Option<String>,
    /// To this: kind and id (`key 3fQ…`), an id alone, or the account of this name.
    pub subject: Option<String>,
    /// From this address.
    pub address: Option<IpAddr>,
    /// By this request.
    pub request: Option<RequestId>,
}

/// Entries, newest first: of one organisation for its managers, all for holders of an office. The next page
/// lies before the number of the last entry.
///
/// # Errors
/// `Denied`, or `Missing` for an organisation or an acting account that there is not.
pub async fn list(
    app: &App,
    actor: &Actor,
    search: &Search,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Recorded>, ActionError> {
    let filter = filter(app, actor, search).await?;
    Ok(audit::list(&app.store, Wanted { before, filter, limit }).await?)
}

/// An export under way: what matches, oldest first, page by page, up to the newest entry at its beginning.
#[derive(Debug)]
pub struct Export {
    filter: Filter,
    after: i64,
    newest: i64,
}

impl Export {
    /// Begins an export for whoever may [`list`] the same.
    ///
    /// # Errors
    /// As [`list`].
    pub async fn begin(app: &App, actor: &Actor, search: &Search) -> Result<Self, ActionError> {
        let filter = filter(app, actor, search).await?;
        let newest = audit::list(&app.store, Wanted { limit: 1, ..Wanted::default() }).await?;
        Ok(Self { filter, after: 0, newest: newest.first().map_or(0, |entry| entry.seq) })
    }

    /// The next page; empty at the end.
    ///
    /// # Errors
    /// The store's.
    pub async fn page(&mut self, app: &App) -> Result<Vec<Recorded>, ActionError> {
        let mut page = audit::after(&app.store, self.after, &self.filter, PAGE).await?;
        page.retain(|entry| entry.seq <= self.newest);
        self.after = page.last().map_or(self.newest, |entry| entry.seq);
        Ok(page)
    }
}

/// Walks along the whole chain.
///
/// # Errors
/// `Denied`, or the store's.
pub async fn verify(app: &App, actor: &Actor) -> Result<Verdict, ActionError> {
    actor.oversees_all()?;
    Ok(audit::verify(&app.store).await?)
}

/// Where the trail was last cut for its age, for holders of an office.
///
/// # Errors
/// `Denied`, or the store's.
pub async fn last_cut(app: &App, actor: &Actor) -> Result<Option<audit::Cut>, ActionError> {
    actor.oversees_all()?;
    Ok(audit::last_cut(&app.store).await?)
}

/// Cuts off what is older than the configuration keeps, in whole days, so that it happens once a day.
///
/// # Errors
/// The store's; what was cut before stays cut.
pub async fn cut_what_is_old(app: &App) -> Result<u64, ActionError> {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let Some(kept) = app.config.load().audit_retention else { return Ok(0) };
    let now = app.clock.now();
    let oldest = now.minus(kept).millis();
    Ok(audit::cut(&app.store, Timestamp::from_millis(oldest - oldest.rem_euclid(DAY)), now).await?)
}

/// A search by the ids that the trail knows, if the actor may make it.
async fn filter(app: &App, actor: &Actor, search: &Search) -> Result<Filter, ActionError> {
    let organisation = match &search.organisation {
        Some(slug) => Some(organisation::seen(app, actor, slug).await?.id),
        None => {
            actor.oversees_all()?;
            None
        }
    };
    Ok(Filter {
        organisation,
        from: search.from,
        to: search.to,
        act: search.act.clone(),
        actor: match &search.actor {
            Some(who) => Some(acting(app, who).await?),
            None => None,
        },
        subject: match &search.subject {
            Some(what) => Some(subject(app, what).await?),
            None => None,
        },
        about: None,
        address: search.address.map(|address| address.to_string()),
        request: search.request.map(|request| request.to_string()),
    })
}

async fn acting(app: &App, who: &str) -> Result<String, ActionError> {
    if ["operator", "gate", "stranger"].contains(&who) || who.parse::<AccountId>().is_ok() {
        return Ok(who.to_owned());
    }
    let account = named(app, who).await?.ok_or(ActionError::Missing(Noun::Account))?;
    Ok(account.to_string())
}

async fn subject(app: &App, what: &str) -> Result<String, ActionError> {
    let account = named(app, what).await?;
    Ok(account.map_or_else(|| what.to_owned(), |id| format!("account {id}")))
}

async fn named(app: &App, name: &str) -> Result<Option<AccountId>, ActionError> {
    let Ok(name) = name.parse::<UserName>() else { return Ok(None) };
    Ok(accounts::by_user_name(&app.store, &name).await?.map(|account| account.id))
}

//! The first start: an organisation to be at home in, a link that makes the first administrator, and on
//! loopback a key to try the gate with. Each start repeats it until somebody has set the gate up.

mod trial;

use super::account::{self, NewPerson};
use super::actor::{Actor, Origin};
use super::email_link::{self, Issued, Wanted};
use super::error::{ActionError, Noun};
use super::password::{self, Password};
use super::sign_in::{self, SignedIn, Visit};
use super::{entitlement, organisation};
use crate::app::App;
use crate::model::account::Office;
use crate::model::email_link::Purpose;
use crate::model::organisation::{Organisation, OrganisationStatus};
use crate::model::slug::Slug;
use crate::secret::{Secret, token};
use crate::store::{Constraint, Tx, accounts, email_links, entitlements, organisations};

pub(super) use trial::end as end_trial;
pub use trial::{Trial, Trying};

/// What the first start hands out, once.
pub struct FirstStart {
    /// Makes the first administrator: 24 hours, once; a new start makes a new one.
    pub link: Issued,
    /// A key to try the gate with.
    pub trial: Option<Trial>,
}

/// The organisation that everybody begins with.
pub(super) const HOME: &str = "home";

/// Prepares a gate that nobody has set up yet; `None` once there is an administrator. Safe to repeat.
///
/// # Errors
/// When the store does not answer.
pub async fn begin(app: &App, trying: Trying) -> Result<Option<FirstStart>, ActionError> {
    let actor = Actor::gate();
    if is_done(app, &actor).await? {
        return Ok(None);
    }
    let home = home(app, &actor).await?;
    if as_configured(app, &actor).await? {
        return Ok(None);
    }
    let mut tx = app.store.begin().await?;
    let link = Wanted { account: None, purpose: Purpose::SetUp, target: None, life: None };
    let link = email_link::issue(app, &mut tx, link).await?;
    tx.audit(actor.entry("set-up.link-made", format!("organisation {}", home.id)));
    let trial = trial::renew(app, &actor, &mut tx, (&home, trying)).await?;
    app.commit(tx).await?;
    Ok(Some(FirstStart { link, trial }))
}

/// Makes the administrator whom configuration names, if it does. Where the name is taken somebody has to
/// look: the link is handed out.
async fn as_configured(app: &App, actor: &Actor) -> Result<bool, ActionError> {
    let Some(first) = app.config.load().first_administrator.clone() else { return Ok(false) };
    let shown = first.user_name.as_str().parse();
    let new = NewPerson {
        user_name: first.user_name,
        email: first.email,
        shown_name: shown.map_err(|_| ActionError::Missing(Noun::Account))?,
        validated: true,
        office: Some(Office::Administrator),
    };
    let password = Password::parse(&first.password)?;
    match account::create_person_with(app, actor, new, password).await {
        // Another node was faster, or the name is somebody else's.
        Err(ActionError::Taken(_)) if is_done(app, actor).await? => Ok(true),
        Err(ActionError::Taken(taken)) => {
            tracing::warn!(%taken, "the first administrator of the configuration was not made");
            Ok(false)
        }
        made => made.map(|_| true),
    }
}

/// Whether the link of first set-up would work. Changes nothing.
///
/// # Errors
/// The store's.
pub async fn peek(app: &App, text: &Secret<String>) -> Result<bool, ActionError> {
    let digest = token::session_digest(text.expose().as_bytes());
    Ok(email_links::usable(&app.store, &digest, Purpose::SetUp, app.clock.now()).await?.is_some())
}

/// Makes the first administrator with the link's token, with a password, and signs them in. The trial ends
/// with it.
///
/// # Errors
/// [`ActionError::Missing`] for a token that is unknown, used, too old or replaced; `Password` when it is
/// easy to guess and `Taken` when the name is: the link still works then.
pub async fn complete(
    app: &App,
    origin: Origin,
    text: &Secret<String>,
    (new, password): (NewPerson, Password),
    visit: Visit,
) -> Result<SignedIn, ActionError> {
    if !peek(app, text).await? {
        return Err(ActionError::Missing(Noun::Link));
    }
    let new = NewPerson { office: Some(Office::Administrator), ..new };
    let password = password::hashed_for(app, &new, password).await?;
    let actor = Actor { origin, ..Actor::gate() };
    let digest = token::session_digest(text.expose().as_bytes());
    let mut tx = app.store.begin().await?;
    let used = email_links::consume(&mut tx, &digest, Purpose::SetUp, app.clock.now()).await?;
    used.ok_or(ActionError::Missing(Noun::Link))?;
    let account = account::insert_person(app, &actor, &mut tx, new).await?;
    password::kept::put(app, &mut tx, account.id, &password).await?;
    let signed_in = sign_in::enter(app, origin, &mut tx, &account, visit).await?;
    app.commit(tx).await?;
    Ok(signed_in)
}

/// What ends with the first administrator: the link that would make another one, and the trial.
pub(super) async fn settle(app: &App, actor: &Actor, tx: &mut Tx) -> Result<(), ActionError> {
    email_links::end_unowned(tx, Purpose::SetUp, app.clock.now()).await?;
    end_trial(app, actor, tx).await
}

/// Whether there is an administrator. Then nothing of the first start may be left over.
async fn is_done(app: &App, actor: &Actor) -> Result<bool, ActionError> {
    let mut tx = app.store.begin().await?;
    if accounts::administrators(&mut tx).await?.is_empty() {
        return Ok(false);
    }
    settle(app, actor, &mut tx).await?;
    if !tx.changes().is_empty() {
        app.commit(tx).await?;
    }
    Ok(true)
}

/// The home organisation, entitled to every platform that configuration knows.
async fn home(app: &App, actor: &Actor) -> Result<Organisation, ActionError> {
    let slug = slug(HOME)?;
    let home = match organisations::by_slug(&app.store, &slug).await? {
        Some(home) => home,
        None => {
            let name = HOME_NAME.parse().map_err(|_| ActionError::Missing(Noun::Organisation))?;
            match organisation::create(app, actor, slug.clone(), name).await {
                Err(ActionError::Taken(Constraint::OrganisationSlug)) => {
                    organisations::by_slug(&app.store, &slug)
                        .await?
                        .ok_or(ActionError::Missing(Noun::Organisation))?
                }
                made => made?,
            }
        }
    };
    if home.status == OrganisationStatus::Open {
        let held = entitlements::list(&app.store, home.id).await?;
        for platform in app.config.load().routing.platforms.keys().filter(|platform| !held.contains(platform))
        {
            match entitlement::add(app, actor, &slug, platform).await {
                Err(ActionError::Taken(Constraint::Entitlement)) => {}
                added => added?,
            }
        }
    }
    Ok(home)
}

const HOME_NAME: &str = "Home";

fn slug(text: &str) -> Result<Slug, ActionError> {
    text.parse().map_err(|_| ActionError::Missing(Noun::Organisation))
}

//! The letter that invites: who invites whom to what, and the link. It reads alike whether or not the reader has
//! an account.

use super::super::actor::{Actor, Who};
use super::super::error::ActionError;
use super::super::post::{self, Cause, Envelope, Put};
use crate::app::App;
use crate::mail::Letter;
use crate::model::email::Email;
use crate::model::invitation::{Invitation, Promise};
use crate::model::organisation::Organisation;
use crate::secret::Secret;
use crate::store::{StoreError, Tx, accounts};
use crate::time::Timestamp;
use crate::words::Language;

/// The link of an invitation, to whom it goes and how long it works.
pub(super) struct Link {
    to: Email,
    /// On the configured public origin only.
    pub(super) url: Secret<String>,
    until: Timestamp,
}

impl Link {
    /// # Errors
    /// When the stored address is none.
    pub(super) fn of(
        app: &App,
        invitation: &Invitation,
        token: &Secret<String>,
    ) -> Result<Self, ActionError> {
        let unreadable = |_| ActionError::Unavailable(StoreError::Corrupt { column: "invitation.email" });
        let origin = &app.config.load().public_url.origin;
        let url = Secret::new(format!("{origin}/.portcullis/invitation/{}", token.expose()));
        Ok(Self { to: invitation.email.parse().map_err(unreadable)?, url, until: invitation.expires_at })
    }
}

/// Puts the letter into the post.
///
/// # Errors
/// `TooManyLetters` to this address, or the store's.
pub(super) async fn send(
    app: &App,
    actor: &Actor,
    tx: &mut Tx,
    (home, promises): (&Organisation, &[Promise]),
    link: &Link,
) -> Result<(), ActionError> {
    let product = app.config.load().pages.name.to_string();
    let letter = Letter::to("", language(app, actor, &link.to).await?, "invitation");
    let letter = letter.about(&[("organisation", &home.name)]);
    let letter = match &actor.who {
        Who::Account { standing, .. } => {
            let (name, user_name) = (&standing.account.display_name, &standing.account.user_name);
            let with = [("inviter", &**name), ("organisation", &home.name), ("product", &product)];
            let letter = letter.says("text", &with).fact("organisation", &home.name);
            letter.fact("inviter", &format!("{name} ({user_name})"))
        }
        Who::Operator | Who::Gate => {
            let with = [("organisation", &*home.name), ("product", &product)];
            letter.says("text-operator", &with).fact("organisation", &home.name)
        }
    };
    let letter = promises.iter().fold(letter, |letter, one| letter.fact("role", &line(app, one)));
    let url = Secret::new(link.url.expose().clone());
    let letter = letter.fact("address", link.to.as_str()).when(app.clock.now());
    let letter = letter.does("button", url, link.until).notes("not-you", &[]);
    // Whoever invites many from one place may do so; the address is protected, and the gate as a whole.
    let origin = super::super::actor::Origin { address: None, ..actor.origin };
    let cause = Cause::Asked(origin);
    let envelope = Envelope { to: link.to.clone(), account: None, expires_at: Some(link.until), cause };
    match post::put(app, tx, envelope, &letter).await? {
        Put::Queued => Ok(()),
        Put::Held => Err(ActionError::TooManyLetters),
    }
}

/// The reader's own choice where there is an account, else the language of whoever invites.
async fn language(app: &App, actor: &Actor, to: &Email) -> Result<Language, ActionError> {
    match accounts::by_email(&app.store, to).await? {
        Some(account) => post::language(app, account.id, actor.origin).await,
        None => Ok(actor.origin.language.unwrap_or(Language::English)),
    }
}

/// A promise on one line: the role, and where.
pub(super) fn line(app: &App, promise: &Promise) -> String {
    let config = app.config.load();
    let role = config.roles.by_slug(&promise.role);
    let mut line = role.map_or_else(|| promise.role.to_string(), |role| role.title.clone());
    let platform = promise
        .platform
        .as_ref()
        .map(|slug| config.routing.platforms.get(slug).map_or_else(|| slug.to_string(), ToString::to_string));
    for place in [promise.space_slug.as_ref().map(ToString::to_string), platform].into_iter().flatten() {
        line.push_str(" • ");
        line.push_str(&place);
    }
    line
}

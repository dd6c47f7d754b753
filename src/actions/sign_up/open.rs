//! Signing up without an invitation, where that is switched on. Whose address was named makes no difference to
//! what is done while somebody waits: the account is made and signed in, and the post finds out whether it may
//! hold the address.

use super::super::account::{self, NewPerson};
use super::super::actor::{Actor, Origin};
use super::super::error::{ActionError, Denied};
use super::super::password::{self, kept};
use super::super::post::{self, Put, Wish};
use super::super::sign_in::{self, SignedIn, Visit};
use super::super::validation;
use super::{Choice, free};
use crate::app::App;
use crate::model::account::AccountStatus;
use crate::model::email::Email;
use crate::model::id::{AccountId, OutboxId};
use crate::store::{accounts, outbox};
use crate::words::Language;

/// Somebody who signs up by themselves.
pub struct Registration {
    /// What they choose.
    pub choice: Choice,
    /// The address that they say is theirs.
    pub email: Email,
}

/// Makes an account whose address proves nothing, and signs in (S2-03). Whoever reads mail at the address gets a
/// letter (S2-08, S2-27).
///
/// # Errors
/// `Denied` where an invitation is needed, `Taken` for a name, `Password`, `Busy`, `TooManyLetters` from this
/// source, `Wait`. Never anything that depends on the address.
pub async fn sign_up(
    app: &App,
    origin: Origin,
    registration: Registration,
    by: Visit,
) -> Result<SignedIn, ActionError> {
    if !app.config.load().sign_up_open {
        return Err(Denied::NeedsInvitation.into());
    }
    post::may_ask(app, origin).await?;
    let Registration { choice, email } = registration;
    free(app, origin, &choice.user_name).await?;
    let Choice { user_name, shown_name, password } = choice;
    let new = NewPerson { user_name, email: Some(email), shown_name, validated: false, office: None };
    let hashed = password::hashed_for(app, &new, password).await?;
    let actor = Actor { origin, ..Actor::gate() };
    let mut tx = app.store.begin().await?;
    let account = account::insert_stranger(app, &actor, &mut tx, new).await?;
    kept::put(app, &mut tx, account.id, &hashed).await?;
    let language = origin.language.unwrap_or(Language::English).tag().to_owned();
    accounts::set_language(&mut tx, account.id, &language).await?;
    let address = origin.address.map(|address| address.to_string());
    let wish = Wish::Registered { account: account.id.to_string(), language, address };
    post::wish(app, &mut tx, origin, wish).await?;
    let begun = sign_in::enter(app, origin, &mut tx, &account, by).await?;
    app.commit(tx).await?;
    Ok(begun)
}

/// Finds out whose address a new account names, and writes there.
pub(in crate::actions) async fn grant(
    app: &App,
    id: OutboxId,
    account: &str,
    origin: Origin,
) -> Result<(), ActionError> {
    let Ok(account) = account.parse::<AccountId>() else { return Ok(()) };
    let mut tx = app.store.begin().await?;
    // Granted once, also when the program ends between this and the note that it was.
    if !outbox::granted(&mut tx, id, app.clock.now()).await? {
        return Ok(());
    }
    let found = accounts::hold(&mut tx, account).await?;
    let found = found.filter(|account| account.status == AccountStatus::Active && !account.validated);
    if let Some(account) = found {
        let actor = Actor { origin, ..Actor::gate() };
        // Nobody holds an address before its reader can be told.
        if validation::claim_and_send(app, &actor, &mut tx, &account).await? == Put::Held {
            return Err(ActionError::TooManyLetters);
        }
        app.commit(tx).await?;
    }
    Ok(())
}

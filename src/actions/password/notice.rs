//! The letter that tells of another password: always sent, to the address of the account as it is then.

use super::super::actor::Origin;
use super::super::error::ActionError;
use super::super::post::{self, Cause, Envelope};
use crate::app::App;
use crate::model::account::Account;
use crate::model::email::Email;
use crate::store::Tx;

/// Where whoever did not change it sets another one.
const FORGOTTEN: &str = "/.portcullis/forgot-password";

/// Puts the letter into the post, in the transaction of what it tells.
///
/// # Errors
/// The store's.
pub(super) async fn changed(
    app: &App,
    tx: &mut Tx,
    account: &Account,
    origin: Origin,
) -> Result<(), ActionError> {
    let Some(email) = account.email.as_deref().and_then(|email| email.parse::<Email>().ok()) else {
        return Ok(());
    };
    let letter = post::letter_to(app, account, origin, "password-changed").await?.says("text", &[]);
    let letter = letter.fact("account", account.user_name.as_str()).when(app.clock.now());
    let letter = match origin.address {
        Some(address) => letter.fact("where", &address.to_string()),
        None => letter,
    };
    let url = format!("{}{FORGOTTEN}", app.config.load().public_url.origin);
    let letter = letter.notes("not-you", &[("url", &url)]);
    let envelope = Envelope { to: email, account: Some(account.id), expires_at: None, cause: Cause::Notice };
    post::put(app, tx, envelope, &letter).await?;
    Ok(())
}

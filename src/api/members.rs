//! Members of an organisation: people who hold something in it, and its services.

use super::accounts::AccountView;
use super::answer::Done;
use super::call::{Call, Outcome};
use super::listing::{Page, Paging};
use super::texts::{SlugText, UserNameText};
use crate::actions::{account, grant};

/// A page of the members of an organisation.
pub async fn list(call: Call, paging: Paging) -> Outcome<Page<AccountView>> {
    let home: SlugText = call.named("organisation")?;
    let after = paging.after().unwrap_or_default();
    let read = account::list(&call.app, &call.actor()?, Some(&home.0), after, paging.to_read()).await?;
    let views = read.iter().map(AccountView::from).collect();
    Ok(paging.cut(views, |one: &AccountView| one.user_name.to_string()))
}

/// Ends a membership with every grant in it.
pub async fn remove(call: Call) -> Outcome<Done> {
    let (home, name): (SlugText, UserNameText) = (call.named("organisation")?, call.named("account")?);
    grant::leave(&call.app, &call.actor()?, &name.0, &home.0).await?;
    Ok(Done)
}

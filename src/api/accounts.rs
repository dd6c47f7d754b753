//! Accounts: of people, and of services of an organisation.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{Made, One, Told};
use super::call::{Call, Outcome};
use super::endpoint::Nothing;
use super::grants::GrantView;
use super::listing::{Cursor, Limit, Page, Paging};
use super::texts::{AccountIdText, EmailText, MomentText, ShownNameText, SlugText, UserNameText};
use crate::actions::account::{self, NewPerson, Shown};
use crate::model::account::{Account, AccountKind, AccountStatus, Office};

/// A person, or a service of an organisation.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKindWord {
    /// A human being.
    Person,
    /// A program of an organisation.
    Service,
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AccountStatusWord {
    /// In use.
    Active,
    /// Stopped for a while.
    Suspended,
    /// Ended for good.
    Closed,
}

/// A deployment-wide office.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OfficeWord {
    /// Runs the deployment.
    Administrator,
    /// Reads everything, invites, and starts resets.
    Support,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountView {
    /// Its id.
    pub id: AccountIdText,
    /// Its name, for good.
    pub user_name: UserNameText,
    /// A person, or a service.
    pub kind: AccountKindWord,
    /// Whether it may be used.
    pub status: AccountStatusWord,
    /// Its office, if any.
    pub office: Option<OfficeWord>,
    /// Where letters go; services have none.
    pub email: Option<String>,
    /// Whether the address was proved.
    pub validated: bool,
    /// The name shown to people.
    pub shown_name: String,
    /// When it was made.
    pub created_at: MomentText,
}

/// An account with what it holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountWhole {
    /// The account.
    pub account: AccountView,
    /// Its grants, as far as the caller may see them.
    pub grants: Vec<GrantView>,
}

/// Which accounts are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountsWanted {
    /// Only members and services of this organisation; others than holders of an office must say one.
    organisation: Option<SlugText>,
    /// How many items at most; 50 if left out.
    #[param(inline)]
    limit: Option<Limit>,
    /// `next` of the page before.
    #[param(inline)]
    cursor: Option<Cursor>,
}

/// A person to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPersonBody {
    /// Name for good.
    user_name: UserNameText,
    /// Where letters go.
    email: Option<EmailText>,
    /// Name shown to people; the user name if left out.
    shown_name: Option<ShownNameText>,
    /// Whether the address counts as proved; yes if left out.
    #[serde(default = "yes")]
    #[schema(default = true)]
    validated: bool,
    /// Deployment-wide office.
    office: Option<OfficeWord>,
}

/// A service to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewServiceBody {
    /// Name for good.
    user_name: UserNameText,
    /// Name shown to people; the user name if left out.
    shown_name: Option<ShownNameText>,
}

/// An office to be held.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfficeBody {
    /// The office; `null` takes it away.
    #[schema(required)]
    office: Option<OfficeWord>,
}

/// A link with which a person sets a password.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkView {
    /// The whole address, shown this once; `null` where it was mailed.
    pub url: Option<String>,
    /// When it ceases to work unused.
    pub expires_at: MomentText,
    /// Where it was mailed; `null` where no letter leaves, and the link must be handed over.
    pub mailed_to: Option<String>,
}

const fn yes() -> bool {
    true
}

impl From<&Account> for AccountView {
    fn from(account: &Account) -> Self {
        Self {
            id: AccountIdText(account.id),
            user_name: UserNameText(account.user_name.clone()),
            kind: match account.kind {
                AccountKind::Person => AccountKindWord::Person,
                AccountKind::Service(_) => AccountKindWord::Service,
            },
            status: match account.status {
                AccountStatus::Active => AccountStatusWord::Active,
                AccountStatus::Suspended => AccountStatusWord::Suspended,
                AccountStatus::Closed => AccountStatusWord::Closed,
            },
            office: account.office.map(|office| match office {
                Office::Administrator => OfficeWord::Administrator,
                Office::Support => OfficeWord::Support,
            }),
            email: account.email.as_deref().map(ToOwned::to_owned),
            validated: account.validated,
            shown_name: account.display_name.to_string(),
            created_at: MomentText(account.created_at),
        }
    }
}

impl From<&Shown> for AccountWhole {
    fn from(shown: &Shown) -> Self {
        Self { account: (&shown.account).into(), grants: shown.grants.iter().map(GrantView::from).collect() }
    }
}

impl From<OfficeWord> for Office {
    fn from(word: OfficeWord) -> Self {
        match word {
            OfficeWord::Administrator => Self::Administrator,
            OfficeWord::Support => Self::Support,
        }
    }
}

/// A page of accounts.
pub async fn list(call: Call, wanted: AccountsWanted) -> Outcome<Page<AccountView>> {
    let paging = Paging::of(wanted.limit, wanted.cursor);
    let home = wanted.organisation.map(|home| home.0);
    let after = paging.after().unwrap_or_default();
    let read = account::list(&call.app, &call.actor()?, home.as_ref(), after, paging.to_read()).await?;
    let views = read.iter().map(AccountView::from).collect();
    Ok(paging.cut(views, |one: &AccountView| one.user_name.to_string()))
}

/// Makes an account of a person.
pub async fn create(call: Call, body: NewPersonBody) -> Outcome<Made<AccountView>> {
    let user_name = body.user_name.0;
    let new = NewPerson {
        shown_name: shown_name(body.shown_name, &user_name)?,
        user_name,
        email: body.email.map(|email| email.0),
        validated: body.validated,
        office: body.office.map(Office::from),
    };
    let made = account::create_person(&call.app, &call.actor()?, new).await?;
    Ok(Made { at: Some(format!("/accounts/{}", made.user_name)), what: (&made).into() })
}

/// Makes a service account of an organisation.
pub async fn create_service(call: Call, body: NewServiceBody) -> Outcome<Made<AccountView>> {
    let home: SlugText = call.named("organisation")?;
    let user_name = body.user_name.0;
    let shown_name = shown_name(body.shown_name, &user_name)?;
    let made = account::create_service(&call.app, &call.actor()?, user_name, shown_name, &home.0).await?;
    Ok(Made { at: Some(format!("/accounts/{}", made.user_name)), what: (&made).into() })
}

/// One account.
pub async fn show(call: Call, _: Nothing) -> Outcome<One<AccountWhole>> {
    let name: UserNameText = call.named("account")?;
    let shown = account::show(&call.app, &call.actor()?, &name.0).await?;
    Ok(One((&shown).into()))
}

/// Stops an account for a while.
pub async fn suspend(call: Call) -> Outcome<Told<AccountView>> {
    let name: UserNameText = call.named("account")?;
    let done = account::suspend(&call.app, &call.actor()?, &name.0).await?;
    Ok(Told((&done).into()))
}

/// Puts an account back in use.
pub async fn resume(call: Call) -> Outcome<Told<AccountView>> {
    let name: UserNameText = call.named("account")?;
    let done = account::resume(&call.app, &call.actor()?, &name.0).await?;
    Ok(Told((&done).into()))
}

/// Ends an account for good.
pub async fn close(call: Call) -> Outcome<Told<AccountView>> {
    let name: UserNameText = call.named("account")?;
    let done = account::close(&call.app, &call.actor()?, &name.0).await?;
    Ok(Told((&done).into()))
}

/// Gives an account an office, or takes it away.
pub async fn set_office(call: Call, body: OfficeBody) -> Outcome<Told<AccountView>> {
    let name: UserNameText = call.named("account")?;
    let office = body.office.map(Office::from);
    let done = account::set_office(&call.app, &call.actor()?, &name.0, office).await?;
    Ok(Told((&done).into()))
}

/// Makes a link with which a person sets a password.
pub async fn reset(call: Call) -> Outcome<Made<LinkView>> {
    let name: UserNameText = call.named("account")?;
    let begun = account::reset(&call.app, &call.actor()?, &name.0).await?;
    let mailed_to = begun.mailed_to.map(|email| email.as_str().to_owned());
    let url = mailed_to.is_none().then(|| begun.url.expose().clone());
    Ok(Made { what: LinkView { url, expires_at: MomentText(begun.expires_at), mailed_to }, at: None })
}

/// The name to show that was sent, or the user name.
fn shown_name(
    sent: Option<ShownNameText>,
    user_name: &crate::model::account::UserName,
) -> Outcome<crate::model::shown_name::ShownName> {
    match sent {
        Some(name) => Ok(name.0),
        None => user_name.as_str().parse().map_err(|_| super::call::invalid("/shown_name")),
    }
}

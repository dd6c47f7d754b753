//! `portcullis account …`.

mod import;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::desk::{Desk, Exit};
use super::grant;
use super::output::Table;
use super::secret_input::read_password;
use crate::actions::account::{self, ArchivedName, NewPerson};
use crate::actions::{ActionError, Actor, validation};
use crate::app::App;
use crate::model::account::{Account, AccountKind, Office, UserName};
use crate::model::email::Email;
use crate::model::reason::Reason;
use crate::model::shown_name::ShownName;
use crate::model::slug::Slug;

/// Rows asked for at once.
const PAGE: u32 = 500;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Makes an account of a person, or of a service with --service-of
    Create(Create),
    /// Takes in accounts of another program with the hashes of their passwords; all lines or none
    Import(import::Import),
    /// Lists accounts
    List {
        /// Only members and services of this organisation
        #[arg(long, value_name = "SLUG")]
        organisation: Option<Slug>,
    },
    /// Shows one account with its grants
    Show {
        /// User name
        name: UserName,
    },
    /// Stops an account for a while; its sessions end, its keys come back with it
    Suspend {
        /// User name
        name: UserName,
    },
    /// Puts a suspended account back in use
    Resume {
        /// User name
        name: UserName,
    },
    /// Ends an account for good, with its sessions, keys and grants; its name stays taken
    Close {
        /// User name
        name: UserName,
    },
    /// Prints a link with which a person sets a password; good once, for an hour
    Reset {
        /// User name
        name: UserName,
    },
    /// Prints everything that is kept about an account, as JSON; no secrets
    Export {
        /// User name
        name: UserName,
    },
    /// Takes a person out of the data for good, closing the account first; name and address stay taken
    Erase {
        /// User name
        name: UserName,
        /// Says that this is wanted
        #[arg(long)]
        yes: bool,
    },
    /// Sends a person a letter to validate their address with; links of earlier letters end
    Validate {
        /// User name
        name: UserName,
    },
    /// Lets the name or the address of a deleted or erased account be used again
    Release {
        /// User name, or address
        name: ArchivedName,
        /// Why, for the audit trail
        #[arg(long, value_name = "TEXT")]
        reason: Reason,
    },
    /// Gives an office, or takes it away
    Office {
        /// User name
        name: UserName,
        /// Which office
        office: OfficeWord,
    },
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("kind").required(true).args(["email", "service_of"]))]
pub(super) struct Create {
    /// User name, for good: a-z, 0-9, '.', '_' and '-'
    name: UserName,
    /// Where letters go
    #[arg(long)]
    email: Option<Email>,
    /// Makes a service account of this organisation instead of a person
    #[arg(long, value_name = "SLUG")]
    service_of: Option<Slug>,
    /// Name shown to people; the user name if left out
    #[arg(long, value_name = "TEXT")]
    shown_name: Option<ShownName>,
    /// Makes the person an administrator of this installation
    #[arg(long, conflicts_with = "service_of")]
    administrator: bool,
    /// Reads the person's password from standard input; without it they set one by a link of `account reset`
    #[arg(long, conflicts_with = "service_of")]
    password_stdin: bool,
    /// The address is not proved yet
    #[arg(long, conflicts_with = "service_of")]
    not_validated: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum OfficeWord {
    /// Runs the installation
    Administrator,
    /// Invites, releases addresses, starts resets
    Support,
    /// No office
    None,
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    desk.with_app(async |app| {
        let actor = Actor::operator();
        match verb {
            Verb::Create(new) => show(desk, &create(app, &actor, new).await?),
            Verb::Import(wanted) => import::run(wanted, desk, app).await?,
            Verb::List { organisation } => list(desk, app, organisation.as_ref()).await?,
            Verb::Show { name } => show_whole(desk, &account::show(app, &actor, &name).await?),
            Verb::Suspend { name } => show(desk, &account::suspend(app, &actor, &name).await?),
            Verb::Resume { name } => show(desk, &account::resume(app, &actor, &name).await?),
            Verb::Close { name } => show(desk, &account::close(app, &actor, &name).await?),
            Verb::Export { name } => {
                let data = account::personal_data(app, &actor, &name).await?;
                let text = serde_json::to_string_pretty(&data).unwrap_or_default();
                desk.output.document(&format!("{text}\n"));
            }
            Verb::Erase { yes: false, .. } => {
                let wrong = "an erased person cannot be brought back; say --yes if that is wanted";
                return Err(Exit::Usage(wrong.to_owned()));
            }
            Verb::Erase { name, .. } => show(desk, &account::erase(app, &actor, &name).await?),
            Verb::Reset { name } => {
                let issued = account::reset(app, &actor, &name).await?;
                desk.output.record(&[
                    ("url", json!(issued.url.expose())),
                    ("expires_at", json!(issued.expires_at.to_string())),
                ]);
            }
            Verb::Validate { name } => show(desk, &validation::request_for(app, &actor, &name).await?),
            Verb::Release { name, reason } => account::release(app, &actor, &name, &reason).await?,
            Verb::Office { name, office } => {
                let office = match office {
                    OfficeWord::Administrator => Some(Office::Administrator),
                    OfficeWord::Support => Some(Office::Support),
                    OfficeWord::None => None,
                };
                show(desk, &account::set_office(app, &actor, &name, office).await?);
            }
        }
        Ok(())
    })
}

async fn create(app: &App, actor: &Actor, new: Create) -> Result<Account, Exit> {
    let shown_name = match new.shown_name {
        Some(name) => name,
        None => new.name.as_str().parse().map_err(|error| Exit::Usage(format!("{error}")))?,
    };
    let made = match new.service_of {
        Some(organisation) => account::create_service(app, actor, new.name, shown_name, &organisation).await,
        None => {
            let person = NewPerson {
                user_name: new.name,
                email: new.email,
                shown_name,
                validated: !new.not_validated,
                office: new.administrator.then_some(Office::Administrator),
            };
            match new.password_stdin {
                true => account::create_person_with(app, actor, person, read_password()?).await,
                false => account::create_person(app, actor, person).await,
            }
        }
    };
    Ok(made?)
}

async fn list(desk: &Desk, app: &App, organisation: Option<&Slug>) -> Result<(), ActionError> {
    let actor = Actor::operator();
    let mut table = Table::of(&["name", "kind", "status", "office", "email", "shown_name", "created_at"]);
    let mut after = String::new();
    loop {
        let page = account::list(app, &actor, organisation, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        last.user_name.as_str().clone_into(&mut after);
        for account in page {
            table.row(vec![
                json!(account.user_name.as_str()),
                json!(kind(&account)),
                json!(account.status.as_str()),
                json!(account.office.map(Office::as_str)),
                json!(account.email.as_deref()),
                json!(&*account.display_name),
                json!(account.created_at.to_string()),
            ]);
        }
    }
    desk.output.table(table);
    Ok(())
}

fn show(desk: &Desk, account: &Account) {
    desk.output.record(&fields(account));
}

fn show_whole(desk: &Desk, shown: &account::Shown) {
    if desk.output.is_json() {
        let mut fields = fields(&shown.account);
        fields.push(("grants", shown.grants.iter().map(grant::object).collect()));
        desk.output.record(&fields);
    } else {
        show(desk, &shown.account);
        desk.output.document("\n");
        desk.output.table(grant::table(&shown.grants));
    }
}

fn fields(account: &Account) -> Vec<(&'static str, Value)> {
    vec![
        ("id", json!(account.id.to_string())),
        ("name", json!(account.user_name.as_str())),
        ("kind", json!(kind(account))),
        ("status", json!(account.status.as_str())),
        ("office", json!(account.office.map(Office::as_str))),
        ("email", json!(account.email.as_deref())),
        ("validated", json!(account.validated)),
        ("shown_name", json!(&*account.display_name)),
        ("created_at", json!(account.created_at.to_string())),
    ]
}

const fn kind(account: &Account) -> &'static str {
    match account.kind {
        AccountKind::Person => "person",
        AccountKind::Service(_) => "service",
    }
}

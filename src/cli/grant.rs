//! `portcullis grant …`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::desk::{Desk, Exit};
use super::moment::moment;
use super::output::Table;
use crate::actions::Actor;
use crate::actions::grant::{self, NewGrant};
use crate::model::account::UserName;
use crate::model::id::GrantId;
use crate::model::slug::Slug;
use crate::store::grants::Named;
use crate::time::Timestamp;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Gives an account a role in an organisation
    Add(Add),
    /// Lists grants
    List {
        /// Only those in this organisation
        #[arg(long, value_name = "SLUG")]
        organisation: Option<Slug>,
        /// Only those of this account
        #[arg(long, value_name = "NAME")]
        account: Option<UserName>,
    },
    /// Takes a grant; keys lose for good what no other grant covers
    Revoke {
        /// Id of the grant, as listed
        id: GrantId,
    },
    /// Ends a membership with every grant in it
    Leave {
        /// The account
        #[arg(long, value_name = "NAME")]
        account: UserName,
        /// The organisation
        #[arg(long, value_name = "SLUG")]
        organisation: Slug,
    },
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// Who gets it
    #[arg(long, value_name = "NAME")]
    account: UserName,
    /// In which organisation
    #[arg(long, value_name = "SLUG")]
    organisation: Slug,
    /// Which role
    #[arg(long, value_name = "SLUG")]
    role: Slug,
    /// In which space; each of them if left out
    #[arg(long, value_name = "SLUG")]
    space: Option<Slug>,
    /// On which platform; each entitled one if left out
    #[arg(long, value_name = "SLUG")]
    platform: Option<Slug>,
    /// When it begins to count: 2027-01-31 or 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    starts: Option<Timestamp>,
    /// When it ceases to count
    #[arg(long, value_name = "TIME", value_parser = moment)]
    ends: Option<Timestamp>,
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    desk.with_app(async |app| {
        let actor = Actor::operator();
        match verb {
            Verb::Add(Add { account, organisation, role, space, platform, starts, ends }) => {
                let (starts_at, ends_at) = (starts, ends);
                let new = NewGrant { account, organisation, role, space, platform, starts_at, ends_at };
                let made = grant::add(app, &actor, new.clone()).await?;
                desk.output.record(&[
                    ("id", json!(made.id.to_string())),
                    ("account", json!(new.account.as_str())),
                    ("organisation", json!(new.organisation.as_str())),
                    ("space", json!(new.space.as_ref().map(Slug::as_str))),
                    ("role", json!(made.role.as_str())),
                    ("platform", json!(made.platform.as_ref().map(Slug::as_str))),
                    ("starts_at", json!(made.starts_at.map(|at| at.to_string()))),
                    ("ends_at", json!(made.ends_at.map(|at| at.to_string()))),
                ]);
            }
            Verb::List { organisation, account } => {
                let found = grant::list(app, &actor, organisation.as_ref(), account.as_ref()).await?;
                desk.output.table(table(&found));
            }
            Verb::Revoke { id } => {
                grant::revoke(app, &actor, id).await?;
                desk.output.done(&format!("revoked grant {id}"));
            }
            Verb::Leave { account, organisation } => {
                grant::leave(app, &actor, &account, &organisation).await?;
                desk.output.done(&format!("{account} left {organisation}"));
            }
        }
        Ok(())
    })
}

const COLUMNS: [&str; 8] =
    ["id", "account", "organisation", "space", "role", "platform", "starts_at", "ends_at"];

/// Grants as a list; an absent space or platform is each of them.
pub(super) fn table(grants: &[Named]) -> Table {
    let mut table = Table::of(&COLUMNS);
    grants.iter().for_each(|one| table.row(values(one).into()));
    table
}

/// A grant as an object.
pub(super) fn object(grant: &Named) -> Value {
    Value::Object(COLUMNS.iter().map(ToString::to_string).zip(values(grant)).collect())
}

fn values(grant: &Named) -> [Value; 8] {
    [
        json!(grant.id.to_string()),
        json!(grant.user_name.as_str()),
        json!(grant.organisation.as_str()),
        json!(grant.space.as_ref().map(Slug::as_str)),
        json!(grant.role.as_str()),
        json!(grant.platform.as_ref().map(Slug::as_str)),
        json!(grant.starts_at.map(|at| at.to_string())),
        json!(grant.ends_at.map(|at| at.to_string())),
    ]
}

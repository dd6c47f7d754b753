//! `portcullis entitlement …`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::desk::{Desk, Exit};
use super::output::Table;
use crate::actions::{Actor, entitlement};
use crate::model::slug::Slug;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Lets an organisation use a platform
    Add(Pair),
    /// Lists the platforms that an organisation may use
    List {
        /// The organisation
        #[arg(long, value_name = "SLUG")]
        organisation: Slug,
    },
    /// Ends the use of a platform by an organisation
    Remove(Pair),
}

#[derive(Debug, Args)]
pub(super) struct Pair {
    /// The organisation
    #[arg(long, value_name = "SLUG")]
    organisation: Slug,
    /// The platform
    #[arg(long, value_name = "SLUG")]
    platform: Slug,
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    desk.with_app(async |app| {
        let actor = Actor::operator();
        match verb {
            Verb::Add(Pair { organisation, platform }) => {
                entitlement::add(app, &actor, &organisation, &platform).await?;
                desk.output.done(&format!("{organisation} may use {platform}"));
            }
            Verb::List { organisation } => {
                let mut table = Table::of(&["platform"]);
                for platform in entitlement::list(app, &actor, &organisation).await? {
                    table.row(vec![json!(platform.as_str())]);
                }
                desk.output.table(table);
            }
            Verb::Remove(Pair { organisation, platform }) => {
                entitlement::remove(app, &actor, &organisation, &platform).await?;
                desk.output.done(&format!("{organisation} may not use {platform} any more"));
            }
        }
        Ok(())
    })
}

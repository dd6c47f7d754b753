//! `portcullis migrate …`. The gate takes new steps by itself when it starts; these verbs show them, and
//! take them beforehand.

use clap::Subcommand;
use serde_json::json;

use super::desk::{Desk, Exit};
use super::output::Table;
use crate::store::{self, NEWEST};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Lists the steps of the schema and which were taken
    List,
    /// Takes every step that was not taken yet
    Apply,
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    let config = desk.config()?;
    desk.block_on(async {
        let store = store::connect(&config.store).await?;
        if matches!(verb, Verb::Apply) {
            store::apply(&store, NEWEST).await?;
        }
        let mut table = Table::of(&["version", "title", "applied"]);
        for step in store::migrations(&store).await? {
            table.row(vec![json!(step.version), json!(step.title), json!(step.applied)]);
        }
        store.close().await;
        desk.output.table(table);
        Ok(())
    })
}

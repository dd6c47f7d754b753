//! `portcullis config …`: what can be configured, and what is.

use clap::Subcommand;
use serde_json::json;

use super::desk::{Desk, Exit};
use super::output::Table;
use crate::config;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Prints a file with every key, its default and what it does
    Template,
    /// Prints the JSON Schema of the file, for editors
    Schema,
    /// Prints every key with what it takes, its default and its variable, to read (Markdown)
    Reference,
    /// Prints each value in force with the place it comes from; secrets are masked
    Print,
}

pub(super) fn run(verb: &Verb, desk: &Desk) -> Result<(), Exit> {
    match verb {
        Verb::Template => desk.output.document(config::TEMPLATE),
        Verb::Schema => desk.output.document(&format!("{:#}\n", config::schema())),
        Verb::Reference => desk.output.document(&config::reference()),
        Verb::Print => {
            let mut table = Table::of(&["key", "value", "from"]);
            for shown in config::print(&desk.sources).map_err(Exit::Configuration)? {
                let value = if desk.output.is_json() { shown.value } else { json!(shown.value.to_string()) };
                table.row(vec![json!(shown.key), value, json!(shown.place.to_string())]);
            }
            desk.output.table(table);
        }
    }
    Ok(())
}

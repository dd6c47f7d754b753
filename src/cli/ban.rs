//! `portcullis ban …`: who has used up a budget of failed attempts on the running gate.

use clap::Subcommand;
use serde_json::{Value, json};

use super::control::ask;
use super::desk::{Desk, Exit};
use super::output::Table;
use crate::model::quota::Party;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Lists sources, accounts and keys that must wait, longest first
    List,
    /// Gives a source, account or key its whole budget back
    Remove {
        /// An address (192.0.2.1, 2001:db8::/64), a key id or an account id
        party: Party,
    },
}

pub(super) fn run(verb: &Verb, desk: &Desk) -> Result<(), Exit> {
    match verb {
        Verb::List => list(desk),
        Verb::Remove { party } => {
            let done = ask(desk, &json!({ "do": "ban remove", "party": party.to_string() }))?;
            if desk.output.is_json() {
                desk.output.value(&done);
            } else if done.get("lifted") == Some(&Value::Bool(true)) {
                desk.output.done(&format!("{party} may try again."));
            } else {
                desk.output.done(&format!("{party} did not have to wait."));
            }
            Ok(())
        }
    }
}

fn list(desk: &Desk) -> Result<(), Exit> {
    let bans = ask(desk, &json!({ "do": "ban list" }))?;
    let mut table = Table::of(&["party", "seconds"]);
    for ban in bans.as_array().into_iter().flatten() {
        table.row(["party", "seconds"].map(|name| ban.get(name).cloned().unwrap_or_default()).to_vec());
    }
    desk.output.table(table);
    Ok(())
}

//! `portcullis mail …`: whether letters arrive, and what became of them.

use clap::Subcommand;
use serde_json::json;

use super::desk::{Desk, Exit};
use super::output::Table;
use crate::actions::{Actor, post};
use crate::model::email::Email;
use crate::model::id::OutboxId;
use crate::model::outbox::OutboxEntry;
use crate::time::Timestamp;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Sends a letter at once that shows that letters arrive
    Test {
        /// Where to
        address: Email,
    },
    /// Lists letters, newest first, and what became of them
    List {
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Tries a letter again now that waits or was given up
    Resend {
        /// The letter
        letter: OutboxId,
    },
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    desk.with_app(async |app| {
        let actor = Actor::operator();
        match verb {
            Verb::Test { address } => {
                desk.output.remark(&format!("Sending a letter to {address} …"));
                let place = post::test(app, &actor, address.clone()).await?;
                desk.output.done(&format!("{place} has the letter to {address}."));
            }
            Verb::List { limit } => {
                let mut table =
                    Table::of(&["letter", "kind", "to", "state", "attempts", "created", "next", "error"]);
                for entry in post::list(app, &actor, None, limit).await? {
                    table.row(row(&entry));
                }
                desk.output.table(table);
            }
            Verb::Resend { letter } => {
                post::again(app, &actor, letter).await?;
                desk.output.done("The running gate tries it again within a second.");
            }
        }
        Ok(())
    })
}

fn row(entry: &OutboxEntry) -> Vec<serde_json::Value> {
    let next = (entry.state().as_str() == "waiting").then_some(entry.not_before);
    vec![
        json!(entry.id.to_string()),
        json!(entry.kind),
        json!(entry.recipient),
        json!(entry.state().as_str()),
        json!(entry.attempts),
        json!(entry.created_at.to_string()),
        json!(next.map(|at: Timestamp| at.to_string())),
        json!(entry.last_error),
    ]
}

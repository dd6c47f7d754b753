//! `portcullis audit …`.

use clap::Subcommand;
use serde_json::json;

use super::desk::{Desk, Exit};
use super::output::Table;
use crate::actions::Actor;
use crate::actions::audit;
use crate::model::slug::Slug;
use crate::store::audit::{Fault, Verdict};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Lists who did what, newest first
    List {
        /// Only in this organisation
        #[arg(long, value_name = "SLUG")]
        organisation: Option<Slug>,
        /// Only entries older than this number
        #[arg(long, value_name = "NUMBER")]
        before: Option<i64>,
        /// At most so many
        #[arg(long, default_value_t = 100, value_name = "COUNT")]
        limit: u32,
    },
    /// Checks that no entry was altered, removed or moved
    Verify,
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    desk.with_app(async |app| match verb {
        Verb::List { organisation, before, limit } => {
            let mut table = Table::of(&[
                "seq",
                "at",
                "act",
                "actor",
                "subject",
                "organisation",
                "detail",
                "personal",
                "address",
                "request",
            ]);
            let actor = Actor::operator();
            for entry in audit::list(app, &actor, organisation.as_ref(), before, limit).await? {
                table.row(vec![
                    json!(entry.seq),
                    json!(entry.at.to_string()),
                    json!(entry.act),
                    json!(entry.actor),
                    json!(entry.subject),
                    json!(entry.organisation),
                    json!(entry.detail),
                    json!(entry.personal),
                    json!(entry.address),
                    json!(entry.request),
                ]);
            }
            desk.output.table(table);
            Ok(())
        }
        Verb::Verify => verdict(desk, &audit::verify(app, &Actor::operator()).await?),
    })
}

fn verdict(desk: &Desk, verdict: &Verdict) -> Result<(), Exit> {
    match verdict {
        Verdict::Whole { entries, erased } => {
            desk.output.record(&[
                ("whole", json!(true)),
                ("entries", json!(entries)),
                ("erased", json!(erased)),
            ]);
            Ok(())
        }
        Verdict::Broken { seq, fault } => {
            let fault = match fault {
                Fault::Missing => "is missing",
                Fault::Altered => "was altered or moved",
                Fault::PersonalAltered => "has altered personal facts",
            };
            if desk.output.is_json() {
                desk.output.record(&[("whole", json!(false)), ("seq", json!(seq)), ("fault", json!(fault))]);
            }
            Err(Exit::Failed(anyhow::anyhow!("the audit trail is broken: entry {seq} {fault}")))
        }
    }
}

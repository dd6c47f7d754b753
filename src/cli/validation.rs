//! `portcullis validation …`.

use clap::Subcommand;
use serde_json::json;

use super::desk::{Desk, Exit};
use crate::actions::{Actor, demand};
use crate::model::demanded::Demanded;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Shows where validated addresses are demanded, beside routes that do so themselves
    Show,
    /// Demands validated addresses: everywhere, platform:SLUG, organisation:SLUG; nothing leaves it to routes
    Demand {
        /// Where
        places: Vec<String>,
    },
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    desk.with_app(async |app| {
        let actor = Actor::operator();
        if let Verb::Demand { places } = verb {
            let read = places.join(" ").parse::<Demanded>();
            demand::set(app, &actor, read.map_err(|error| Exit::Usage(error.to_string()))?).await?;
        }
        let shown = demand::show(app, &actor)?;
        desk.output
            .record(&[("demanded", json!(shown.demanded.to_string())), ("locked", json!(shown.locked))]);
        Ok(())
    })
}

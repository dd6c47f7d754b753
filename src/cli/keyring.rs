//! `portcullis keyring …`.

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::desk::{Desk, Exit};
use super::output::Table;
use crate::actions::Actor;
use crate::actions::keyring::{self, RotationError};
use crate::app::App;
use crate::secret::keyring::{Haste, Part};
use crate::time::Timestamp;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Shows what may be known of the keys: versions, ages, fingerprints
    Show,
    /// Renews a part; what its earlier keys made stays valid
    Rotate {
        /// Which part
        part: PartWord,
        /// Does not wait until apps can know the next signing key: the current one leaked
        #[arg(long)]
        at_once: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PartWord {
    /// The key of keyed digests
    Pepper,
    /// The key that seals values at rest
    Sealing,
    /// The keys that sign assertions
    Signing,
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    desk.with_app(async |app| {
        if let Verb::Rotate { part, at_once } = verb {
            let part = match part {
                PartWord::Pepper => Part::Pepper,
                PartWord::Sealing => Part::Sealing,
                PartWord::Signing => Part::Signing,
            };
            let haste = if at_once { Haste::AtOnce } else { Haste::Orderly };
            keyring::rotate(app, &Actor::operator(), part, haste).await.map_err(failed)?;
        }
        show(desk, app);
        Ok(())
    })
}

fn show(desk: &Desk, app: &App) {
    let mut table = Table::of(&["part", "version", "fingerprint", "made_at"]);
    for print in app.keyring.load().fingerprints() {
        let version = (print.version > 0).then_some(print.version);
        let made_at = Timestamp::from(print.made_at).to_string();
        table.row(vec![json!(print.part), json!(version), json!(print.print), json!(made_at)]);
    }
    desk.output.table(table);
}

fn failed(error: RotationError) -> Exit {
    match error {
        RotationError::File(error) => Exit::Failed(error.into()),
        RotationError::Action(error) => error.into(),
    }
}

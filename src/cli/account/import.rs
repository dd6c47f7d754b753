//! `portcullis account import`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::desk::{Desk, Exit};
use super::super::secret_input;
use crate::actions::Actor;
use crate::actions::account::import::{Batch, Effect, ImportError, Imported, UselessHash, import, lines};
use crate::app::App;

/// Lines of which something is told that are shown.
const SHOWN: usize = 20;

#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    /// Does everything but writing
    #[arg(long)]
    dry_run: bool,
    /// Imports nothing when a hash cannot be used; without this such people set a password by a reset link
    #[arg(long)]
    refuse_useless_hashes: bool,
    /// JSON lines or CSV with user_name, email, shown_name, validated, password_hash, office; standard input for '-'
    file: PathBuf,
}

pub(super) async fn run(wanted: Import, desk: &Desk, app: &App) -> Result<(), Exit> {
    let lines = lines(&secret_input::read(&wanted.file)?);
    let bar = desk.output.progress(lines.len() as u64 * 2);
    let batch = Batch {
        lines,
        useless: if wanted.refuse_useless_hashes { UselessHash::Wrong } else { UselessHash::Reset },
        effect: if wanted.dry_run { Effect::None } else { Effect::Write },
    };
    let done = import(app, &Actor::operator(), batch, &|done| bar.set_position(done as u64)).await;
    bar.finish_and_clear();
    match done {
        Ok(imported) => {
            tell(desk, &imported, wanted.dry_run);
            Ok(())
        }
        Err(error) => {
            if let ImportError::Lines(faults) = &error {
                remarks(desk, faults.iter().map(|(line, fault)| format!("line {line} {fault}")));
            }
            Err(Exit::Failed(error.into()))
        }
    }
}

fn tell(desk: &Desk, imported: &Imported, dry_run: bool) {
    let Imported { accounts, with_password, to_reset } = imported;
    if desk.output.is_json() {
        let to_reset: Vec<_> =
            to_reset.iter().map(|(line, why)| json!({ "line": line, "why": why.to_string() })).collect();
        desk.output.value(&json!({
            "imported": accounts, "with_password": with_password, "to_reset": to_reset, "dry_run": dry_run,
        }));
        return;
    }
    remarks(
        desk,
        to_reset.iter().map(|(line, why)| format!("line {line} comes without a password: its hash {why}")),
    );
    let what = if dry_run { "would be imported; nothing was written" } else { "were imported" };
    desk.output.done(&format!("{accounts} accounts, {with_password} of them with a password, {what}."));
}

/// Says something of each line by its number; the lines themselves hold secrets.
fn remarks(desk: &Desk, all: impl ExactSizeIterator<Item = String>) {
    let more = all.len().saturating_sub(SHOWN);
    all.take(SHOWN).for_each(|remark| desk.output.remark(&remark));
    if more > 0 {
        desk.output.remark(&format!("and {more} more"));
    }
}

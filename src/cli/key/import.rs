//! `portcullis key import`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::desk::{Desk, Exit};
use super::super::moment::life;
use super::super::secret_input;
use super::create::{Powers, wish};
use crate::actions::api_key::import::{Batch, ImportError, import};
use crate::actions::api_key::{KeyName, Life, Wish};
use crate::actions::{Actor, account};
use crate::app::App;
use crate::model::account::UserName;

/// Lines of which something is wrong that are shown.
const SHOWN: usize = 20;

#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    /// Whose they become
    #[arg(long, visible_alias = "owner", value_name = "NAME")]
    account: UserName,
    /// What their names begin with; each key's own id follows
    #[arg(long, value_name = "TEXT", default_value = "imported")]
    name: KeyName,
    #[command(flatten)]
    powers: Powers,
    /// How long they work: 90d, never, or a date; as long as the policy allows if left out
    #[arg(long, value_name = "TIME", value_parser = life)]
    expires: Option<Life>,
    /// One key a line, of any form but ours; or prefix.hash for keys prefix.secret; standard input for '-'
    file: PathBuf,
}

pub(super) async fn run(wanted: Import, desk: &Desk, app: &App) -> Result<(), Exit> {
    let lines = secret_input::read_lines(&wanted.file)?;
    let owner = account::by_name(app, &wanted.account).await?;
    let wish = wish(app, owner.id, wanted.powers, wanted.name).await?;
    let wish = Wish { life: wanted.expires.unwrap_or(Life::Longest), ..wish };
    let bar = desk.output.progress(lines.len() as u64);
    let batch = Batch { owner: owner.id, wish, lines };
    let done = import(app, &Actor::operator(), &batch, &|done| bar.set_position(done as u64)).await;
    bar.finish_and_clear();
    match done {
        Ok(ids) if desk.output.is_json() => {
            let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
            desk.output.value(&json!({ "imported": ids.len(), "ids": ids }));
            Ok(())
        }
        Ok(ids) => {
            desk.output.done(&format!("{} keys were imported.", ids.len()));
            Ok(())
        }
        Err(error) => Err(refused(desk, error)),
    }
}

/// Says what is wrong with each line, by number; the lines themselves are secrets.
fn refused(desk: &Desk, error: ImportError) -> Exit {
    if let ImportError::Lines(faults) = &error {
        for (line, fault) in faults.iter().take(SHOWN) {
            desk.output.remark(&format!("line {line} {fault}"));
        }
        if faults.len() > SHOWN {
            desk.output.remark(&format!("and {} more", faults.len() - SHOWN));
        }
    }
    Exit::Failed(error.into())
}

//! `portcullis key …`.

mod create;
mod import;
mod shown;

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::desk::{Desk, Exit};
use super::{curl, secret_input};
use crate::actions::account;
use crate::actions::api_key::report::{self, Inspected, Reported};
use crate::actions::api_key::{self, Made, Overlap};
use crate::actions::{Actor, Origin};
use crate::app::App;
use crate::model::account::UserName;
use crate::model::api_key::KeyId;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Makes a key and prints it, once
    Create(create::Create),
    /// Lists keys of an account, or of all
    List {
        /// Whose
        #[arg(long, value_name = "NAME")]
        account: Option<UserName>,
        /// Also those that work no more
        #[arg(long)]
        all: bool,
    },
    /// Shows one key
    Show {
        /// Public id: the twelve characters after the prefix
        #[arg(value_parser = key_id)]
        id: KeyId,
    },
    /// Ends a key at once
    Revoke {
        /// Public id
        #[arg(value_parser = key_id)]
        id: KeyId,
    },
    /// Makes a successor with the same settings and prints it, once
    Rotate {
        /// Public id of the key to be replaced
        #[arg(value_parser = key_id)]
        id: KeyId,
        /// How long the old key goes on working
        #[arg(long, value_enum, default_value_t = OverlapWord::Day)]
        overlap: OverlapWord,
    },
    /// Tells what a key is and whether it works; changes nothing
    Inspect {
        /// File with the key; standard input for '-'
        #[arg(default_value = "-")]
        file: PathBuf,
    },
    /// Ends a key that leaked, by its text alone
    Report {
        /// File with the key; standard input for '-'
        #[arg(default_value = "-")]
        file: PathBuf,
    },
    /// Takes in keys that were made elsewhere: one a line, all of them or none
    Import(import::Import),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OverlapWord {
    /// Ends now
    Now,
    /// Ends in an hour
    #[value(name = "1h")]
    Hour,
    /// Ends in a day
    #[value(name = "24h")]
    Day,
    /// Ends in seven days
    #[value(name = "7d")]
    Week,
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    desk.with_app(async |app| match verb {
        Verb::Create(wanted) => create::run(wanted, desk, app).await,
        Verb::Import(batch) => import::run(batch, desk, app).await,
        Verb::List { account, all } => shown::list(desk, app, account.as_ref(), all).await,
        Verb::Show { id } => {
            let key = api_key::show(app, &Actor::operator(), id).await?;
            let owner = shown::owner_name(app, key.account).await?;
            desk.output.record(&shown::fields(&key, owner.as_str(), app.clock.now()));
            Ok(())
        }
        Verb::Revoke { id } => {
            let ended = api_key::revoke(app, &Actor::operator(), id).await?;
            desk.output.done(if ended { "The key is revoked." } else { "The key worked no more already." });
            Ok(())
        }
        Verb::Rotate { id, overlap } => {
            let made = api_key::rotate(app, &Actor::operator(), id, overlap.into()).await?;
            hand_out(desk, app, &made).await
        }
        Verb::Inspect { file } => inspect(desk, app, &file).await,
        Verb::Report { file } => {
            let text = secret_input::read_line(&file)?;
            let reported = report::report(app, Origin::default(), &text).await?;
            desk.output.done(match reported {
                Reported::Revoked => "The key is revoked.",
                Reported::Nothing => "No key that works has this text.",
            });
            Ok(())
        }
    })
}

async fn inspect(desk: &Desk, app: &App, file: &std::path::Path) -> Result<(), Exit> {
    let text = secret_input::read_line(file)?;
    let not = |what: &str| [("shape", json!(what)), ("works", json!(false))];
    match report::inspect(app, &Actor::operator(), &text).await? {
        Inspected::Malformed => desk.output.record(&not("malformed")),
        Inspected::Unknown => desk.output.record(&not("unknown")),
        Inspected::Known(key) => {
            let owner = account::by_id(app, key.account).await?;
            desk.output.record(&shown::fields(&key, owner.user_name.as_str(), app.clock.now()));
        }
    }
    Ok(())
}

/// Prints a new key, the only time it is known.
async fn hand_out(desk: &Desk, app: &App, made: &Made) -> Result<(), Exit> {
    let owner = account::by_id(app, made.key.account).await?;
    let line = curl::with_key(&app.config.load(), &made.key, &made.text);
    let mut fields = vec![("key", json!(made.text.expose()))];
    fields.extend(shown::fields(&made.key, owner.user_name.as_str(), app.clock.now()));
    if let Some(end) = made.previous_ends {
        fields.push(("previous_ends_at", json!(end.to_string())));
    }
    fields.push(("curl", json!(line)));
    desk.output.record(&fields);
    desk.output.remark("The key is shown this once; it is stored nowhere.");
    Ok(())
}

impl From<OverlapWord> for Overlap {
    fn from(word: OverlapWord) -> Self {
        match word {
            OverlapWord::Now => Self::None,
            OverlapWord::Hour => Self::Hour,
            OverlapWord::Day => Self::Day,
            OverlapWord::Week => Self::Week,
        }
    }
}

/// Also takes a whole key's beginning, as it is shown in lists of other tools: `pck_` and twelve characters.
fn key_id(text: &str) -> Result<KeyId, String> {
    let id = text.strip_prefix("pck_").or_else(|| text.strip_prefix("pcs_")).unwrap_or(text);
    if id.len() > KeyId::LEN {
        return Err("is longer than an id; never type a whole key on a command line".to_owned());
    }
    KeyId::from_ascii(id.as_bytes())
        .ok_or_else(|| "is not the id of a key: twelve letters and digits".to_owned())
}

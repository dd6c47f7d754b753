//! `portcullis audit …`.

use std::fs::File;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::desk::{Desk, Exit};
use super::moment::moment;
use super::output::Table;
use crate::actions::Actor;
use crate::actions::audit::{self, Export, Form, NotWritten, Search, Writer};
use crate::app::App;
use crate::model::caller::RequestId;
use crate::model::slug::Slug;
use crate::store::audit::{Fault, Verdict};
use crate::time::Timestamp;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Lists who did what, newest first
    List {
        #[command(flatten)]
        filters: Filters,
        /// Only entries older than this number
        #[arg(long, value_name = "NUMBER")]
        before: Option<i64>,
        /// At most so many
        #[arg(long, default_value_t = 100, value_name = "COUNT")]
        limit: u32,
    },
    /// Writes every entry that matches, oldest first, for other programs
    Export {
        /// One JSON object a line, or comma-separated values
        #[arg(long, value_enum, default_value = "jsonl")]
        format: Format,
        /// Where to; standard output without it
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        filters: Filters,
    },
    /// Checks that no entry was altered, removed or moved
    Verify,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// JSON Lines
    Jsonl,
    /// CSV (RFC 4180), harmless to spreadsheets
    Csv,
}

#[derive(Debug, Args)]
pub(super) struct Filters {
    /// Only in this organisation
    #[arg(long, value_name = "SLUG")]
    organisation: Option<Slug>,
    /// Not before this date or time
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    from: Option<Timestamp>,
    /// Before this date or time
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    to: Option<Timestamp>,
    /// This act, as key.created; with a dot at its end all that begin so, as key.
    #[arg(long)]
    act: Option<String>,
    /// By 'operator', 'gate', 'stranger', or the account of this name or id
    #[arg(long, value_name = "WHO")]
    actor: Option<String>,
    /// To this account by name, or to anything by its id
    #[arg(long, value_name = "WHAT")]
    subject: Option<String>,
    /// From this address
    #[arg(long)]
    address: Option<IpAddr>,
    /// By the request of this id
    #[arg(long, value_name = "ID", value_parser = request)]
    request_id: Option<RequestId>,
}

fn request(text: &str) -> Result<RequestId, String> {
    RequestId::parse(text).map_err(|_| "has 32 characters of 0-9 and a-f".to_owned())
}

impl Filters {
    fn search(self) -> Search {
        Search {
            organisation: self.organisation,
            from: self.from,
            to: self.to,
            act: self.act,
            actor: self.actor,
            subject: self.subject,
            address: self.address,
            request: self.request_id,
        }
    }
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    desk.with_app(async |app| match verb {
        Verb::List { filters, before, limit } => list(desk, app, &filters.search(), before, limit).await,
        Verb::Export { format, output, filters } => {
            let out: Box<dyn Write> = match &output {
                Some(path) => Box::new(File::create_new(path).with_context(|| path.display().to_string())?),
                None => Box::new(desk.output.pipe()),
            };
            export(app, out, format, &filters.search()).await
        }
        Verb::Verify => verify(desk, app).await,
    })
}

async fn list(desk: &Desk, app: &App, search: &Search, before: Option<i64>, limit: u32) -> Result<(), Exit> {
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
    for entry in audit::list(app, &Actor::operator(), search, before, limit).await? {
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

/// Page by page, so that the trail may be longer than the memory.
async fn export(app: &App, out: Box<dyn Write>, format: Format, search: &Search) -> Result<(), Exit> {
    let form = match format {
        Format::Jsonl => Form::JsonLines,
        Format::Csv => Form::Csv,
    };
    let mut export = Export::begin(app, &Actor::operator(), search).await?;
    let mut writer = Writer::to(io::BufWriter::new(out), form);
    loop {
        let page = export.page(app).await?;
        let over = page.is_empty();
        match writer.write(page) {
            // A reader that went away early (`… | head`) is no failure.
            Err(NotWritten(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(|error| Exit::Failed(error.into()))?,
        }
        if over {
            return Ok(());
        }
    }
}

async fn verify(desk: &Desk, app: &App) -> Result<(), Exit> {
    match audit::verify(app, &Actor::operator()).await? {
        Verdict::Whole { entries, erased } => {
            let cut = audit::last_cut(app, &Actor::operator()).await?;
            desk.output.record(&[
                ("whole", json!(true)),
                ("entries", json!(entries)),
                ("erased", json!(erased)),
                ("cut_through", json!(cut.map(|cut| cut.seq))),
            ]);
            Ok(())
        }
        Verdict::Broken { seq, fault } => {
            let fault = match fault {
                Fault::Missing => "is missing",
                Fault::Altered => "was altered or moved",
                Fault::PersonalAltered => "has altered personal facts",
                Fault::CutUnseen => "and all before it are gone, and the gate did not cut them off",
            };
            if desk.output.is_json() {
                desk.output.record(&[("whole", json!(false)), ("seq", json!(seq)), ("fault", json!(fault))]);
            }
            Err(Exit::Failed(anyhow::anyhow!("the audit trail is broken: entry {seq} {fault}")))
        }
    }
}

//! `portcullis explain`: why the running gate let a request in or turned it away.

use clap::Args;
use serde_json::json;

use super::control::ask;
use super::desk::{Desk, Exit};
use crate::model::caller::RequestId;

#[derive(Debug, Args)]
pub(super) struct Flags {
    /// The request's id, as in its answer, its log line or the page
    #[arg(long, value_name = "ID", value_parser = id)]
    request_id: RequestId,
}

fn id(text: &str) -> Result<RequestId, String> {
    RequestId::parse(text).map_err(|_| "has 32 characters of 0-9 and a-f".to_owned())
}

pub(super) fn run(flags: &Flags, desk: &Desk) -> Result<(), Exit> {
    let done = ask(desk, &json!({ "do": "explain", "request": flags.request_id.to_string() }))?;
    let names = ["request", "at", "status", "route", "reason", "credential"];
    desk.output.record(&names.map(|name| (name, done.get(name).cloned().unwrap_or_default())));
    Ok(())
}

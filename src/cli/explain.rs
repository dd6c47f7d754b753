//! `portcullis explain`: why the running gate let a request in or turned it away, or what it would do.

use std::net::IpAddr;

use clap::{ArgGroup, Args};
use serde_json::{Value, json};

use super::control::ask;
use super::desk::{Desk, Exit};
use super::output::Table;
use crate::model::account::UserName;
use crate::model::api_key::KeyId;
use crate::model::caller::RequestId;
use crate::model::credentials::Credentials;

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["request_id", "user", "key", "nobody"])))]
pub(super) struct Flags {
    /// A request that was: its id, as in its answer, its log line or the page
    #[arg(long, value_name = "ID", value_parser = request, conflicts_with_all = ["url", "credentials", "from"])]
    request_id: Option<RequestId>,
    /// A request that might be: by this account, signed in just now
    #[arg(long = "as", value_name = "USER")]
    user: Option<UserName>,
    /// … by whoever holds the key of this id
    #[arg(long, value_name = "ID", value_parser = key)]
    key: Option<KeyId>,
    /// … by somebody who presents nothing
    #[arg(long)]
    nobody: bool,
    /// … to this address: scheme, host and path
    #[arg(long, value_name = "URL", required_unless_present = "request_id")]
    url: Option<String>,
    /// … by this method
    #[arg(long, value_name = "METHOD", default_value = "GET")]
    method: String,
    /// … under these credentials, as platform/organisation/space/role
    #[arg(long, value_name = "CREDENTIALS")]
    credentials: Option<Credentials>,
    /// … from this address instead of this machine's own
    #[arg(long, value_name = "ADDRESS")]
    from: Option<IpAddr>,
}

fn request(text: &str) -> Result<RequestId, String> {
    RequestId::parse(text).map_err(|_| "has 32 characters of 0-9 and a-f".to_owned())
}

fn key(text: &str) -> Result<KeyId, String> {
    KeyId::from_ascii(text.as_bytes()).ok_or_else(|| "has 12 letters and digits".to_owned())
}

pub(super) fn run(flags: &Flags, desk: &Desk) -> Result<(), Exit> {
    if let Some(id) = flags.request_id {
        let done = ask(desk, &json!({ "do": "explain", "request": id.to_string() }))?;
        let names =
            ["request", "at", "admitted", "status", "route", "reason", "because", "credential", "account"];
        desk.output.record(&names.map(|name| (name, done.get(name).cloned().unwrap_or_default())));
        return Ok(());
    }
    let done = ask(
        desk,
        &json!({
            "do": "explain",
            "as": flags.user.as_ref().map(ToString::to_string),
            "key": flags.key.map(|id| id.to_string()),
            "url": flags.url,
            "method": flags.method,
            "credentials": flags.credentials.as_ref().map(ToString::to_string),
            "from": flags.from.map(|from| from.to_string()),
        }),
    )?;
    if desk.output.is_json() {
        desk.output.value(&done);
    } else {
        show(&done, desk);
    }
    Ok(())
}

/// The explanation for eyes: steps, limits, what the app would see, and what comes of it.
fn show(done: &Value, desk: &Desk) {
    let output = desk.output;
    let mut steps = Table::of(&["step", "result", "found", "value"]);
    for step in list(done, "steps") {
        let head = [part(step, "step"), part(step, "result")];
        let mut facts = list(step, "facts").peekable();
        if facts.peek().is_none() {
            let [name, result] = head.clone();
            steps.row(vec![name, result, json!(""), json!("")]);
        }
        for (row, fact) in facts.enumerate() {
            let [name, result] = if row == 0 { head.clone() } else { [json!(""), json!("")] };
            steps.row(vec![name, result, part(fact, "name"), part(fact, "value")]);
        }
    }
    output.table(steps);
    let mut limits = Table::of(&["limit", "counted_on", "left", "of", "seconds", "wait"]);
    for limit in list(done, "limits") {
        let names = ["kind", "party", "remaining", "amount", "per_seconds", "wait_seconds"];
        limits.row(names.map(|name| part(limit, name)).to_vec());
    }
    output.document("\n");
    output.table(limits);
    let mut sent = Table::of(&["sent_to_the_app", "value"]);
    sent.row(vec![json!("target"), part(done, "target")]);
    for header in list(done, "headers") {
        sent.row(vec![part(header, "name"), part(header, "value")]);
    }
    if let Some(claims) = done.get("assertion").filter(|claims| !claims.is_null()) {
        sent.row(vec![json!("x-portcullis-jwt-assertion"), json!(format!("signed: {claims}"))]);
    }
    let upstream = part(done, "upstream");
    let targets: Vec<Value> = list(&upstream, "targets")
        .map(|target| {
            let state = if part(target, "healthy") == json!(true) { "healthy" } else { "left out" };
            json!(format!("{} ({state})", part(target, "address").as_str().unwrap_or_default()))
        })
        .collect();
    if upstream.is_object() && done.pointer("/outcome/admitted") == Some(&json!(true)) {
        output.document("\n");
        output.table(sent);
        output.document("\n");
        output.record(&[("upstream", part(&upstream, "name")), ("targets", json!(targets))]);
    }
    output.document("\n");
    let outcome = part(done, "outcome");
    let names = ["admitted", "reason", "because", "status", "title", "detail"];
    let told = names.map(|name| (name, part(&outcome, name)));
    let told: Vec<_> = told.into_iter().filter(|(_, value)| !value.is_null()).collect();
    output.record(&told);
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn part(value: &Value, name: &str) -> Value {
    value.get(name).cloned().unwrap_or_default()
}

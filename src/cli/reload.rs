//! `portcullis reload` and `portcullis status`.

use serde_json::{Value, json};

use super::control::ask;
use super::desk::{Desk, Exit};

/// Makes the running gate read configuration and certificates anew.
pub(super) fn reload(desk: &Desk) -> Result<(), Exit> {
    let done = ask(desk, &json!({ "do": "reload" }))?;
    if desk.output.is_json() {
        desk.output.value(&done);
    } else {
        let generation = done.get("generation").cloned().unwrap_or_default();
        desk.output.done(&format!("The gate has taken up the configuration (generation {generation})."));
        waiting(&done).into_iter().for_each(|key| {
            desk.output.remark(&format!("`{key}` has changed and waits for the next start"));
        });
    }
    Ok(())
}

fn waiting(done: &Value) -> Vec<String> {
    let keys = done.get("waiting").and_then(Value::as_array).into_iter().flatten();
    keys.filter_map(|key| key.as_str().map(str::to_owned)).collect()
}

/// Says how the running gate is.
pub(super) fn status(desk: &Desk) -> Result<(), Exit> {
    let done = ask(desk, &json!({ "do": "status" }))?;
    let names = [
        "version",
        "process",
        "phase",
        "public_url",
        "generation",
        "last_reload_successful",
        "connections",
        "requests_in_flight",
        "store_is_away",
        "changes_read_at",
    ];
    let fields = names.map(|name| (name, done.get(name).cloned().unwrap_or_default()));
    desk.output.record(&fields);
    Ok(())
}

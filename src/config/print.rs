//! `config print`: every value in force with the place it came from. Secrets are masked.

use serde_json::Value;

use super::load::read;
use super::notes::{Disk, Notes};
use super::shape::{known, schema};
use super::tree::{Tree, join};
use super::{Config, Place, Problems, Sources};

/// What stands in place of a secret.
const MASKED: &str = "(masked)";

/// One value in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Its key, as `listen.https` or `route[0].path`.
    pub key: String,
    /// The value as it would be written.
    pub value: Value,
    /// Where it was written.
    pub place: Place,
}

/// Every value in force, by key.
///
/// # Errors
/// As [`Config::load`].
pub fn print(sources: &Sources) -> Result<Vec<Shown>, Problems> {
    Config::load(sources)?;
    let schema = schema();
    let mut tree = sources.gather(&schema, &mut Vec::new());
    let value = std::mem::take(&mut tree.value);
    let mut notes = Notes::new(&tree, sources.directory(), Disk::Blind);
    let written = serde_json::to_value(read(value, &mut notes)).unwrap_or_default();
    let mut all = Vec::new();
    flatten("", &written, &tree, &mut all);
    for shown in &mut all {
        let keys: Vec<&str> = shown.key.split('.').collect();
        if known(&schema, &keys).is_some_and(|schema| schema.get("x-secret").is_some()) {
            shown.value = MASKED.into();
        }
    }
    Ok(all)
}

fn flatten(key: &str, value: &Value, tree: &Tree, all: &mut Vec<Shown>) {
    match value {
        Value::Null => {}
        Value::Object(inner) if !inner.is_empty() || key.is_empty() => {
            inner.iter().for_each(|(name, value)| flatten(&join(key, name), value, tree, all));
        }
        Value::Array(rows) if rows.iter().any(Value::is_object) => {
            rows.iter().enumerate().for_each(|(at, row)| flatten(&format!("{key}[{at}]"), row, tree, all));
        }
        value => {
            all.push(Shown { key: key.to_owned(), value: value.clone(), place: tree.source(key) });
        }
    }
}

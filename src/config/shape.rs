//! Compares what was written with the JSON Schema of `file`: unknown keys, wrong kinds, unknown words,
//! missing keys. Everything wrong is noted at once and taken out, so that the rest can still be read.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::file::File;
use super::notes::Notes;
use super::tree::join;

/// The JSON Schema of the file, without references.
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<File>().to_value()
}

/// The schema of a key written as one or two names, if there is such a key.
pub(super) fn known<'a>(schema: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().try_fold(schema, |inner, key| inner.get("properties")?.get(key))
}

/// Notes what does not fit and takes it out of `value`.
pub(super) fn check(schema: &Value, value: &mut Value, path: &str, notes: &mut Notes<'_>) {
    let schema = without_null(schema);
    match kind(schema) {
        Kind::Table => table(schema, value, path, notes),
        Kind::List => list(schema, value, path, notes),
        Kind::Word => word(schema, value, path, notes),
        Kind::Text if value.is_string() => {}
        Kind::Switch if value.is_boolean() => {}
        Kind::Number if value.is_number() => number(schema, value, path, notes),
        wanted => wrong_kind(wanted, value, path, notes),
    }
}

/// What kind of value a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    List,
    Word,
    Text,
    Switch,
    Number,
}

/// The kind of value that a schema describes.
pub(super) fn kind(schema: &Value) -> Kind {
    let schema = without_null(schema);
    if !words(schema).is_empty() {
        return Kind::Word;
    }
    let named = match schema.get("type") {
        Some(Value::String(name)) => name.as_str(),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or("")
        }
        _ => "",
    };
    match named {
        "object" => Kind::Table,
        "array" => Kind::List,
        "boolean" => Kind::Switch,
        "integer" | "number" => Kind::Number,
        _ => Kind::Text,
    }
}

/// The schema of a value that is there, where it may be absent.
pub(super) fn without_null(schema: &Value) -> &Value {
    let choices = schema.get("anyOf").and_then(Value::as_array);
    let real = |choice: &&Value| choice.get("type").and_then(Value::as_str) != Some("null");
    choices.and_then(|choices| choices.iter().find(real)).unwrap_or(schema)
}

/// The words a key chooses from; none for other kinds.
pub(super) fn words(schema: &Value) -> Vec<&str> {
    if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        return choices.iter().filter_map(|choice| choice.get("const")?.as_str()).collect();
    }
    let choices = schema.get("enum").and_then(Value::as_array);
    choices.map(|choices| choices.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

fn wrong_kind(wanted: Kind, value: &mut Value, path: &str, notes: &mut Notes<'_>) {
    let (wants, mend) = match wanted {
        Kind::Table => ("a table", "write a [table] or { key = value }"),
        Kind::List => ("a list", "write a list, such as [\"one\", \"two\"], also for a single value"),
        Kind::Word | Kind::Text => ("a text", "put the value in quotes"),
        Kind::Switch => ("true or false", "write true or false, without quotes"),
        Kind::Number => ("a whole number", "write a number without quotes and unit"),
    };
    let found = match value {
        Value::Object(_) => "a table",
        Value::Array(_) => "a list",
        Value::String(_) => "a text",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::Null => "something else",
    };
    notes.error(path, format!("`{path}` takes {wants}, not {found}"), mend);
    *value = Value::Null;
}

fn word(schema: &Value, value: &mut Value, path: &str, notes: &mut Notes<'_>) {
    let known = words(schema);
    let Some(text) = value.as_str() else { return wrong_kind(Kind::Word, value, path, notes) };
    if !known.contains(&text) {
        let mend = match nearest(text, known.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"? It is one of: {}", known.join(", ")),
            None => format!("write one of: {}", known.join(", ")),
        };
        notes.error(path, format!("`{path}` does not know the word \"{text}\""), mend);
        *value = Value::Null;
    }
}

fn number(schema: &Value, value: &mut Value, path: &str, notes: &mut Notes<'_>) {
    let most = match schema.get("format").and_then(Value::as_str) {
        Some("uint16") => u64::from(u16::MAX),
        _ => u64::from(u32::MAX),
    };
    if value.as_u64().is_none_or(|number| number > most) {
        let what = format!("`{path}` takes a whole number from 0 to {most}, not {value}");
        notes.error(path, what, format!("write a number from 0 to {most}"));
        *value = Value::Null;
    }
}

fn list(schema: &Value, value: &mut Value, path: &str, notes: &mut Notes<'_>) {
    let Value::Array(items) = value else { return wrong_kind(Kind::List, value, path, notes) };
    let Some(item_schema) = schema.get("items") else { return };
    let mut spoilt = false;
    for (at, item) in items.iter_mut().enumerate() {
        check(item_schema, item, &format!("{path}[{at}]"), notes);
        if item.is_null() {
            *item = stand_in(item_schema);
            spoilt |= item.is_null();
        }
    }
    if spoilt {
        *value = Value::Null;
    }
}

fn table(schema: &Value, value: &mut Value, path: &str, notes: &mut Notes<'_>) {
    let Value::Object(written) = value else { return wrong_kind(Kind::Table, value, path, notes) };
    let empty = Map::new();
    let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let any_name = schema.get("additionalProperties").filter(|rest| rest.is_object());
    for (key, inner) in written.iter_mut() {
        let at = join(path, key);
        match known.get(key).or(any_name) {
            Some(schema) => check(schema, inner, &at, notes),
            None => {
                unknown_key(key, &at, known.keys().map(String::as_str), notes);
                *inner = Value::Null;
            }
        }
    }
    written.retain(|_, inner| !inner.is_null());
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    for key in required.filter_map(Value::as_str) {
        if written.contains_key(key) {
            continue;
        }
        let at = join(path, key);
        notes.error(&at, format!("`{path}` needs `{key}`"), format!("add {key} = \"…\" to this table"));
        written.insert(key.to_owned(), stand_in(known.get(key).unwrap_or(&Value::Null)));
    }
}

fn unknown_key<'a>(key: &str, at: &str, known: impl Iterator<Item = &'a str> + Clone, notes: &mut Notes<'_>) {
    let mend = match nearest(key, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("take it out; known here: {}", known.collect::<Vec<_>>().join(", ")),
    };
    notes.error_at_key(at, format!("there is no key `{at}`"), mend);
}

/// A harmless value in place of one that was taken out.
fn stand_in(schema: &Value) -> Value {
    match kind(schema) {
        Kind::Text => Value::String(String::new()),
        Kind::Table => {
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            Value::Object(required.filter_map(|key| Some((key.as_str()?.to_owned(), "".into()))).collect())
        }
        Kind::List | Kind::Word | Kind::Switch | Kind::Number => Value::Null,
    }
}

/// The known name nearest to what was written, if any is near enough to be meant.
pub(super) fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.map(|name| (strsim::jaro_winkler(written, name), name));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

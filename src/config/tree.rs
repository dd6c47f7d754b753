//! What was written, merged: flags over environment over file. Each value remembers where it came from,
//! so that a problem found much later can point at it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problem, Severity, in_file};

/// Values by key, and their places.
pub(super) struct Tree {
    /// The values.
    pub(super) value: Value,
    /// The file's text.
    pub(super) text: Arc<str>,
    path: PathBuf,
    places: BTreeMap<String, Origin>,
}

/// Where one value came from.
#[derive(Clone)]
enum Origin {
    File { key: Range<usize>, value: Range<usize> },
    Other(Place),
}

impl Tree {
    /// Reads TOML; every syntax error becomes a problem, and what could be read stands in the tree.
    pub(super) fn read(path: &Path, text: &str, problems: &mut Vec<Problem>) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            problems.push(Problem {
                severity: Severity::Error,
                key: String::new(),
                place: in_file(path, text, error.span().unwrap_or(0..0)),
                what: error.message().trim().replace('\n', ", "),
                mend: "mend the TOML here; strings stand in quotes, tables begin with [name]".into(),
            });
        }
        let mut tree =
            Self { value: Value::Null, text: text.into(), path: path.into(), places: BTreeMap::new() };
        tree.value = tree.table(table.get_ref(), "");
        tree
    }

    fn table(&mut self, table: &DeTable<'_>, path: &str) -> Value {
        let mut values = Map::new();
        for (key, value) in table {
            let at = join(path, key.get_ref());
            self.note(&at, key.span(), value);
            values.insert(key.get_ref().to_string(), self.convert(value.get_ref(), &at));
        }
        Value::Object(values)
    }

    fn note(&mut self, at: &str, key: Range<usize>, value: &Spanned<DeValue<'_>>) {
        self.places.insert(at.to_owned(), Origin::File { key, value: value.span() });
    }

    fn convert(&mut self, value: &DeValue<'_>, path: &str) -> Value {
        match value {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Null, Value::from)
            }
            DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
            DeValue::Boolean(yes) => Value::Bool(*yes),
            DeValue::Datetime(_) => Value::Null,
            DeValue::Table(table) => self.table(table, path),
            DeValue::Array(items) => {
                let mut values = Vec::new();
                for (at, item) in items.iter().enumerate() {
                    let at = format!("{path}[{at}]");
                    self.note(&at, item.span(), item);
                    values.push(self.convert(item.get_ref(), &at));
                }
                Value::Array(values)
            }
        }
    }

    /// Puts a value from elsewhere over what the file says; `keys` has one or two names.
    pub(super) fn put(&mut self, keys: &[&str], value: Value, place: Place) {
        let at = keys.join(".");
        self.places.retain(|key, _| !is_at_or_below(key, &at));
        self.places.insert(at, Origin::Other(place));
        let mut inner = &mut self.value;
        for key in keys {
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            let Some(object) = inner.as_object_mut() else { return };
            inner = object.entry(*key).or_insert(Value::Null);
        }
        *inner = value;
    }

    /// Whether anything was written for this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.places.contains_key(key)
    }

    /// Whether a value stands in the file rather than elsewhere.
    pub(super) fn is_in_file(&self, key: &str) -> bool {
        matches!(self.places.get(key), Some(Origin::File { .. }))
    }

    /// The place of a value, or of the nearest table around it.
    pub(super) fn place(&self, key: &str) -> Place {
        let mut at = key;
        loop {
            match self.places.get(at) {
                Some(Origin::File { value, .. }) => return in_file(&self.path, &self.text, value.clone()),
                Some(Origin::Other(place)) => return place.clone(),
                None => {}
            }
            let Some(end) = at.rfind(['.', '[']) else { return self.beginning() };
            at = at.get(..end).unwrap_or_default();
        }
    }

    /// The place of a key itself, for keys that should not be there.
    pub(super) fn place_of_key(&self, key: &str) -> Place {
        match self.places.get(key) {
            Some(Origin::File { key, .. }) => in_file(&self.path, &self.text, key.clone()),
            _ => self.place(key),
        }
    }

    /// Where exactly this value was written, for `config print`.
    pub(super) fn source(&self, key: &str) -> Place {
        let mut at = key;
        loop {
            if self.places.contains_key(at) {
                return self.place(at);
            }
            match at.rfind('[') {
                Some(end) => at = at.get(..end).unwrap_or_default(),
                None => return Place::Default,
            }
        }
    }

    fn beginning(&self) -> Place {
        if self.path.as_os_str().is_empty() { Place::Default } else { in_file(&self.path, &self.text, 0..0) }
    }
}

/// `a` and `b` as `a.b`; `b` alone at the top.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn is_at_or_below(key: &str, at: &str) -> bool {
    key.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

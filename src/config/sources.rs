//! Where configuration comes from: flags over environment over file. The only room that reads the
//! environment.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::problem::{Place, Problem, Severity};
use super::shape::{Kind, kind, known, nearest};
use super::text;
use super::tree::Tree;

/// Every variable of ours begins with this; two underscores, so that the variables which Kubernetes makes
/// of a service's name are never mistaken for ours.
pub(super) const PREFIX: &str = "PORTCULLIS__";
/// A configuration is text that somebody wrote.
const LONGEST_FILE: u64 = 4 << 20;

/// What a configuration is put together from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The TOML file; without one, the defaults hold.
    pub file: Option<PathBuf>,
    /// Relative paths begin here when there is no file.
    pub base: PathBuf,
    /// Variables whose names begin with `PORTCULLIS__`; others are left alone.
    pub environment: Vec<(OsString, OsString)>,
    /// `--set KEY=VALUE`, as key and value.
    pub settings: Vec<(String, String)>,
    /// `--upstream URL`: the app to serve on every path.
    pub upstream: Option<String>,
}

impl Sources {
    /// This process's environment, the working directory, and the file if one is named.
    pub fn of_process(file: Option<PathBuf>) -> Self {
        let environment = std::env::vars_os().collect();
        Self { file, environment, ..Self::default() }
    }

    /// The directory where relative paths begin.
    pub fn directory(&self) -> &Path {
        match &self.file {
            Some(file) => file.parent().unwrap_or(Path::new("")),
            None => &self.base,
        }
    }

    /// Files named by variables, whose change is a change of the configuration.
    pub(super) fn secret_files(&self) -> impl Iterator<Item = PathBuf> {
        let ours = |name: &OsString| {
            name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with("__FILE"))
        };
        self.environment.iter().filter(move |(name, _)| ours(name)).map(|(_, file)| PathBuf::from(file))
    }

    /// Reads all of them into one tree.
    pub(super) fn gather(&self, schema: &Value, problems: &mut Vec<Problem>) -> Tree {
        let mut tree = match &self.file {
            None => Tree::read(Path::new(""), "", problems),
            Some(path) => match read(path) {
                Ok(text) => Tree::read(path, &text, problems),
                Err(error) => {
                    let what = format!("the configuration cannot be read: {}: {error}", path.display());
                    problems.push(error_at(Place::Default, what, "name a TOML file that may be read".into()));
                    Tree::read(path, "", problems)
                }
            },
        };
        for (name, value) in self.environment.iter() {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
            variable(name, value.to_str(), schema, &mut tree, problems);
        }
        for (key, value) in &self.settings {
            let place = Place::Flag(format!("--set {key}"));
            let keys: Vec<&str> = key.split('.').collect();
            match known(schema, &keys) {
                Some(schema) if kind(schema) != Kind::Table => {
                    put(&keys, value, (schema, place), &mut tree, problems)
                }
                _ => problems.push(unknown(place, ("key", key), &names(schema, "."))),
            }
        }
        if let Some(url) = &self.upstream {
            serve_app(url, &mut tree, problems);
        }
        tree
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    let file = std::fs::File::open(path)?;
    let mut text = String::new();
    file.take(LONGEST_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST_FILE {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "is longer than 4 MiB"));
    }
    Ok(text)
}

fn variable(name: &str, value: Option<&str>, schema: &Value, tree: &mut Tree, problems: &mut Vec<Problem>) {
    let place = Place::Environment(name.to_owned());
    let Some(value) = value else {
        return problems.push(error_at(place, format!("{name} is not UTF-8"), "write text".into()));
    };
    let lower = name.get(PREFIX.len()..).unwrap_or_default().to_ascii_lowercase();
    let keys: Vec<&str> = lower.split("__").collect();
    if let Some(schema) = known(schema, &keys).filter(|schema| kind(schema) != Kind::Table) {
        return put(&keys, value, (schema, place), tree, problems);
    }
    if let Some(keys) = secret_of(&keys, schema) {
        match text::first_line(Path::new(value)) {
            Ok(secret) => tree.put(keys, Value::String(secret), place),
            Err(error) => {
                let what = format!("the file that {name} names cannot be read: {value}: {error}");
                problems.push(error_at(place, what, "name a file whose first line is the secret".into()));
            }
        }
        return;
    }
    let variable = |key: &String| format!("{PREFIX}{}", key.to_uppercase());
    let known: Vec<String> = names(schema, "__").iter().map(variable).collect();
    problems.push(unknown(place, ("variable", name), &known));
}

/// The key of the secret whose file a variable names, as in `…__FILE`.
fn secret_of<'k>(keys: &'k [&'k str], schema: &Value) -> Option<&'k [&'k str]> {
    let (last, keys) = keys.split_last()?;
    let secret = known(schema, keys)?.get("x-secret").is_some();
    (*last == "file" && secret).then_some(keys)
}

/// Reads a value as its key wants it: text as it is, everything else as JSON.
fn put(
    keys: &[&str],
    text: &str,
    (schema, place): (&Value, Place),
    tree: &mut Tree,
    problems: &mut Vec<Problem>,
) {
    let value = match kind(schema) {
        Kind::Text | Kind::Word => Value::String(text.to_owned()),
        Kind::Table | Kind::List | Kind::Switch | Kind::Number => match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => {
                let what = format!("{place} cannot be read: {error}");
                let mend = "write true, false, a number, or a list as JSON: [\"one\", \"two\"]".into();
                return problems.push(error_at(place, what, mend));
            }
        },
    };
    tree.put(keys, value, place);
}

/// `--upstream URL` stands for one platform and one route.
fn serve_app(url: &str, tree: &mut Tree, problems: &mut Vec<Problem>) {
    let place = Place::Flag("--upstream".into());
    if tree.has("route") {
        let what = "--upstream serves one app on every path, but routes are configured".into();
        return problems.push(error_at(place, what, "take out --upstream, or the routes".into()));
    }
    if !tree.has("platform") {
        tree.put(&["platform"], json!([{ "slug": "app", "title": "App" }]), place.clone());
    }
    tree.put(&["route"], json!([{ "name": "app", "upstream": url }]), place);
}

/// Names of all keys that can be set one by one.
pub(super) fn names(schema: &Value, between: &str) -> Vec<String> {
    let mut all = Vec::new();
    let properties =
        |schema: &Value| schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    for (key, inner) in properties(schema) {
        match kind(&inner) {
            Kind::Table => all.extend(properties(&inner).keys().map(|name| format!("{key}{between}{name}"))),
            _ => all.push(key),
        }
    }
    all
}

fn unknown(place: Place, (noun, name): (&str, &str), known: &[String]) -> Problem {
    let mend = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => "take it out; `portcullis config template` lists every key".into(),
    };
    error_at(place, format!("there is no {noun} {name}"), mend)
}

fn error_at(place: Place, what: String, mend: String) -> Problem {
    Problem { severity: Severity::Error, key: String::new(), place, what, mend }
}

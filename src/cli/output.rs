//! The only place that prints. Results go to standard output as text or JSON, remarks and failures to
//! standard error. Control characters never reach the terminal.

use std::io::{self, IsTerminal as _, Write as _};

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table as Grid};
use indicatif::ProgressBar;
use serde_json::{Map, Value, json};

use super::desk::Exit;
use crate::config::{Colour, Problems};

/// How results are printed.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
}

/// A list of things, one a row.
#[derive(Debug)]
pub struct Table {
    columns: &'static [&'static str],
    rows: Vec<Vec<Value>>,
}

impl Table {
    /// A list with these columns; their names are the keys in JSON.
    pub const fn of(columns: &'static [&'static str]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row, one value a column.
    pub fn row(&mut self, values: Vec<Value>) {
        self.rows.push(values);
    }
}

impl Output {
    /// Text for eyes, or JSON.
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether programs read what is printed.
    pub const fn is_json(self) -> bool {
        self.json
    }

    /// Prints a list: aligned columns, or an array of objects.
    pub fn table(self, table: Table) {
        let Table { columns, rows } = table;
        if self.json {
            let object = |row: Vec<Value>| {
                Value::Object(columns.iter().map(ToString::to_string).zip(row).collect::<Map<_, _>>())
            };
            return self.value(&rows.into_iter().map(object).collect());
        }
        let mut grid = Grid::new();
        grid.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        grid.set_header(columns.iter().map(|name| name.replace('_', " ").to_uppercase()));
        for row in rows {
            grid.add_row(row.iter().map(text));
        }
        for column in grid.column_iter_mut() {
            column.set_padding((0, 2));
        }
        for line in grid.lines() {
            print(&format!("{}\n", line.trim_end()));
        }
    }

    /// Prints one thing: a line a field, or an object.
    pub fn record(self, fields: &[(&'static str, Value)]) {
        if self.json {
            let object: Map<_, _> =
                fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            return self.value(&Value::Object(object));
        }
        let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, value) in fields {
            print(&format!("{:width$}  {}\n", name.replace('_', " "), text(value)));
        }
    }

    /// Prints a JSON value, whatever was asked for.
    pub fn value(self, value: &Value) {
        print(&format!("{value}\n"));
    }

    /// Prints text as it is, for results that are themselves a document.
    pub fn document(self, text: &str) {
        print(text);
    }

    /// Standard output for results that are longer than the memory.
    pub fn pipe(self) -> impl io::Write {
        io::stdout()
    }

    /// Says that something was done: nothing in JSON but an empty object.
    pub fn done(self, sentence: &str) {
        if self.json {
            self.value(&json!({}));
        } else {
            print(&format!("{}\n", clean(sentence)));
        }
    }

    /// A remark for people beside the result, on standard error.
    pub fn remark(self, sentence: &str) {
        complain(&format!("{}\n", clean(sentence)));
    }

    /// A bar that shows how far a long act is; nothing where nobody watches.
    pub fn progress(self, length: u64) -> ProgressBar {
        if self.json { ProgressBar::hidden() } else { ProgressBar::new(length) }
    }

    /// Warnings of the configuration.
    pub fn warnings(self, warnings: &Problems) {
        if !warnings.all.is_empty() {
            complain(&format!("{}\n", warnings.render(colour())));
        }
    }

    /// Why a verb ended badly, with every cause.
    pub fn failure(self, exit: &Exit) {
        match exit {
            Exit::Configuration(problems) if self.json => self.value(&problems.json()),
            Exit::Configuration(problems) => complain(&format!("{}\n", problems.render(colour()))),
            Exit::Usage(wrong) => complain(&format!("portcullis: {}\n", clean(wrong))),
            Exit::Failed(error) | Exit::Unusable(error) => {
                let text = format!("{error:#}");
                let lines: Vec<String> = text.lines().map(clean).collect();
                complain(&format!("portcullis: {}\n", lines.join("\n")));
            }
        }
    }
}

/// What clap says about the command line; help and version are results.
pub(super) fn usage(wrong: &clap::Error) {
    let text = wrong.render();
    if wrong.use_stderr() {
        complain(&text.to_string());
    } else {
        print(&text.to_string());
    }
}

fn colour() -> Colour {
    if io::stderr().is_terminal() { Colour::Terminal } else { Colour::Plain }
}

/// A reader that went away early (`… | head`) is no failure.
fn print(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => clean(text),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// Without control characters, which could make a terminal show something else.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_reaches_the_terminal() {
        assert_eq!(text(&json!("a\u{1b}[31mb\n")), "a\u{fffd}[31mb\u{fffd}");
    }
}

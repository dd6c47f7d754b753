//! Every key for people who read, as Markdown, made of the JSON Schema: `docs/configuration.md` is this page.

use serde_json::{Map, Value};

use super::shape::{Kind, kind, schema, without_null, words};
use super::sources::PREFIX;

/// What stands before the keys.
const OPENING: &str = "\
# Configuration

Every key, made from the program's own schema by `portcullis config reference`. The same keys with their
defaults, as a file to begin with: `portcullis config template`. What is in force here and now, and where
each value comes from: `portcullis config print`.

Flags go over environment, environment over file. The environment's names are in the last column: lists,
numbers and switches are JSON there, text is taken as it stands. On the command line any key outside of
`[[tables]]` is set by `--set listen.operations=127.0.0.1:9181`. A name that is not known stops the start.

Durations are `\"500ms\"`, `\"30s\"`, `\"15m\"`, `\"2h\"`, `\"7d\"`; sizes `\"64KiB\"`, `\"16MiB\"`; quotas
`\"30/1m\"`, thirty in a minute. Relative paths begin at the file's directory.
";

/// The page.
pub fn reference() -> String {
    let schema = schema();
    let mut page = OPENING.to_owned();
    let (plain, tables): (Vec<_>, Vec<_>) =
        properties(&schema).iter().partition(|(_, inner)| inside(inner).is_none());
    page.push_str("\n## Outside of tables\n\n");
    keys(&mut page, &plain, &schema, Some(PREFIX.to_owned()));
    for (name, inner) in tables {
        table(&mut page, name, inner, "##");
    }
    page
}

/// One table with its keys, and the tables in it.
fn table(page: &mut String, path: &str, schema: &Value, mark: &str) {
    let Some(inner) = inside(schema) else { return };
    let repeated = kind(schema) == Kind::List;
    let heading = if repeated { format!("[[{path}]]") } else { format!("[{path}]") };
    page.push_str(&format!("\n{mark} `{heading}`\n\n{}\n\n", sentence(schema)));
    let variable = format!("{PREFIX}{}", path.to_ascii_uppercase());
    if repeated && !path.contains('.') {
        page.push_str(&format!("Any number of them; `{variable}` takes all as one JSON list.\n\n"));
    }
    let (plain, tables): (Vec<_>, Vec<_>) =
        properties(inner).iter().partition(|(_, inner)| inside(inner).is_none());
    let one_by_one = !repeated && !path.contains('.');
    let with_defaults = if repeated { inner } else { schema };
    keys(page, &plain, &merged(inner, with_defaults), one_by_one.then(|| format!("{variable}__")));
    for (name, inner) in tables {
        table(page, &format!("{path}.{name}"), inner, "###");
    }
}

/// The properties of one schema with the defaults of another.
fn merged(inner: &Value, with_defaults: &Value) -> Value {
    let mut all = inner.clone();
    if let (Some(all), Some(default)) = (all.as_object_mut(), with_defaults.get("default")) {
        all.insert("default".to_owned(), default.clone());
    }
    all
}

/// The rows of a table's own keys, and below them the words that they choose from.
fn keys(page: &mut String, plain: &[(&String, &Value)], table: &Value, variable: Option<String>) {
    let last = if variable.is_some() { (" environment |", "---|") } else { ("", "") };
    page.push_str(&format!("| key | takes | by default | what it says |{}\n", last.0));
    page.push_str(&format!("|---|---|---|---|{}\n", last.1));
    for (key, schema) in plain {
        let (takes, default) = (takes(schema), default(key, schema, table));
        page.push_str(&format!("| `{key}` | {takes} | {default} | {} |", in_cell(&sentence(schema))));
        if let Some(variable) = &variable {
            let name = format!("{variable}{}", key.to_ascii_uppercase());
            let file = schema.get("x-secret").map(|_| format!(", `{name}__FILE`")).unwrap_or_default();
            page.push_str(&format!(" `{name}`{file} |"));
        }
        page.push('\n');
    }
    for (key, schema) in plain.iter().filter(|(_, schema)| kind(schema) == Kind::Word) {
        let choices = without_null(schema).get("oneOf").and_then(Value::as_array).into_iter().flatten();
        let told = choices
            .filter_map(|choice| Some(format!("- `{}`: {}\n", choice.get("const")?, sentence(choice))));
        let told: String = told.collect();
        if !told.is_empty() {
            page.push_str(&format!("\nWords of `{key}`:\n\n{told}"));
        }
    }
}

/// What kind of value a key takes, in words.
fn takes(schema: &Value) -> String {
    match kind(schema) {
        Kind::Table => "table".to_owned(),
        Kind::List => match without_null(schema).get("items") {
            Some(items) if kind(items) == Kind::Word => format!("list of {}", choice(items)),
            _ => "list of texts".to_owned(),
        },
        Kind::Word => choice(schema),
        Kind::Text => "text".to_owned(),
        Kind::Switch => "true or false".to_owned(),
        Kind::Number => "number".to_owned(),
    }
}

fn choice(schema: &Value) -> String {
    words(without_null(schema)).iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", ")
}

/// What holds where a key is left out.
fn default(key: &str, schema: &Value, table: &Value) -> String {
    let required = table.get("required").and_then(Value::as_array).into_iter().flatten();
    if required.filter_map(Value::as_str).any(|name| name == key) {
        return with_example("has to be given", schema);
    }
    let own = schema.get("default").filter(|own| !own.is_null());
    match own.or_else(|| table.get("default")?.get(key)) {
        None | Some(Value::Null) => with_example("nothing", schema),
        Some(Value::String(text)) if text.is_empty() => with_example("nothing", schema),
        Some(value) => format!("`{value}`"),
    }
}

fn with_example(words: &str, schema: &Value) -> String {
    match schema.get("examples").and_then(|all| all.get(0)) {
        Some(example) => format!("{words}; such as `{example}`"),
        None => words.to_owned(),
    }
}

/// What a key says, on one line.
fn sentence(schema: &Value) -> String {
    schema.get("description").and_then(Value::as_str).unwrap_or_default().replace('\n', " ")
}

/// A bar would end the cell, and brackets would be read as a link.
fn in_cell(text: &str) -> String {
    text.replace('|', "\\|").replace("[[", "\\[\\[").replace("]]", "\\]\\]")
}

/// The schema with the keys of a table or of the rows of a list; none for keys that hold a value.
fn inside(schema: &Value) -> Option<&Value> {
    let schema = without_null(schema);
    let inner = if kind(schema) == Kind::List { without_null(schema.get("items")?) } else { schema };
    inner.get("properties").map(|_| inner)
}

fn properties(schema: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    schema.get("properties").and_then(Value::as_object).unwrap_or(&NONE)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The page in the handbook is the one that this program makes. `PORTCULLIS_REWRITE=1` writes it.
    #[test]
    fn the_handbook_has_every_key_as_the_schema_has_it() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
        if std::env::var_os("PORTCULLIS_REWRITE").is_some() {
            std::fs::write(&path, reference()).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap();
        let differs = committed.lines().zip(reference().lines().map(str::to_owned)).find(|(a, b)| a != b);
        let mend = "PORTCULLIS_REWRITE=1 cargo test --lib config::reference";
        assert!(
            committed == reference(),
            "docs/configuration.md is not up to date; run {mend}\n{differs:#?}"
        );
    }

    #[test]
    fn every_key_that_the_environment_can_set_is_in_the_reference() {
        let page = reference();
        for name in super::super::sources::names(&schema(), "__") {
            let variable = format!("`{PREFIX}{}`", name.to_uppercase());
            assert!(page.contains(&variable), "{variable}");
        }
    }
}

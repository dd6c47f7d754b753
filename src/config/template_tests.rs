//! `config/gateway.toml` against the schema: no key missing either way, defaults and sentences the same.

use std::collections::BTreeMap;

use serde_json::Value;

use super::file::File;
use super::shape::{Kind, kind, schema};
use super::tree::join;
use super::{Severity, TEMPLATE, parse_str};

/// Lines such as `#key = 1` are keys that are absent by default; `# words` are words.
fn uncommented() -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    TEMPLATE.lines().map(line).collect()
}

/// Keys and values of a schema: its description, default and example.
fn of_schema(
    schema: &Value,
    default: &Value,
    path: &str,
    all: &mut BTreeMap<String, (String, Value, Value)>,
) {
    let schema = schema.get("anyOf").and_then(|any| any.get(0)).unwrap_or(schema);
    for (key, inner) in schema["properties"].as_object().unwrap() {
        let at = join(path, key);
        let text = inner["description"]
            .as_str()
            .unwrap_or_else(|| panic!("{at} has no sentence"))
            .replace('\n', " ");
        let inner_default = match inner.get("default") {
            Some(own) if !own.is_null() => own,
            _ => default.get(key).unwrap_or(&Value::Null),
        };
        let unwrapped = inner.get("anyOf").and_then(|any| any.get(0)).unwrap_or(inner);
        let rows = kind(unwrapped) == Kind::List && kind(&unwrapped["items"]) == Kind::Table;
        let inside = if rows { &unwrapped["items"] } else { unwrapped };
        if inside.get("properties").is_some() {
            of_schema(inside, inner_default, &at, all);
        } else {
            let example = inner.get("examples").and_then(|all| all.get(0)).cloned().unwrap_or_default();
            all.insert(at, (text, inner_default.clone(), example));
        }
    }
}

/// Keys and values of a file, with the comment above each.
fn of_template(text: &str) -> BTreeMap<String, (String, Value)> {
    let (mut all, mut table, mut comment) = (BTreeMap::new(), String::new(), String::new());
    for line in text.lines() {
        if let Some(words) = line.strip_prefix("# ") {
            comment = words.to_owned();
        } else if line.starts_with('[') {
            table = line.trim_matches(['[', ']']).to_owned();
        } else if let Some((key, _)) = line.split_once(" = ") {
            let value: toml::Table = line.parse().unwrap();
            let value = serde_json::to_value(&value[key]).unwrap();
            assert!(
                all.insert(join(&table, key), (std::mem::take(&mut comment), value)).is_none(),
                "{key} twice"
            );
        }
    }
    all
}

#[test]
fn the_template_has_every_key_with_its_default_and_its_sentence() {
    let mut known = BTreeMap::new();
    of_schema(&schema(), &Value::Null, "", &mut known);
    let shown = of_template(&uncommented());
    let keys = |all: Vec<&String>| all.into_iter().cloned().collect::<Vec<_>>();
    assert_eq!(keys(known.keys().collect()), keys(shown.keys().collect()));
    for (key, (sentence, value)) in &shown {
        let (text, default, example) = &known[key];
        assert_eq!(sentence, text, "{key}");
        let nothing = default.is_null() || default.as_str() == Some("") || *default == Value::Array(vec![]);
        let shows_example = nothing && (value == example || *value == Value::Array(vec![example.clone()]));
        let absent = default.is_null() && matches!(value, Value::Bool(false) | Value::Array(_));
        assert!(value == default || shows_example || absent, "{key} = {value}, but {default} by default");
    }
}

#[test]
fn the_template_as_it_stands_says_only_what_holds_anyway() {
    assert_eq!(toml::from_str::<File>(TEMPLATE).unwrap(), File::default());
    assert!(toml::from_str::<File>(&uncommented()).is_ok());
}

#[test]
fn the_examples_are_good() {
    for text in [
        TEMPLATE,
        include_str!("../../config/development.toml"),
        include_str!("../../config/single-node.toml"),
        include_str!("../../config/cluster.toml"),
    ] {
        let loaded = parse_str(text).unwrap_or_else(|problems| panic!("{problems}"));
        assert!(loaded.warnings.all.iter().all(|problem| problem.severity == Severity::Warning));
        assert!(loaded.warnings.all.is_empty(), "{}", loaded.warnings);
    }
}

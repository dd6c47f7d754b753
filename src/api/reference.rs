//! The API's document turned into a reference for readers.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::document;
use crate::web::reference::{Entry, Field, Reference, Section, Shape};

/// Writes the reference.
pub fn reference() -> Reference {
    let document = document::document();
    let shapes =
        document.pointer("/components/schemas").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut sections: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for (path, operations) in document.pointer("/paths").and_then(Value::as_object).into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let tag = text(operation, "/tags/0");
            sections.entry(tag).or_default().push(entry(path, method, operation, &shapes));
        }
    }
    Reference {
        about: text(&document, "/info/description"),
        sections: sections.into_iter().map(|(name, entries)| Section { name, entries }).collect(),
        shapes: shapes.iter().map(|(name, schema)| shape(name, schema)).collect(),
    }
}

fn entry(path: &str, method: &str, operation: &Value, shapes: &Map<String, Value>) -> Entry {
    let parameters = list(operation, "/parameters").iter().map(|one| Field {
        name: text(one, "/name"),
        place: text(one, "/in"),
        kind: one.get("schema").map(kind).unwrap_or_default(),
        about: text(one, "/description"),
    });
    let body = operation.pointer("/requestBody/content/application~1json/schema").map(kind);
    let answers = operation.pointer("/responses").and_then(Value::as_object).into_iter().flatten();
    let done = answers.clone().find(|(status, _)| status.starts_with('2')).map(|(_, answer)| answer);
    Entry {
        id: text(operation, "/operationId"),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(operation, "/summary"),
        who: text(operation, "/description"),
        parameters: parameters.collect(),
        gives: done.and_then(|done| done.pointer("/content/application~1json/schema")).map(kind),
        answers: answers.map(|(status, one)| (status.clone(), text(one, "/description"))).collect(),
        example: example(path, method, body.as_deref(), shapes),
        body,
    }
}

/// A call by curl: with a key where one may enter, else with the cookie of a session.
fn example(path: &str, method: &str, body: Option<&str>, shapes: &Map<String, Value>) -> String {
    let mut words = vec!["curl".to_owned()];
    if method != "get" {
        words.push(format!("-X {}", method.to_uppercase()));
    }
    words.push("-H \"Authorization: Bearer $KEY\"".to_owned());
    if let Some(shape) = body.and_then(|name| shapes.get(name)) {
        words.push("--json".to_owned());
        words.push(format!("'{}'", sample(shape, shapes)));
    }
    words.push(format!("\"$GATE{path}\""));
    words.join(" ")
}

/// An example of a shape: what must be there.
fn sample(schema: &Value, shapes: &Map<String, Value>) -> Value {
    if let Some(example) = schema.pointer("/examples/0").or_else(|| schema.get("example")) {
        return example.clone();
    }
    if let Some(named) = schema.get("$ref").and_then(Value::as_str).and_then(|name| shapes.get(last(name))) {
        return sample(named, shapes);
    }
    if let Some(word) = schema.pointer("/enum/0") {
        return word.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => {
            Value::Array(schema.get("items").map(|items| sample(items, shapes)).into_iter().collect())
        }
        Some("object") => {
            let required = list(schema, "/required").iter().filter_map(Value::as_str);
            let field = |name: &str| {
                Some((name.to_owned(), sample(schema.pointer("/properties")?.get(name)?, shapes)))
            };
            Value::Object(required.filter_map(field).collect())
        }
        Some("boolean") => json!(false),
        Some("integer") => json!(1),
        Some("string") => json!("…"),
        _ => Value::Null,
    }
}

fn shape(name: &str, schema: &Value) -> Shape {
    let required: Vec<_> = list(schema, "/required").iter().filter_map(Value::as_str).collect();
    let fields = schema.pointer("/properties").and_then(Value::as_object).into_iter().flatten();
    let field = |(name, one): (&String, &Value)| Field {
        name: name.clone(),
        place: if required.contains(&name.as_str()) { "required" } else { "optional" }.to_owned(),
        kind: kind(one),
        about: text(one, "/description"),
    };
    let example =
        schema.pointer("/examples/0").map(|one| one.as_str().map_or_else(|| one.to_string(), Into::into));
    let words = list(schema, "/enum").iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    Shape {
        name: name.to_owned(),
        about: text(schema, "/description"),
        example: example.or((!words.is_empty()).then_some(words)),
        fields: fields.map(field).collect(),
    }
}

/// What kind of thing a schema is, in a few words; the name of a shape where it is one.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return last(name).to_owned();
    }
    let choices = list(schema, "/oneOf").iter().map(kind).collect::<Vec<_>>();
    if !choices.is_empty() {
        return choices.join(" or ");
    }
    let of = |word: &str| match (word, schema.get("items")) {
        ("array", Some(items)) => format!("list of {}", kind(items)),
        (word, _) => word.to_owned(),
    };
    match schema.get("type") {
        Some(Value::String(word)) => of(word),
        Some(Value::Array(words)) => {
            words.iter().filter_map(Value::as_str).map(of).collect::<Vec<_>>().join(" or ")
        }
        _ => "anything".to_owned(),
    }
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_has_its_entry_and_every_shape_that_is_named_is_there() {
        let reference = reference();
        let entries: Vec<_> = reference.sections.iter().flat_map(|section| &section.entries).collect();
        assert_eq!(entries.len(), super::super::table().len());
        let known: Vec<_> = reference.shapes.iter().map(|shape| shape.name.as_str()).collect();
        for entry in entries {
            for name in entry.body.iter().chain(&entry.gives) {
                assert!(known.contains(&name.as_str()), "{name} of {}", entry.id);
            }
        }
        let key = reference.sections.iter().flat_map(|one| &one.entries).find(|one| one.id == "post-me-keys");
        assert!(key.unwrap().example.contains("\"credentials\":[\"echo/acme/general/viewer\"]"));
    }
}

//! `portcullis config …`.

use serde_json::Value;

use super::Place;

#[test]
fn the_template_is_a_configuration_that_checks() {
    let place = Place::new();
    let template = place.run(&["config", "template"]).out;
    place.write("gate.toml", &template);
    let ended = place.run(&["check", "--strict", "--config", "gate.toml"]);
    assert_eq!(ended.code, 0, "{ended:?}");
}

#[test]
fn the_schema_is_json_that_allows_no_unknown_keys() {
    let schema: Value = serde_json::from_str(&Place::new().run(&["config", "schema"]).out).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    assert!(schema["properties"]["listen"]["properties"]["https"].is_object());
}

#[test]
fn print_shows_values_with_their_places_and_masks_secrets() {
    let place = Place::new();
    let secret = place.write("url", "postgres://gate:hunter2@127.0.0.1:1/gate\n");
    place.write("gate.toml", "workers = 1\n[limits]\nresets = 7\n");
    let arguments = ["config", "print", "--json", "--config", "gate.toml", "--set", "logs.access=false"];
    let variables =
        [("PORTCULLIS__STORE__URL__FILE", secret.to_str().unwrap()), ("PORTCULLIS__WORKERS", "2")];
    let ended = place.run_with(&arguments, &variables);
    assert!(!ended.out.contains("hunter2"), "{ended:?}");
    let all: Value = serde_json::from_str(&ended.out).unwrap();
    let row = |key: &str| {
        let row = all.as_array().unwrap().iter().find(|row| row["key"] == key).unwrap();
        (row["value"].clone(), row["from"].as_str().unwrap().to_owned())
    };
    assert_eq!(row("store.url"), ("(masked)".into(), "environment PORTCULLIS__STORE__URL__FILE".into()));
    assert_eq!(row("workers"), (2.into(), "environment PORTCULLIS__WORKERS".into()));
    assert_eq!(row("limits.resets"), (7.into(), "gate.toml:3:10".into()));
    assert_eq!(row("logs.access"), (false.into(), "flag --set logs.access".into()));
    assert_eq!(row("limits.streams").1, "default");
}

#[test]
fn an_unknown_variable_of_ours_is_an_error_and_those_of_kubernetes_are_not() {
    let place = Place::new();
    let kubernetes = [("PORTCULLIS_PORT", "tcp://10.0.0.1:80"), ("PORTCULLIS_SERVICE_HOST", "10.0.0.1")];
    assert_eq!(place.run_with(&["check"], &kubernetes).code, 0);
    let ended = place.run_with(&["check"], &[("PORTCULLIS__LISTEN__HTPS", "[]")]);
    assert_eq!(ended.code, 78);
    assert!(ended.err.contains("did you mean PORTCULLIS__LISTEN__HTTP"), "{ended:?}");
}

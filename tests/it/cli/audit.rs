//! `portcullis audit` and the verbs about what is kept of a person.

use serde_json::Value;

use super::Place;
use super::rights::json;

#[test]
fn the_trail_is_taken_out_as_lines_and_as_csv() {
    let place = Place::new();
    json(&place, &["account", "create", "ada", "--email", "ada@example.org", "--shown-name", "=1+1"]);
    json(&place, &["organisation", "create", "acme", "--name", "Acme"]);
    let ended = place.run(&["audit", "export"]);
    let lines: Vec<Value> = ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["seq"], &lines[1]["seq"]), (&1.into(), &2.into()), "oldest first");
    let created = lines.iter().find(|line| line["act"] == "account.created").unwrap();
    assert_eq!((&created["actor"], created["personal"].is_string()), (&"operator".into(), true));
    let csv = place.run(&["audit", "export", "--format", "csv", "--act", "account.", "--output", "out.csv"]);
    assert_eq!((csv.code, csv.out.as_str()), (0, ""), "{csv:?}");
    let text = std::fs::read_to_string(place.path().join("out.csv")).unwrap();
    assert!(text.starts_with("seq,at,act,") && text.contains(",account.created,operator,"), "{text}");
    assert_eq!(text.matches("\r\n").count(), 2, "{text}");
    let again = place.run(&["audit", "export", "--output", "out.csv"]);
    assert_eq!(again.code, 1, "nothing is overwritten: {again:?}");
    let listed = json(&place, &["audit", "list", "--subject", "ada", "--from", "2020-01-01"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert!(json(&place, &["audit", "list", "--to", "2020-01-01"]).as_array().unwrap().is_empty());
    assert_eq!(json(&place, &["audit", "verify"])["cut_through"], Value::Null);
}

#[test]
fn a_person_is_taken_out_of_the_data_when_that_is_said_twice() {
    let place = Place::new();
    json(&place, &["account", "create", "ada", "--email", "ada@example.org"]);
    let data = json(&place, &["account", "export", "ada"]);
    assert_eq!(data["account"]["email"], "ada@example.org");
    let ended = place.run(&["account", "erase", "ada"]);
    assert!(ended.code == 2 && ended.err.contains("--yes"), "{ended:?}");
    let erased = json(&place, &["account", "erase", "ada", "--yes"]);
    assert_eq!((&erased["status"], &erased["email"]), (&"closed".into(), &Value::Null));
    let taken = place.run(&["account", "create", "ada", "--email", "new@example.org"]);
    assert!(taken.code == 1 && taken.err.contains("the user name is taken"), "{taken:?}");
    let verified = json(&place, &["audit", "verify"]);
    assert_eq!((&verified["whole"], &verified["erased"]), (&true.into(), &1.into()));
}

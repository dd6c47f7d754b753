//! Processes killed in the middle of writing: what was acknowledged is there, nothing is there by halves.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::Place;
use super::rights::json;

/// Each round begins writers and kills them while they write; a name counts as acknowledged once its verb
/// printed it.
#[test]
fn what_was_acknowledged_survives_being_killed_at_any_moment() {
    let place = Place::new();
    json(&place, &["organisation", "create", "acme"]);
    let mut acknowledged = BTreeSet::new();
    for round in 0..12 {
        let mut writers: Vec<_> = (0..3)
            .map(|writer| {
                let name = format!("robot-{round}-{writer}");
                Command::new(env!("CARGO_BIN_EXE_portcullis"))
                    .current_dir(place.path())
                    .args(["--json", "account", "create", &name, "--service-of", "acme"])
                    .env_clear()
                    .stdout(Stdio::piped())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap()
            })
            .collect();
        // The first to answer decides when the others die, each round at another moment of their work.
        let mut line = String::new();
        let first = round % writers.len();
        let out = writers[first].stdout.take().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        for writer in &mut writers {
            writer.kill().unwrap();
            writer.wait().unwrap();
        }
        let made: serde_json::Value = serde_json::from_str(&line).unwrap();
        acknowledged.insert(made["name"].as_str().unwrap().to_owned());
    }
    let listed = json(&place, &["account", "list"]);
    let listed: BTreeSet<String> =
        listed.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
    assert!(listed.is_superset(&acknowledged), "lost: {:?}", acknowledged.difference(&listed));
    assert_eq!(json(&place, &["audit", "verify"])["whole"], true);
    let trail = json(&place, &["audit", "list", "--limit", "999"]);
    let created = trail.as_array().unwrap().iter().filter(|one| one["act"] == "account.created").count();
    assert_eq!(created, listed.len(), "each account has its entry, and each entry its account");
    let members = json(&place, &["account", "list", "--organisation", "acme"]);
    assert_eq!(members.as_array().unwrap().len(), listed.len(), "no account without its membership");
}

//! `portcullis keyring …` and `portcullis session …`, and what a lost or spoilt keyring does to every verb.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use super::Place;
use super::key::prepared;

fn prints(place: &Place) -> Vec<(String, String)> {
    let shown: Value = serde_json::from_str(&place.run(&["keyring", "show", "--json"]).out).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    shown.as_array().unwrap().iter().map(|key| (text(&key["part"]), text(&key["fingerprint"]))).collect()
}

#[test]
fn a_rotation_adds_a_key_and_keys_made_before_stay_known() {
    let place = prepared();
    let made =
        place.run(&["key", "create", "--account", "ada", "--name", "x", "--platform", "echo", "--json"]);
    let made: Value = serde_json::from_str(&made.out).unwrap();
    let file = place.write("key", made["key"].as_str().unwrap());
    let before = prints(&place);
    assert_eq!(place.run(&["keyring", "rotate", "pepper"]).code, 0);
    let after = prints(&place);
    assert_eq!(after.len(), before.len() + 1);
    assert!(before.iter().all(|print| after.contains(print)));
    let found = place.run(&["key", "inspect", file.to_str().unwrap(), "--json"]).out;
    assert!(found.contains(made["id"].as_str().unwrap()), "{found}");
    let soon = place.run(&["keyring", "rotate", "signing"]);
    assert!(soon.code == 1 && soon.err.contains("--at-once"), "{soon:?}");
    assert_eq!(place.run(&["keyring", "rotate", "signing", "--at-once"]).code, 0);
    let trail = place.run(&["audit", "list", "--json"]).out;
    assert_eq!(trail.matches("keyring.rotated").count(), 2);
    let text = fs::read_to_string(place.path().join("data/keyring")).unwrap();
    let secret = serde_json::from_str::<Value>(&text).unwrap()["peppers"][0]["key"].clone();
    let shown = place.run(&["keyring", "show"]).out;
    assert!(!shown.contains(secret.as_str().unwrap()), "only fingerprints are shown");
}

#[test]
fn without_the_keyring_of_the_data_nothing_starts_and_nothing_is_made_anew() {
    let place = prepared();
    let file = place.path().join("data/keyring");
    let whole = fs::read(&file).unwrap();
    let refused = |part: &str| {
        let ended = place.run(&["account", "list"]);
        assert!(
            ended.code == 78 && ended.err.contains(part) && ended.err.contains("data/keyring"),
            "{ended:?}"
        );
    };
    fs::remove_file(&file).unwrap();
    refused("a new one is never made over existing data");
    assert!(!file.exists());
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    refused("the file is cut off");
    fs::write(&file, &whole).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    refused("chmod 600");
    let other = prepared();
    fs::copy(other.path().join("data/keyring"), &file).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    refused("lacks the pepper key version 1");
    fs::write(&file, &whole).unwrap();
    assert_eq!(place.run(&["account", "list"]).code, 0);
}

#[test]
fn a_session_is_printed_as_the_header_that_uses_it_and_can_be_ended() {
    let place = prepared();
    let begun = place.run(&["session", "create", "--account", "ada", "--json"]);
    let begun: Value = serde_json::from_str(&begun.out).unwrap();
    let cookie = begun["hosts"][0]["cookie"].as_str().unwrap();
    let token = cookie.strip_prefix("Cookie: __Host-portcullis=").unwrap();
    assert_eq!((begun["hosts"][0]["host"].as_str(), token.len()), (Some("localhost"), 43));
    let id = begun["id"].as_str().unwrap();
    let list = || place.run(&["session", "list", "--account", "ada", "--json"]).out;
    assert!(list().contains(id) && !list().contains(token));
    assert!(place.run(&["session", "end", id]).out.contains("is ended"));
    assert!(place.run(&["session", "end", id]).out.contains("over already"));
    assert_eq!(list().trim(), "[]");
    for _ in 0..2 {
        place.run(&["session", "create", "--account", "ada"]);
    }
    assert!(place.run(&["session", "end-all", "--account", "ada"]).out.contains("2 sessions"));
    let stranger = place.run(&["session", "create", "--account", "ada", "--host", "evil.example"]);
    assert!(stranger.code == 1 && stranger.err.contains("there is no such host"), "{stranger:?}");
}

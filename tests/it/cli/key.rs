//! `portcullis key …`: made once, shown once, ended at once.

use std::fs;

use serde_json::Value;

use super::{Ended, Place};

/// A place with an organisation, and `ada` as viewer of the whole of it.
pub(super) fn prepared() -> Place {
    let place = Place::new();
    for line in [
        "account create ada --email ada@example.org",
        "organisation create acme --name Acme",
        "entitlement add --organisation acme --platform echo",
        "grant add --account ada --organisation acme --role simulation-runner",
    ] {
        done(place.run(&line.split(' ').collect::<Vec<_>>()));
    }
    place
}

fn done(ended: Ended) -> Ended {
    assert_eq!(ended.code, 0, "{ended:?}");
    ended
}

fn json(ended: Ended) -> Value {
    serde_json::from_str(&done(ended).out).unwrap()
}

fn create(place: &Place, more: &[&str]) -> Ended {
    place.run(&[&["key", "create", "--account", "ada", "--name", "laptop", "--json"], more].concat())
}

#[test]
fn a_key_is_printed_once_with_a_line_that_uses_it() {
    let place = prepared();
    let made = json(create(&place, &["--platform", "echo", "--expires", "30d"]));
    let text = made["key"].as_str().unwrap();
    assert!(text.starts_with("pck_") && text.len() == 54, "{text}");
    let curl = made["curl"].as_str().unwrap();
    assert!(
        curl.starts_with("curl --cacert ")
            && curl.ends_with(&format!(" -u __key__:{text} https://localhost:8443/"))
    );
    assert_eq!(made["credentials"], serde_json::json!(["echo/acme/general/simulation-runner"]));
    let id = made["id"].as_str().unwrap();
    let shown = done(place.run(&["key", "show", id])).out + &done(place.run(&["key", "list"])).out;
    assert!(shown.contains(id) && !shown.contains(&text[16..]), "the secret is not shown again");
    for file in fs::read_dir(place.path().join("data")).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(32).any(|part| part == &text.as_bytes()[16..48]), "nor stored anywhere");
    }
}

#[test]
fn what_is_wrong_with_a_wanted_key_is_said_and_nothing_is_made() {
    let place = prepared();
    let cases: [(&[&str], i32, &str); 8] = [
        (&[], 2, "--platform"),
        (&["--platform", "elsewhere"], 1, "holds no credentials on platform elsewhere"),
        (&["--credentials", "echo/acme/general"], 2, "platform/organisation/space/role"),
        (&["--credentials", "echo/acme/general/manager"], 1, "does not hold echo/acme/general/manager"),
        (&["--platform", "echo", "--rights", "manage"], 1, "does not have all of these rights"),
        (&["--platform", "echo", "--rights", "fly"], 2, "there are view, simulate, manage, feed"),
        (&["--platform", "echo", "--expires", "2001-01-01"], 1, "in the past"),
        (&["--platform", "echo", "--network", "10.0.0.0/33"], 2, "neither a network nor an address"),
    ];
    for (arguments, code, part) in cases {
        let ended = create(&place, arguments);
        assert_eq!(ended.code, code, "{ended:?}");
        assert!(ended.err.contains(part), "{ended:?}");
    }
    assert_eq!(json(place.run(&["key", "list", "--json", "--all"])), serde_json::json!([]));
    let unknown = place.run(&["key", "create", "--account", "bob", "--name", "x", "--platform", "echo"]);
    assert!(unknown.code == 1 && unknown.err.contains("there is no such account"), "{unknown:?}");
}

#[test]
fn several_fitting_credentials_are_listed_instead_of_guessed() {
    let place = prepared();
    done(place.run(&["space", "create", "--organisation", "acme", "lab", "--name", "Lab"]));
    let ended = create(&place, &["--platform", "echo"]);
    assert_eq!(ended.code, 2);
    for space in ["general", "lab"] {
        assert!(
            ended.err.contains(&format!("--credentials echo/acme/{space}/simulation-runner")),
            "{ended:?}"
        );
    }
    let both = ["--credentials", "echo/acme/lab/viewer", "--credentials", "echo/acme/general/viewer"];
    assert_eq!(json(create(&place, &both))["credentials"].as_array().unwrap().len(), 2);
}

#[test]
fn rotation_shows_both_as_a_pair_and_revocation_ends_at_once() {
    let place = prepared();
    let old = json(create(&place, &["--platform", "echo"]));
    let old = old["id"].as_str().unwrap();
    let new = json(place.run(&["key", "rotate", old, "--overlap", "1h", "--json"]));
    assert_eq!((new["replaces"].as_str(), new["name"].as_str()), (Some(old), Some("laptop")));
    let list = json(place.run(&["key", "list", "--account", "ada", "--json"]));
    let states: Vec<_> = list.as_array().unwrap().iter().map(|key| key["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["live", "ending"]);
    let new = new["id"].as_str().unwrap();
    done(place.run(&["key", "revoke", new]));
    assert!(done(place.run(&["key", "revoke", new])).out.contains("no more already"));
    assert_eq!(json(place.run(&["key", "show", new, "--json"]))["works"], false);
    let missing = place.run(&["key", "revoke", "000000000000"]);
    assert!(missing.code == 1 && missing.err.contains("there is no such key"), "{missing:?}");
}

#[test]
fn a_whole_key_is_never_taken_from_the_command_line() {
    let place = prepared();
    let made = json(create(&place, &["--platform", "echo"]));
    let ended = place.run(&["key", "revoke", made["key"].as_str().unwrap()]);
    assert!(ended.code == 2 && ended.err.contains("never type a whole key"), "{ended:?}");
    let by_prefix = format!("pck_{}", made["id"].as_str().unwrap());
    assert!(done(place.run(&["key", "revoke", &by_prefix])).out.contains("revoked"));
}

#[test]
fn a_leaked_key_is_inspected_and_ended_by_its_text() {
    let place = prepared();
    let made = json(create(&place, &["--platform", "echo"]));
    let text = made["key"].as_str().unwrap();
    let file = place.write("leaked", &format!("\n  {text}\n"));
    let file = file.to_str().unwrap();
    assert_eq!(json(place.run(&["key", "inspect", file, "--json"]))["id"], made["id"]);
    assert!(done(place.run(&["key", "report", file])).out.contains("is revoked"));
    assert_eq!(json(place.run(&["key", "inspect", file, "--json"]))["state"], "revoked");
    let cut = place.write("cut", &text[..53]);
    assert_eq!(json(place.run(&["key", "inspect", cut.to_str().unwrap(), "--json"]))["shape"], "malformed");
    let empty = place.write("empty", "\n");
    assert_eq!(place.run(&["key", "report", empty.to_str().unwrap()]).code, 2);
}

#[test]
fn ten_thousand_keys_come_in_together_and_a_bad_line_keeps_all_out() {
    let place = prepared();
    let lines: String = (0..10_000).map(|line| format!("key-of-another-gate-{line:05}\n")).collect();
    let file = place.write("keys", &lines);
    let import = ["key", "import", "--owner", "ada", "--platform", "echo", "--json"];
    let done = |file: &std::path::Path| place.run(&[&import[..], &[file.to_str().unwrap()]].concat());
    assert_eq!(json(done(&file))["imported"], 10_000);
    let bad =
        place.write("bad", "a-new-key-of-another-gate\nkey-of-another-gate-00007\nshort\nada:$2y$05$aaaa\n");
    let ended = done(&bad);
    assert_eq!(ended.code, 1);
    for part in ["line 3 has fewer than 16", "line 4 is a hash without an id", "nothing was"] {
        assert!(ended.err.contains(part), "{ended:?}");
    }
    assert!(!ended.err.contains("$2y$"), "lines are secrets");
    let known = place.write("known", "a-new-key-of-another-gate\nkey-of-another-gate-00007\n");
    assert!(done(&known).err.contains("line 2 is in the store already"));
    assert_eq!(json(place.run(&["key", "list", "--json"])).as_array().unwrap().len(), 10_000);
}

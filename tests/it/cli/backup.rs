//! Copies and the schema by their verbs.

use std::os::unix::fs::MetadataExt as _;

use super::Place;
use super::rights::json;

fn names(place: &Place) -> Vec<String> {
    let listed = json(place, &["account", "list"]);
    listed.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_copy_is_put_back_here_and_on_another_machine() {
    let (here, there) = (Place::new(), Place::new());
    json(&here, &["account", "create", "ada", "--email", "ada@example.org"]);
    let copied = here.run(&["backup", "copy", "--with-keyring"]);
    assert_eq!(copied.code, 0, "{copied:?}");
    assert!(copied.err.contains("keep them apart"), "the keyring is worth a warning: {}", copied.err);
    for file in ["copy", "copy.keyring", "data/portcullis.db", "data/keyring"] {
        let mode = std::fs::metadata(here.path().join(file)).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o600, "{file}");
    }
    assert_eq!(here.run(&["backup", "copy"]).code, 1, "a copy is never overwritten");
    json(&here, &["account", "create", "bea", "--email", "bea@example.org"]);
    let kept = here.run(&["restore", "copy"]);
    assert_eq!(kept.code, 2, "{kept:?}");
    assert_eq!(names(&here), ["ada", "bea"]);
    json(&here, &["restore", "copy", "--replace"]);
    assert_eq!(names(&here), ["ada"]);
    assert_eq!(json(&here, &["audit", "verify"])["whole"], true);

    let copy = here.path().join("copy");
    let stranger = Place::new();
    json(&stranger, &["account", "list"]);
    let refused = stranger.run(&["restore", copy.to_str().unwrap()]);
    assert_eq!(refused.code, 78, "{refused:?}");
    json(&there, &["restore", copy.to_str().unwrap(), "--with-keyring"]);
    assert_eq!(names(&there), ["ada"]);
}

#[test]
fn what_is_no_copy_is_not_put_back() {
    let place = Place::new();
    json(&place, &["account", "create", "ada", "--email", "ada@example.org"]);
    place.write("text", "not a database");
    for file in ["text", "absent"] {
        assert_eq!(place.run(&["restore", file, "--replace"]).code, 1, "{file}");
    }
    assert_eq!(names(&place), ["ada"]);
}

#[test]
fn the_steps_of_the_schema_are_listed_and_taken() {
    let place = Place::new();
    let before = json(&place, &["migrate", "list"]);
    assert!(before.as_array().unwrap().iter().all(|step| step["applied"] == false));
    let after = json(&place, &["migrate", "apply"]);
    assert!(after.as_array().unwrap().iter().all(|step| step["applied"] == true));
}

#[test]
fn a_file_that_is_no_database_is_a_matter_of_configuration() {
    let place = Place::new();
    std::fs::create_dir(place.path().join("data")).unwrap();
    place.write("data/portcullis.db", &"no database ".repeat(500));
    let refused = place.run(&["account", "list"]);
    assert_eq!(refused.code, 78, "{refused:?}");
    assert!(refused.err.contains("cannot be opened"), "{}", refused.err);
}

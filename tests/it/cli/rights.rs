//! Accounts, organisations, spaces, entitlements and grants by the verbs of their names.

use serde_json::Value;

use super::{Ended, Place};

/// What a verb printed with `--json`, which must have gone well.
pub(super) fn json(place: &Place, arguments: &[&str]) -> Value {
    let mut all = vec!["--json"];
    all.extend(arguments);
    let Ended { code, out, err } = place.run(&all);
    assert_eq!(code, 0, "{arguments:?}: {err}");
    serde_json::from_str(&out).unwrap()
}

fn fails(place: &Place, arguments: &[&str], code: i32, with: &str) {
    let ended = place.run(arguments);
    assert_eq!(ended.code, code, "{arguments:?}: {ended:?}");
    assert!(ended.err.contains(with), "{arguments:?}: {}", ended.err);
    assert!(ended.out.is_empty(), "{arguments:?} prints no result: {}", ended.out);
}

#[test]
fn an_operator_gives_a_person_a_role_and_takes_it_again() {
    let place = Place::new();
    json(&place, &["organisation", "create", "acme", "--name", "Acme Ltd"]);
    json(&place, &["entitlement", "add", "--organisation", "acme", "--platform", "echo"]);
    let ada = json(&place, &["account", "create", "ada", "--email", "Ada@Bücher.example", "--administrator"]);
    assert_eq!(ada["email"], "Ada@xn--bcher-kva.example");
    assert_eq!((&ada["office"], &ada["validated"]), (&Value::from("administrator"), &Value::from(true)));
    json(&place, &["space", "create", "lab", "--organisation", "acme"]);
    let grant = json(
        &place,
        &[
            "grant",
            "add",
            "--account",
            "ada",
            "--organisation",
            "acme",
            "--role",
            "viewer",
            "--space",
            "lab",
            "--platform",
            "echo",
            "--ends",
            "2999-01-01",
        ],
    );
    assert_eq!(grant["ends_at"], "2999-01-01T00:00:00.000Z");
    let listed = json(&place, &["grant", "list", "--account", "ada"]);
    assert_eq!(listed[0]["id"], grant["id"]);
    assert_eq!(json(&place, &["account", "show", "ada"])["grants"][0]["space"], "lab");
    let shown = place.run(&["grant", "list"]);
    assert!(shown.out.starts_with("ID "), "people get a table: {}", shown.out);
    json(&place, &["grant", "revoke", grant["id"].as_str().unwrap()]);
    assert_eq!(json(&place, &["grant", "list"]), Value::Array(vec![]));
    let acts: Vec<String> = json(&place, &["audit", "list"])
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["act"].as_str().unwrap().to_owned())
        .collect();
    let told: Vec<&str> = acts.iter().map(String::as_str).take(6).collect();
    assert_eq!(
        told,
        [
            "grant.revoked",
            "grant.added",
            "space.created",
            "account.created",
            "entitlement.added",
            "organisation.created"
        ]
    );
    assert_eq!(json(&place, &["audit", "verify"])["whole"], true);
}

#[test]
fn an_account_is_stopped_resumed_and_ended() {
    let place = Place::new();
    json(&place, &["organisation", "create", "acme"]);
    json(&place, &["account", "create", "ada", "--email", "ada@example.org", "--not-validated"]);
    json(&place, &["account", "create", "robot", "--service-of", "acme"]);
    assert_eq!(json(&place, &["account", "suspend", "ada"])["status"], "suspended");
    assert_eq!(json(&place, &["account", "resume", "ada"])["status"], "active");
    assert_eq!(json(&place, &["account", "office", "ada", "support"])["office"], "support");
    let link = json(&place, &["account", "reset", "ada"]);
    assert!(link["url"].as_str().unwrap().starts_with("https://localhost:8443/.portcullis/reset-password/"));
    assert_eq!(json(&place, &["account", "close", "ada"])["status"], "closed");
    fails(&place, &["account", "resume", "ada"], 1, "the account is closed");
    fails(&place, &["account", "reset", "robot"], 1, "service account");
    fails(&place, &["account", "create", "ada", "--email", "b@example.org"], 1, "the user name is taken");
    let members = json(&place, &["account", "list", "--organisation", "acme"]);
    assert_eq!(members.as_array().unwrap().len(), 1);
    assert_eq!((&members[0]["name"], &members[0]["kind"]), (&Value::from("robot"), &Value::from("service")));
}

#[test]
fn organisations_are_renamed_and_closed_and_spaces_removed() {
    let place = Place::new();
    json(&place, &["organisation", "create", "acme"]);
    assert_eq!(json(&place, &["organisation", "rename", "acme", "Acme & Söhne"])["name"], "Acme & Söhne");
    json(&place, &["space", "create", "lab", "--organisation", "acme", "--name", "Laboratory"]);
    fails(&place, &["space", "create", "lab", "--organisation", "acme"], 1, "this slug");
    fails(&place, &["space", "remove", "general", "--organisation", "acme"], 1, "from birth");
    json(&place, &["space", "remove", "lab", "--organisation", "acme"]);
    fails(&place, &["space", "remove", "lab", "--organisation", "acme"], 1, "there is no such space");
    fails(
        &place,
        &["entitlement", "add", "--organisation", "acme", "--platform", "x"],
        1,
        "no such platform",
    );
    assert_eq!(json(&place, &["organisation", "close", "acme"])["status"], "closed");
    fails(&place, &["space", "create", "lab", "--organisation", "acme"], 1, "the organisation is closed");
    fails(&place, &["organisation", "create", "acme"], 1, "another organisation has this slug");
}

/// Bad arguments end with code 2, change nothing, and say what is wrong.
#[test]
fn wrong_arguments_say_what_is_wrong_and_make_no_file() {
    let place = Place::new();
    for (arguments, with) in [
        (&["account", "create", "A", "--email", "a@b.example"][..], "is not a user name"),
        (&["account", "create", "ada", "--email", "nobody"], "is not an e-mail address"),
        (&["account", "create", "ada"], "required"),
        (&["account", "create", "ada", "--email", "a@b.example", "--service-of", "acme"], "cannot be used"),
        (
            &["account", "create", "ada", "--email", "a@b.example", "--shown-name", "a\nb"],
            "not a name to show",
        ),
        (&["grant", "revoke", "17"], "is not an identifier"),
        (
            &[
                "grant",
                "add",
                "--account",
                "ada",
                "--organisation",
                "acme",
                "--role",
                "viewer",
                "--ends",
                "soon",
            ],
            "neither a date",
        ),
        (&["organisation", "create", "Acme"], "is not a slug"),
        (&["nonsense"], "unrecognized"),
        (&[], "Usage"),
    ] {
        fails(&place, arguments, 2, with);
    }
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn names_that_could_steer_a_terminal_are_shown_harmless() {
    let place = Place::new();
    json(&place, &["organisation", "create", "acme", "--name", "plain"]);
    let listed = place.run(&["organisation", "list"]);
    assert!(!listed.out.contains('\u{1b}'));
    fails(&place, &["organisation", "rename", "acme", "\u{1b}[2Jgone"], 2, "is not a name to show");
}

/// a password comes by standard input, never by the command line, and is checked like any other.
#[test]
fn an_account_is_made_with_a_password_from_standard_input() {
    let place = Place::new();
    let create = |name: &str, password: &str| {
        let arguments = ["account", "create", name, "--email", &format!("{name}@example.org")];
        place.run_typing(&[&arguments[..], &["--administrator", "--password-stdin"]].concat(), password)
    };
    let short = create("ada", "too short\n");
    assert_eq!((short.code, short.err.contains("15 characters")), (2, true), "{short:?}");
    let easy = create("ada", "passwordpassword\n");
    assert_eq!((easy.code, easy.err.contains("easy to guess")), (1, true), "{easy:?}");
    let made = create("ada", "four tepid gondolas argue\n");
    assert_eq!(made.code, 0, "{made:?}");
    assert!(place.run(&["audit", "list"]).out.contains("password.set"));
}

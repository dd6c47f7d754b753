//! `portcullis check`.

use super::Place;

const SHARED: &str = "[[platform]]\nslug = \"a\"\n[[route]]\nupstream = \"http://127.0.0.1:9\"\n";

#[test]
fn nothing_written_is_good_and_nothing_is_made() {
    let place = Place::new();
    let ended = place.run(&["check"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.contains("The configuration is good"), "{ended:?}");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn every_mistake_is_told_with_file_line_and_column() {
    let place = Place::new();
    place.write("gate.toml", "workers = \"two\"\n[listn]\nhttps = []\n[key]\ndefault_lifetime = \"soon\"\n");
    let ended = place.run(&["check", "--config", "gate.toml"]);
    assert_eq!(ended.code, 78);
    for wanted in ["gate.toml:1:11", "gate.toml:2:2", "did you mean `listen`?", "gate.toml:5:20", "\"7d\""] {
        assert!(ended.err.contains(wanted), "{wanted} is not in {}", ended.err);
    }
    let told: serde_json::Value =
        serde_json::from_str(&place.run(&["check", "--json", "--config", "gate.toml"]).out).unwrap();
    let lines: Vec<_> =
        told.as_array().unwrap().iter().map(|problem| problem["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [1, 2, 5]);
    assert!(told[0]["mend"].is_string() && told[0]["column"] == 11 && told[0]["severity"] == "error");
}

#[test]
fn warnings_let_a_start_pass_and_strict_does_not() {
    let place = Place::new();
    place.write("gate.toml", SHARED);
    let ended = place.run(&["check", "--config", "gate.toml"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.err.contains("shares the origin of the account pages"), "{ended:?}");
    assert!(ended.err.contains("does not answer at 127.0.0.1:9"), "{ended:?}");
    assert_eq!(place.run(&["check", "--strict", "--config", "gate.toml"]).code, 78);
}

#[test]
fn a_store_that_is_no_database_is_an_error() {
    let place = Place::new();
    place.write("wrong.db", &"no database at all\n".repeat(100));
    let store = format!("store.sqlite={}", place.path().join("wrong.db").display());
    let ended = place.run(&["check", "--set", &store]);
    assert_eq!(ended.code, 78, "{ended:?}");
    assert!(ended.err.contains("the store cannot be used"), "{ended:?}");
}

/// P12: an authentication input that cannot be read stops the gate.
#[test]
fn a_certificate_that_cannot_be_read_or_used_is_an_error() {
    let place = Place::new();
    place.write("gate.toml", "[[certificate]]\ncertificate = \"a.pem\"\nkey = \"a.key\"\n");
    let ended = place.run(&["check", "--config", "gate.toml"]);
    assert_eq!(ended.code, 78);
    assert!(ended.err.contains("gate.toml:2:15"), "{ended:?}");
    place.write("a.pem", "not PEM");
    place.write("a.key", "not PEM");
    let ended = place.run(&["check", "--config", "gate.toml"]);
    assert_eq!(ended.code, 78, "{ended:?}");
    assert!(ended.err.contains("a.pem"), "{ended:?}");
}

/// so is a list of leaked passwords that could not be searched.
#[test]
fn a_list_of_leaked_passwords_that_cannot_be_searched_is_an_error() {
    let place = Place::new();
    place.write("gate.toml", "[password]\nbreached = \"leaked.txt\"\n");
    let told = |help: &str| {
        let ended = place.run(&["check", "--config", "gate.toml"]);
        assert_eq!(ended.code, 78, "{ended:?}");
        assert!(ended.err.contains("gate.toml:2:12") && ended.err.contains("leaked.txt"), "{ended:?}");
        assert!(ended.err.contains(help), "{ended:?}");
    };
    told("name a file");
    place.write("leaked.txt", "password\nletmein\n");
    told("the list of SHA-1 hashes");
    let line = |digit: &str| format!("{}:1\r\n", digit.repeat(40));
    place.write("leaked.txt", &format!("{}{}", line("B"), line("A")));
    told("ordered by hash");
    place.write("leaked.txt", &format!("{}{}", line("A"), line("B")));
    assert_eq!(place.run(&["check", "--config", "gate.toml"]).code, 0);
}

/// P12: so is what the certificate of an app is judged by.
#[test]
fn authorities_of_an_app_that_cannot_be_used_are_an_error() {
    let place = Place::new();
    place.write("ca.pem", "not PEM");
    let app = "[[upstream]]\nname = \"app\"\ntargets = [\"https://[::1]:9\"]\nca_file = \"ca.pem\"\n";
    let rest = "[[platform]]\nslug = \"a\"\n[[route]]\nupstream = \"app\"\n";
    place.write("gate.toml", &format!("{app}{rest}"));
    let ended = place.run(&["check", "--offline", "--config", "gate.toml"]);
    assert_eq!(ended.code, 78, "{ended:?}");
    assert!(ended.err.contains("upstream app: "), "{ended:?}");
    place.write("gate.toml", &format!("{}{rest}", app.replace("ca_file = \"ca.pem\"\n", "")));
    assert_eq!(place.run(&["check", "--offline", "--config", "gate.toml"]).code, 0);
}

#[test]
fn a_configuration_that_is_not_there_is_an_error() {
    let place = Place::new();
    let ended = place.run(&["check", "--config", "none.toml"]);
    assert_eq!(ended.code, 78);
    assert!(ended.err.contains("none.toml"), "{ended:?}");
    assert_eq!(place.run(&["check", "--nonsense"]).code, 2);
}

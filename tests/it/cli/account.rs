//! `portcullis account import`.

use serde_json::Value;

use super::Place;

const HASH: &str = "pbkdf2_sha256$1000$saltsalt$UX6vPDAiiwCZDRip/9iQmGwhJ/cvUxX9RWy/vb/HJVw=";

#[test]
fn a_file_of_accounts_is_rehearsed_and_taken_in_whole_or_not_at_all() {
    let place = Place::new();
    let many: String = (0..1000)
        .map(|n| {
            format!(
                "{{\"user_name\":\"p{n}\",\"email\":\"p{n}@example.org\",\"password_hash\":\"{HASH}\"}}\n"
            )
        })
        .collect();
    let file = place
        .write("people.jsonl", &(many.clone() + "{\"user_name\":\"md5\",\"password_hash\":\"md5$a$b\"}\n"));
    let import =
        |more: &[&str]| place.run(&[&["account", "import"], more, &[file.to_str().unwrap()]].concat());
    let tried = import(&["--dry-run"]);
    assert_eq!(tried.code, 0, "{tried:?}");
    assert!(
        tried.out.contains("1001 accounts, 1000 of them with a password, would be imported"),
        "{tried:?}"
    );
    assert!(
        tried.err.contains("line 1001 comes without a password: its hash is a hash of a kind"),
        "{tried:?}"
    );
    let strict = import(&["--refuse-useless-hashes"]);
    assert_eq!(strict.code, 1, "{strict:?}");
    assert!(
        strict.err.contains("line 1001 password_hash") && strict.err.contains("nothing was"),
        "{strict:?}"
    );
    let count = || {
        let listed: Value = serde_json::from_str(&place.run(&["account", "list", "--json"]).out).unwrap();
        listed.as_array().unwrap().len()
    };
    assert_eq!(count(), 0);
    let done: Value = serde_json::from_str(&import(&["--json"]).out).unwrap();
    assert_eq!((&done["imported"], &done["with_password"]), (&1001.into(), &1000.into()));
    assert_eq!(done["to_reset"][0]["line"], 1001);
    assert_eq!(count(), 1001);
    let again = import(&[]);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.err.contains("line 1 ") && again.err.contains("and 981 more"), "{again:?}");
    assert!(!again.err.contains("pbkdf2"), "lines are secrets");
    assert_eq!(place.run(&["audit", "verify"]).code, 0);
}

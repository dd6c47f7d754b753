//! What documents say: that the files and tests they name exist, that every case has its row, and that
//! nobody's workplace is mentioned.

use std::fs;

use super::source::File;
use super::{assert_none, no_workplace_is_named, nothing_is_left_undone, root, walk};

/// `file.rs::name` and `file.py::name` in backticks that name no test.
fn missing_tests(table: &str, read: impl Fn(&str) -> String) -> Vec<String> {
    let named = table.split('`').skip(1).step_by(2).filter_map(|text| text.split_once("::"));
    named
        .filter(|(file, _)| file.ends_with(".rs") || file.ends_with(".py"))
        .filter(|(file, name)| {
            let text = read(file);
            !text.contains(&format!("fn {name}(")) && !text.contains(&format!("def {name}("))
        })
        .map(|(file, name)| format!("tests/README.md names {file}::{name}, which does not exist"))
        .collect()
}

/// Rows of the table that name no test and give no reason.
fn unproven(table: &str) -> Vec<String> {
    let rows = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| case"));
    let empty = rows.filter(|row| row.rsplit('|').nth(1).is_none_or(|tests| tests.trim().is_empty()));
    empty.map(|row| format!("tests/README.md proves nothing here: {row}")).collect()
}

#[test]
fn tests_and_documents_name_no_workplace_and_leave_nothing_undone() {
    let mut paths = vec![root().join("README.md"), root().join("Cargo.toml"), root().join(".ci/run")];
    walk(&root().join("tests"), &mut paths);
    let mut findings = Vec::new();
    for path in paths.iter().filter(|path| path.exists() && !path.ends_with("tests/architecture.rs")) {
        let file = File::new("main.rs", &fs::read_to_string(path).unwrap());
        let found = no_workplace_is_named(&file).into_iter().chain(nothing_is_left_undone(&file));
        findings.extend(found.map(|finding| format!("{}: {finding}", path.display())));
    }
    assert_none(&findings);
}

#[test]
fn the_readme_names_files_that_exist() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let plain = text.lines().filter(|line| !line.starts_with("```"));
    let quoted = plain.flat_map(|line| line.split('`').skip(1).step_by(2));
    let named = quoted.filter(|word| word.contains('/') && !word.contains([' ', ':']));
    let absent = named.filter(|word| !["data/", "certs/"].contains(word) && !root().join(word).exists());
    assert_none(&absent.map(|word| format!("README.md names {word}")).collect::<Vec<_>>());
}

#[test]
fn the_table_of_cases_names_tests_that_exist_and_leaves_no_case_out() {
    let table = fs::read_to_string(root().join("tests/README.md")).unwrap();
    let mut findings =
        missing_tests(&table, |file| fs::read_to_string(root().join("tests").join(file)).unwrap_or_default());
    for (letter, last) in [("H", 12), ("P", 15), ("F", 9), ("L", 4), ("K", 17)] {
        let absent = (1..=last).map(|n| format!("| {letter}{n} |")).filter(|row| !table.contains(row));
        findings.extend(absent.map(|row| format!("tests/README.md has no row {row}")));
    }
    findings.extend(unproven(&table));
    assert_none(&findings);
}

#[test]
fn gone_tests_and_empty_rows_are_found() {
    assert_eq!(missing_tests("| H1 | x | `it/x.rs::gone` |", |_| String::new()).len(), 1);
    assert!(missing_tests("| H1 | x | `it/x.rs::here` |", |_| "fn here() {}".into()).is_empty());
    assert_eq!(unproven("| case | what | tests |\n|---|---|---|\n| H1 | x | |\n").len(), 1);
}

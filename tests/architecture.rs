//! The house rules, read off the source. This test links nothing of the crate, so it also runs while
//! the crate does not compile. Each rule is a function from one file to its findings, and each has a
//! line in `every_rule_can_fail` that shows it a file it must not accept.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "in a test a panic is the answer, and the helpers around tests are tests too"
)]
#[path = "architecture/dependencies.rs"]
mod dependencies;
#[path = "architecture/documents.rs"]
mod documents;
#[path = "architecture/source.rs"]
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use source::{File, bare};

/// Rooms by floor, lowest first. A file imports its own room and lower floors only.
const FLOORS: [&[&str]; 11] = [
    &["secret", "time"],
    &["model", "words"],
    &["config", "outbound"],
    &["store", "cluster", "mail", "idp", "webhooks", "telemetry"],
    &["app"],
    &["auth", "actions"],
    &["web"],
    &["pages", "api"],
    &["gateway"],
    &["server"],
    &["cli", "main"],
];
const LONGEST: usize = 400;
const BAD_FILES: [&str; 9] =
    ["util", "utils", "helper", "common", "manager", "service", "handler", "globals", "misc"];
const BAD_TYPES: [&str; 8] =
    ["Manager", "Service", "Handler", "Helper", "Util", "Utils", "Common", "Globals"];
const AMERICAN: [&str; 12] = [
    "behavior",
    "organiz",
    "recogniz",
    "neighbor",
    "honored",
    "favorite",
    "canceled",
    "flavor",
    "analyz",
    "initializ",
    "synchroniz",
    "summariz",
];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The first names of every `crate::…` path, groups opened.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, path) in code.match_indices("crate::") {
        let rest = code[at + path.len()..].trim_start();
        let name = |text: &str| -> String {
            text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        let Some(group) = rest.strip_prefix('{') else {
            found.push(name(rest));
            continue;
        };
        let (mut depth, mut start) = (0, true);
        for (at, c) in group.char_indices() {
            match c {
                '}' if depth == 0 => break,
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && !c.is_whitespace() => {
                    found.push(name(&group[at..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    found
}

fn imports_go_down(file: &File) -> Vec<String> {
    if file.path == "lib.rs" {
        return Vec::new();
    }
    let Some(own) = floor(file.room()) else {
        return vec!["stands on no floor: add its room to FLOORS".into()];
    };
    let bad = |name: &String| match floor(name) {
        Some(_) if name == file.room() => None,
        Some(other) if other < own => None,
        Some(_) => Some(format!("imports crate::{name}, which is not below it")),
        None if name.starts_with(char::is_lowercase) => {
            Some(format!("imports crate::{name}, which is no room"))
        }
        None => None,
    };
    let mut findings: Vec<String> = imports(&file.code).iter().filter_map(bad).collect();
    if file.shipped.contains(&"super::".repeat(file.depth())) {
        findings.push("leaves its room by super::".into());
    }
    findings
}

fn files_are_small(file: &File) -> Vec<String> {
    let lines = file.shipped.trim_end().lines().count();
    (lines > LONGEST)
        .then(|| format!("has {lines} lines without tests, more than {LONGEST}"))
        .into_iter()
        .collect()
}

fn files_say_what_they_are(file: &File) -> Vec<String> {
    let lines = file.text.lines().take_while(|line| line.starts_with("//!")).count();
    let included = file.text.starts_with("#![doc = include_str!");
    (lines == 0 && !included).then(|| "opens without a //! header".into()).into_iter().collect()
}

fn names_say_something(file: &File) -> Vec<String> {
    let stem = |part: &&str| BAD_FILES.contains(&part.trim_end_matches(".rs"));
    let mut findings: Vec<String> =
        file.path.split('/').filter(stem).map(|part| format!("{part} is a forbidden name")).collect();
    let mut words = file.shipped.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if !["struct", "enum", "trait", "type"].contains(&word) {
            continue;
        }
        let name: String = words.peek().unwrap_or(&"").chars().take_while(|c| c.is_alphanumeric()).collect();
        if BAD_TYPES.iter().any(|bad| name.ends_with(bad)) {
            findings.push(format!("{name} is a forbidden name"));
        }
    }
    findings
}

fn status_codes_stay_upstairs(file: &File) -> Vec<String> {
    let below =
        floor(file.room()).is_some_and(|own| own < floor("web").unwrap_or(0)) && file.room() != "outbound";
    (below && file.shipped.contains("StatusCode"))
        .then(|| "names StatusCode below floor 6".into())
        .into_iter()
        .collect()
}

fn the_model_is_not_serialised(file: &File) -> Vec<String> {
    let words = ["Serialize", "Deserialize", "serde"];
    let found = file.room() == "model" && words.iter().any(|word| file.shipped.contains(word));
    found.then(|| "uses serde in the model".into()).into_iter().collect()
}

fn nothing_is_left_undone(file: &File) -> Vec<String> {
    let mut findings = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for word in ["TODO", "FIXME", "XXX:", "todo!(", "unimplemented!("] {
            if line.contains(word) {
                findings.push(format!("line {}: {word}", number + 1));
            }
        }
    }
    findings
}

fn nothing_is_waved_through(file: &File) -> Vec<String> {
    let mut findings = Vec::new();
    if file.code.contains("#[allow") || file.code.contains("#![allow") {
        findings.push("allows a lint: use #[expect(…, reason)]".into());
    }
    let excused = |lint: &str| file.code.contains(&format!("expect(clippy::{lint}"));
    if file.shipped.contains(".unwrap()") && !excused("unwrap_used") {
        findings.push("unwraps outside tests".into());
    }
    if file.shipped.contains(".expect(") && !excused("expect_used") {
        findings.push("expects outside tests".into());
    }
    if file.shipped.contains("unsafe ") {
        findings.push("is unsafe".into());
    }
    findings
}

fn spelling_is_british(file: &File) -> Vec<String> {
    // Names of tokio's are not ours to spell.
    let ours = file.text.to_lowercase().replace("missedtickbehavior", "").replace("missed_tick_behavior", "");
    AMERICAN.iter().filter(|word| ours.contains(**word)).map(|word| format!("spells {word}…")).collect()
}

/// Places and tools of whoever wrote the code mean nothing to its readers.
fn no_workplace_is_named(file: &File) -> Vec<String> {
    let words = [
        concat!("/wo", "rk/"),
        concat!("hub", ".git"),
        concat!("issues ", "show"),
        concat!("shared", "/bench"),
    ];
    words.iter().filter(|word| file.text.contains(*word)).map(|word| format!("names {word}")).collect()
}

type Rule = fn(&File) -> Vec<String>;

const RULES: [Rule; 10] = [
    imports_go_down,
    files_are_small,
    files_say_what_they_are,
    names_say_something,
    status_codes_stay_upstairs,
    the_model_is_not_serialised,
    nothing_is_left_undone,
    nothing_is_waved_through,
    spelling_is_british,
    no_workplace_is_named,
];

/// Modules that stand in a folder and are declared neither by its `mod.rs` nor by its `main.rs`.
fn undeclared(folder: &Path) -> Vec<String> {
    let inside = ["mod.rs", "lib.rs", "main.rs"].map(|name| folder.join(name));
    let door = inside.into_iter().chain([folder.with_extension("rs")]).find(|path| path.exists());
    let listed = door.map(|path| fs::read_to_string(path).unwrap()).unwrap_or_default();
    let mut findings = Vec::new();
    for path in entries(folder) {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let module =
            path.is_dir() && path.join("mod.rs").exists() || path.extension().is_some_and(|e| e == "rs");
        if module && !["mod", "main", "lib"].contains(&&*stem) && !listed.contains(&format!("mod {stem};")) {
            findings.push(format!("{} is declared nowhere: its tests or code never run", path.display()));
        }
        if path.is_dir() {
            findings.extend(undeclared(&path));
        }
    }
    findings
}

/// Pages and endpoints that stand in their folder and in no line of its table.
fn outside_the_table(files: &[File], room: &str, frame: &[&str]) -> Vec<String> {
    let Some(table) = files.iter().find(|file| file.path == format!("{room}/mod.rs")) else {
        return Vec::new();
    };
    let stems =
        files.iter().filter_map(|file| file.path.strip_prefix(&format!("{room}/"))?.strip_suffix(".rs"));
    stems
        .filter(|stem| !stem.contains('/') && *stem != "mod" && !frame.contains(stem))
        .filter(|stem| !table.shipped.contains(&format!("{stem}::")))
        .map(|stem| format!("src/{room}/{stem}.rs is in no line of src/{room}/mod.rs"))
        .collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in entries(folder) {
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<File> {
    let mut paths = Vec::new();
    walk(&root().join("src"), &mut paths);
    let name = |path: &PathBuf| path.strip_prefix(root().join("src")).unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| File::new(&name(path), &fs::read_to_string(path).unwrap())).collect()
}

#[track_caller]
fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "{} finding(s):\n  {}", findings.len(), findings.join("\n  "));
}

#[test]
fn every_file_keeps_the_house_rules() {
    let files = sources();
    let findings = files.iter().flat_map(|file| {
        let of_rule = move |rule: &Rule| rule(file);
        RULES.iter().flat_map(of_rule).map(|finding| format!("src/{}: {finding}", file.path))
    });
    assert_none(&findings.collect::<Vec<_>>());
}

#[test]
fn every_module_is_declared_by_its_folder() {
    let mut findings = undeclared(&root().join("src"));
    findings.extend(undeclared(&root().join("tests/it")));
    assert_none(&findings);
}

#[test]
fn every_page_and_endpoint_is_in_its_table() {
    let files = sources();
    let mut findings = outside_the_table(
        &files,
        "pages",
        &[
            "answer",
            "assets",
            "device",
            "form",
            "frame",
            "sheet",
            "style",
            "take_back",
            "trouble",
            "ui",
            "used",
            "visit",
        ],
    );
    findings.extend(outside_the_table(
        &files,
        "api",
        &["answer", "body", "call", "door", "endpoint", "listing", "reference", "replay", "texts"],
    ));
    assert_none(&findings);
}

#[test]
fn every_rule_can_fail() {
    let long = format!("//! x\n{}", "fn f() {}\n".repeat(LONGEST));
    let bad: [(Rule, &str, &str); 20] = [
        (imports_go_down, "store/x.rs", "use crate::app::App;"),
        (imports_go_down, "store/x.rs", "use crate::mail::Mailer;"),
        (imports_go_down, "auth/x.rs", "use crate::{time::Clock, actions::{a, b}};"),
        (imports_go_down, "auth/x.rs", "fn f() { crate::web::problem::g() }"),
        (imports_go_down, "auth/x.rs", "use crate::nowhere::X;"),
        (imports_go_down, "store/mod.rs", "use super::app::App;"),
        (imports_go_down, "store/x.rs", "use super::super::app::App;"),
        (imports_go_down, "attic/x.rs", ""),
        (files_are_small, "app/x.rs", &long),
        (files_say_what_they_are, "app/x.rs", "use std::fs;"),
        (names_say_something, "app/util.rs", ""),
        (names_say_something, "app/x.rs", "pub struct KeyManager;"),
        (status_codes_stay_upstairs, "auth/x.rs", "use http::StatusCode;"),
        (the_model_is_not_serialised, "model/x.rs", "#[derive(Serialize)] struct A;"),
        (nothing_is_left_undone, "app/x.rs", concat!("// TO", "DO later")),
        (nothing_is_waved_through, "app/x.rs", "#[allow(dead_code)]"),
        (nothing_is_waved_through, "app/x.rs", "fn f() { g().unwrap() }"),
        (nothing_is_waved_through, "app/x.rs", "fn f() { g().expect(\"x\") }"),
        (spelling_is_british, "app/x.rs", "/// Its behavior."),
        (no_workplace_is_named, "app/x.rs", concat!("// see /wo", "rk/notes")),
    ];
    for (number, (rule, path, text)) in bad.into_iter().enumerate() {
        assert!(!rule(&File::new(path, text)).is_empty(), "case {number} ({path}) was accepted");
    }
    let pages = [File::new("pages/mod.rs", "mod home;"), File::new("pages/home.rs", "")];
    assert_eq!(outside_the_table(&pages, "pages", &[]).len(), 1);
    assert!(!undeclared(&root().join("tests")).is_empty(), "tests/ has no door: its files are undeclared");
}

#[test]
fn what_the_rules_allow_passes() {
    let text = "//! Says what it is.\nuse crate::{time::Clock, model::{id, slug}};\nuse super::x;\n\
        fn f() -> &'static str { \"crate::cli .unwrap() StatusCode\" } // crate::server\n\
        #[cfg(test)]\nmod tests {\n    fn f() { g().unwrap() }\n}\n";
    let file = File::new("store/x.rs", text);
    let findings: Vec<String> = RULES.iter().flat_map(|rule| rule(&file)).collect();
    assert_none(&findings);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = "a 'x' \"b\\\"c\" r#\"d\"e\"# 'f /* g */ h // i\nj '\\'' k";
    assert_eq!(words(&bare(text)), "a 'f h j k");
    assert_eq!(bare(text).len(), text.len());
}

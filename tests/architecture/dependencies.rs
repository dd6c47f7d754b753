//! What may come into the tree: bans, version floors, licences and sources, as `deny.toml` says them.
//! Asks cargo for the tree that is really built, so that an optional crate which only stands in the
//! lock file is no finding.

use std::process::Command;

use toml::{Table, Value};

use super::{assert_none, root};

/// A crate of the tree: name, version and licence.
type Crate = (String, String, String);

fn tree() -> Vec<Crate> {
    let asked = ["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}|{l}"];
    let output = Command::new(env!("CARGO")).args(asked).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |line: &str| {
        let (package, licence) = line.trim_end_matches("(*)").split_once('|')?;
        let mut words = package.split(' ');
        let name = words.next()?.to_owned();
        Some((name, words.next()?.trim_start_matches('v').to_owned(), licence.trim().to_owned()))
    };
    text.lines().filter_map(line).collect()
}

fn policy() -> Table {
    std::fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap()
}

fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

/// The banned crates of the tree. A ban reads `name` or `name@<version`.
fn banned(tree: &[Crate], policy: &Table) -> Vec<String> {
    let bans: Vec<&str> =
        policy["bans"]["deny"].as_array().unwrap().iter().map(|ban| ban["crate"].as_str().unwrap()).collect();
    let hit = |(name, version, _): &Crate| {
        let of = |ban: &&str| match ban.split_once("@<") {
            Some((banned, floor)) => banned == name && numbers(version) < numbers(floor),
            None => ban == name,
        };
        bans.iter().find(|ban| of(ban)).map(|ban| format!("{name} {version} is banned by {ban}"))
    };
    tree.iter().filter_map(hit).collect()
}

/// Whether a licence expression can be met with the allowed licences (`OR` binds looser than `AND`).
fn met(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let result = any(&mut words, allowed);
    result && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut result = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        result |= all(words, allowed);
    }
    result
}

fn all(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut result = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        result &= one(words, allowed);
    }
    result
}

fn one(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    match words.next() {
        Some("(") => {
            let inner = any(words, allowed);
            words.next_if_eq(&")").is_some() && inner
        }
        Some(name) => allowed.contains(&name),
        None => false,
    }
}

fn unlicensed(tree: &[Crate], policy: &Table) -> Vec<String> {
    let allowed: Vec<&str> =
        policy["licenses"]["allow"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let bad = tree.iter().filter(|(_, _, licence)| !met(licence, &allowed));
    bad.map(|(name, version, licence)| format!("{name} {version} is under {licence:?}")).collect()
}

/// Crates of the lock file that come from elsewhere than the public registry.
fn strangers(lock: &str) -> Vec<String> {
    let sources = lock.lines().filter(|line| line.starts_with("source = "));
    sources.filter(|line| !line.starts_with("source = \"registry+")).map(str::to_owned).collect()
}

#[test]
fn the_tree_has_no_banned_crate_none_below_its_floor_and_only_known_licences() {
    let (tree, policy) = (tree(), policy());
    assert!(tree.len() > 100, "cargo told of {} crates", tree.len());
    let mut findings = banned(&tree, &policy);
    findings.extend(unlicensed(&tree, &policy));
    findings.extend(strangers(&std::fs::read_to_string(root().join("Cargo.lock")).unwrap()));
    assert_none(&findings);
}

#[test]
fn bans_floors_licences_and_sources_can_fail() {
    let policy = policy();
    let at = |name: &str, version: &str, licence: &str| {
        [(name.to_owned(), version.to_owned(), licence.to_owned())]
    };
    assert_eq!(banned(&at("ring", "0.17.14", "MIT"), &policy).len(), 1);
    assert_eq!(banned(&at("h2", "0.4.9", "MIT"), &policy).len(), 1);
    assert!(banned(&at("h2", "0.4.16", "MIT"), &policy).is_empty());
    assert_eq!(unlicensed(&at("x", "1.0.0", "GPL-3.0-only"), &policy).len(), 1);
    assert_eq!(unlicensed(&at("x", "1.0.0", ""), &policy).len(), 1);
    assert_eq!(unlicensed(&at("x", "1.0.0", "MIT AND (GPL-3.0-only OR AGPL-3.0)"), &policy).len(), 1);
    assert!(unlicensed(&at("x", "1.0.0", "GPL-3.0-only OR (MIT AND ISC)"), &policy).is_empty());
    assert_eq!(strangers("source = \"git+https://example.org/x\"").len(), 1);
}

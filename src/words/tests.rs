//! Every message in every language, and none that nobody says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;

const CATALOGUES: [(&str, &str); 3] =
    [("en", include_str!("en.ftl")), ("de", include_str!("de.ftl")), ("fr", include_str!("fr.ftl"))];

fn ids(catalogue: &str) -> BTreeSet<&str> {
    catalogue.lines().filter_map(|line| line.split_once(" = ")).map(|(id, _)| id).collect()
}

#[test]
fn every_language_has_every_message() {
    let english = ids(CATALOGUES[0].1);
    for (tag, catalogue) in CATALOGUES {
        assert_eq!(ids(catalogue), english, "{tag}");
        assert!(FluentResource::try_new(catalogue.to_owned()).is_ok(), "{tag} has a syntax error");
    }
}

#[test]
fn no_message_is_said_in_two_ways() {
    for text in [include_str!("en.ftl"), include_str!("de.ftl"), include_str!("fr.ftl")] {
        let mut seen = BTreeSet::new();
        let ids = text.lines().filter_map(|line| line.split_once(" =")).map(|(id, _)| id);
        let twice: Vec<_> =
            ids.filter(|id| !id.starts_with(['#', ' ', '-'])).filter(|id| !seen.insert(*id)).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}

#[test]
fn readers_get_the_language_they_like_best() {
    for (accepted, language) in [
        (None, Language::English),
        (Some("de-AT,de;q=0.9,en;q=0.5"), Language::German),
        (Some("fr;q=0.3, en;q=0.4"), Language::English),
        (Some("ja, fr;q=0.1"), Language::French),
        (Some("de;q=0"), Language::English),
        (Some(";;,,q=1"), Language::English),
    ] {
        assert_eq!(Language::negotiate(accepted), language, "{accepted:?}");
    }
}

#[test]
fn arguments_are_set_in() {
    assert_eq!(text_with(Language::German, "trouble-reference", &[("request", "x")]), "Anfrage x");
}

/// The source of the program and its templates, without the catalogues and this file.
fn sources(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs" || end == "html")
            && !path.ends_with("words/tests.rs")
        {
            all.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

fn program() -> String {
    let mut all = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    all
}

/// The slugs that problems are made with: `Problem::new(StatusCode::X, "slug")` and `problem(…)` alike.
fn slugs(program: &str) -> BTreeSet<&str> {
    let status = |rest: &str| rest.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(0);
    let made = program.match_indices("StatusCode::").filter_map(|(at, word)| {
        let before = program[..at].trim_end();
        let rest = &program[at + word.len()..];
        let slug = rest[status(rest)..].strip_prefix(',')?.trim_start().strip_prefix('"')?;
        let made = before.ends_with("problem(") || before.ends_with("Problem::new(");
        made.then(|| slug.split('"').next()).flatten()
    });
    made.collect()
}

#[test]
fn every_problem_has_a_title_and_a_detail() {
    let (program, words) = (program(), ids(CATALOGUES[0].1));
    let slugs = slugs(&program);
    assert!(slugs.len() > 20, "the search for problems has gone blind: {slugs:?}");
    for slug in slugs {
        for part in ["title", "detail"] {
            let id = format!("problem-{slug}-{part}");
            assert!(words.contains(id.as_str()), "{id} is missing");
        }
    }
}

/// The words that decisions are noted under: what the two functions called `reason` give, and the few that
/// are given elsewhere.
fn reasons() -> BTreeSet<&'static str> {
    let given = ["admitted", "own", "client-left"];
    let sources = [include_str!("../gateway/refusal.rs"), include_str!("../auth/error.rs")];
    let functions = sources.into_iter().filter_map(|source| source.split_once("fn reason(&self)"));
    let arms = functions.flat_map(|(_, rest)| rest.split("\n    }\n").take(1));
    arms.flat_map(|arms| arms.split('"').skip(1).step_by(2)).chain(given).collect()
}

#[test]
fn every_reason_has_words() {
    let words = ids(CATALOGUES[0].1);
    let reasons = reasons();
    assert!(reasons.len() > 40, "the search for reasons has gone blind: {reasons:?}");
    for reason in reasons {
        assert!(words.contains(format!("reason-{reason}").as_str()), "reason-{reason} is missing");
    }
}

#[test]
fn no_message_stands_in_the_catalogue_for_nothing() {
    let program = program();
    for id in ids(CATALOGUES[0].1) {
        let slug = id.strip_prefix("problem-").and_then(|rest| rest.rsplit_once('-')).map(|(slug, _)| slug);
        let slug = slug.or(id.strip_prefix("reason-")).or(id.strip_prefix("theme-"));
        let slug = slug.or(id.strip_prefix("invite-refused-"));
        let literal = format!("\"{}\"", slug.unwrap_or(id));
        assert!(program.contains(&literal) || is_of_a_letter(id, &program), "nobody says {id}");
    }
}

/// Whether a letter of some kind has a part of this name: both words stand in the program.
fn is_of_a_letter(id: &str, program: &str) -> bool {
    let Some(rest) = id.strip_prefix("letter-") else { return false };
    let stands = |word: &str| program.contains(&format!("\"{word}\""));
    rest.match_indices('-').any(|(at, _)| {
        let (kind, part) = (&rest[..at], &rest[at + 1..]);
        let part = part.strip_suffix("-text").filter(|part| stands(part)).unwrap_or(part);
        (kind == "fact" || stands(kind)) && (part == "subject" || stands(part))
    })
}

/// Each message of a catalogue with the names of its arguments.
fn arguments(catalogue: &str) -> BTreeSet<(&str, &str)> {
    let lines = catalogue.lines().filter_map(|line| line.split_once(" = "));
    lines
        .flat_map(|(id, text)| {
            let inside = text.split('$').skip(1);
            inside.map(move |rest| (id, rest.split([' ', '}', ')', ',']).next().unwrap_or_default()))
        })
        .collect()
}

#[test]
fn every_language_sets_in_the_same_arguments() {
    let english = arguments(CATALOGUES[0].1);
    assert!(english.contains(&("trouble-reference", "request")));
    for (tag, catalogue) in CATALOGUES {
        assert_eq!(arguments(catalogue), english, "{tag}");
    }
}

#[test]
fn every_message_is_said_without_an_error() {
    for (language, (_, catalogue)) in Language::ALL.into_iter().zip(CATALOGUES) {
        let arguments = arguments(catalogue);
        for id in ids(catalogue) {
            let own = arguments.iter().filter(|(of, _)| *of == id).map(|(_, name)| (*name, "x"));
            let said = text_with(language, id, &own.collect::<Vec<_>>());
            assert!(!said.is_empty() && said != id && !said.contains("{$"), "{id} in {}", language.tag());
        }
    }
}

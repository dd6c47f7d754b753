//! The handbook in `docs/` says nothing that the binary does not take: every command line is one, every
//! piece of configuration is accepted, and every link leads somewhere.

use std::fs;
use std::path::{Path, PathBuf};

use super::Place;

/// Tables that name files, which need not be there.
const OF_FILES: [&str; 3] = ["[[certificate]]", "[[client_certificate]]", "[first_administrator]"];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// Every page: its name and text.
fn pages() -> Vec<(String, String)> {
    let entries = fs::read_dir(docs()).unwrap().map(|entry| entry.unwrap().path());
    let pages = entries.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    pages.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
}

/// The indented or plain blocks of this language in every page, with the page's name.
fn blocks(language: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, text) in pages() {
        let mut inside = None::<(usize, String, String)>;
        for line in text.lines() {
            let indent = line.len() - line.trim_start().len();
            match (&mut inside, line.trim_start().strip_prefix("```")) {
                (None, Some(word)) => inside = Some((indent, word.to_owned(), String::new())),
                (Some(_), Some(_)) => {
                    let (_, word, text) = inside.take().unwrap();
                    found.extend((word == language).then(|| (name.clone(), text)));
                }
                (Some((indent, _, text)), None) => {
                    text.push_str(line.get(*indent..).unwrap_or_default());
                    text.push('\n');
                }
                (None, None) => {}
            }
        }
    }
    found
}

/// The words of a command behind the program's name; what stands in quotes is one.
fn words(line: &str) -> Vec<&str> {
    let parts = line.split('"').enumerate();
    let words = parts.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    words.skip(1).collect()
}

#[test]
fn every_command_line_of_the_handbook_is_one() {
    let place = Place::new();
    let mut count = 0;
    for (page, block) in blocks("") {
        for line in block.lines().filter(|line| line.starts_with("portcullis ")) {
            let mut words = words(line);
            words.push("--help");
            let ended = place.run(&words);
            assert_eq!(ended.code, 0, "{page}: {line}\n{}", ended.err);
            // A verb that does not exist would show the help of its group.
            let verbs = words.iter().take_while(|word| !word.starts_with('-')).take(2).count();
            let usage = ended.out.lines().find(|line| line.starts_with("Usage:")).unwrap_or_default();
            assert!(!usage.ends_with("<COMMAND>") || verbs == 0, "{page}: {line}\n{usage}");
            count += 1;
        }
    }
    assert!(count > 60, "only {count} command lines were found");
}

#[test]
fn every_piece_of_configuration_in_the_handbook_is_accepted() {
    let place = Place::new();
    let pieces = blocks("toml");
    assert!(pieces.len() > 3, "only {} pieces were found", pieces.len());
    for (page, piece) in pieces {
        // Files that are named need not be there; what is wrong with the rest is said about the rest.
        let without_files: String = piece
            .split("\n\n")
            .filter(|table| !OF_FILES.iter().any(|name| table.trim_start().starts_with(name)))
            .map(|table| format!("{table}\n\n"))
            .collect();
        place.write("gate.toml", &without_files);
        let ended = place.run(&["check", "--offline", "--config", "gate.toml"]);
        assert_eq!(ended.code, 0, "{page}:\n{without_files}\n{}", ended.err);
    }
}

/// The anchors of a page's headings, as the usual renderers make them.
fn anchors(page: &str) -> Vec<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let text = line.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_of_the_handbook_leads_somewhere() {
    let mut lost = Vec::new();
    for (name, text) in pages() {
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let path = docs().join(if file.is_empty() { &name } else { file });
            let good = match fs::read_to_string(&path) {
                Ok(page) => anchor.is_empty() || anchors(&page).iter().any(|known| known == anchor),
                Err(_) => path.is_dir(),
            };
            lost.extend((!good).then(|| format!("{name}: {link}")));
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[test]
fn every_page_of_the_handbook_is_in_its_contents() {
    let contents = fs::read_to_string(docs().join("README.md")).unwrap();
    for (name, _) in pages().iter().filter(|(name, _)| name != "README.md") {
        assert!(contents.contains(&format!("({name})")), "{name}");
    }
}

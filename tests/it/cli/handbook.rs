//! The handbook in `docs/` says nothing that the binary does not take: every command line is one, and every
//! piece of configuration is accepted.

use std::fs;
use std::path::Path;

use super::Place;

/// The indented or plain blocks of this language in every page, with the page's name.
fn blocks(language: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut found = Vec::new();
    for page in fs::read_dir(folder).unwrap() {
        let page = page.unwrap();
        let name = page.file_name().into_string().unwrap();
        let mut inside = None::<(usize, String, String)>;
        for line in fs::read_to_string(page.path()).unwrap().lines() {
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

#[test]
fn every_command_line_of_the_handbook_is_one() {
    let place = Place::new();
    let mut count = 0;
    for (page, block) in blocks("") {
        for line in block.lines().filter(|line| line.starts_with("portcullis ")) {
            let mut words: Vec<&str> = line.split_whitespace().skip(1).collect();
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
    assert!(count > 20, "only {count} command lines were found");
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
            .filter(|table| !table.trim_start().starts_with("[[certificate]]"))
            .map(|table| format!("{table}\n\n"))
            .collect();
        place.write("gate.toml", &without_files);
        let ended = place.run(&["check", "--offline", "--config", "gate.toml"]);
        assert_eq!(ended.code, 0, "{page}:\n{without_files}\n{}", ended.err);
    }
}

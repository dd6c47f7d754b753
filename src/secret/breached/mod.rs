//! Passwords that are known from elsewhere: a list that comes with the program, and in `file` a larger one
//! of the operator's. Both are asked on a thread that may block.

mod file;

pub use self::file::{HashFile, HashFileError};

use super::token::sha256;

/// Beginnings of SHA-256, [`WIDTH`] bytes each, in order. `README.md` beside it says what of, where from
/// and how it is made.
static COMMON: &[u8] = include_bytes!("common.bin");

/// Bytes kept of each hash: with some hundred thousand of them, one password in a million is taken for
/// one of the list.
const WIDTH: usize = 5;

/// Fewest characters of what is listed: the shortest password that may be chosen.
const SHORTEST: usize = 15;

/// Most figures and marks that are taken off the end, one by one.
const TRIMMED: usize = 8;

/// Whether a password, in normal form C, is one that many people took or that leaked; or is one with other
/// capitals, with other marks between its letters, or with figures and marks around it.
pub fn is_common(text: &str) -> bool {
    stems(text).iter().any(|stem| listed(&sha256(form(stem).as_bytes())))
}

/// A password without what people add to make another of it: from the whole to the least that is left.
fn stems(text: &str) -> Vec<&str> {
    let mut stems = Vec::new();
    for start in [text, text.trim_start_matches(|c: char| !c.is_alphabetic())] {
        let mut rest = start;
        for _ in 0..=TRIMMED {
            if rest.chars().count() < SHORTEST {
                break;
            }
            stems.push(rest);
            match rest.strip_suffix(|c: char| !c.is_alphabetic()) {
                Some(less) => rest = less,
                None => break,
            }
        }
    }
    stems
}

/// The form in which passwords are listed: small letters and figures, where these are enough of them.
fn form(text: &str) -> String {
    let small = text.to_lowercase();
    let core: String = small.chars().filter(|c| c.is_alphanumeric()).collect();
    if core.chars().count() < SHORTEST { small } else { core }
}

fn listed(hash: &[u8; 32]) -> bool {
    let (rows, _) = COMMON.as_chunks::<WIDTH>();
    let wanted = hash.first_chunk::<WIDTH>();
    wanted.is_some_and(|wanted| rows.binary_search(wanted).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes the list anew from a file of passwords, one a line, when it is named.
    #[test]
    fn the_list_is_in_order() {
        if let Some(path) = std::env::var_os("PORTCULLIS_COMMON_PASSWORDS") {
            let lines = std::fs::read(path).unwrap();
            let lines = String::from_utf8_lossy(&lines);
            let rows: std::collections::BTreeSet<[u8; WIDTH]> = lines
                .lines()
                .map(|line| unicode_normalization::UnicodeNormalization::nfc(line).collect::<String>())
                .filter(|line| (SHORTEST..=64).contains(&line.chars().count()))
                .map(|line| *sha256(form(&line).as_bytes()).first_chunk().unwrap())
                .collect();
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/secret/breached/common.bin");
            std::fs::write(path, rows.into_iter().flatten().collect::<Vec<u8>>()).unwrap();
            return;
        }
        let (rows, rest) = COMMON.as_chunks::<WIDTH>();
        assert!(rows.is_sorted() && rest.is_empty());
        assert!(rows.len() > 300_000, "{}", rows.len());
    }

    ///
    #[test]
    fn what_many_people_took_is_common_in_whatever_dress() {
        for common in [
            "correcthorsebatterystaple",
            "Correct Horse Battery Staple",
            "correct-horse-battery-staple!",
            "correcthorsebatterystaple2026",
            "__CorrectHorseBatteryStaple42!!",
            "whatdoesthefoxsay",
            "1qaz2wsx3edc4rfv",
        ] {
            assert!(is_common(common), "{common}");
        }
        for own in
            ["seven green kettles sing", "correct horse battery stapler hums", "eleven damp lanterns hum"]
        {
            assert!(!is_common(own), "{own}");
        }
    }
}
